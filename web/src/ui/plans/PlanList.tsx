// All plans: the one in force, drafts, and older ones with the times in which they held.
import type { PlanSummary } from "../../api/plans.ts";
import { openPlan, planAsking, planList } from "../../modes/plans.ts";
import { language, words } from "../../state/state.ts";
import { moment } from "../../text/names.ts";
import { numberTold, shareTold } from "./told.ts";

/** So many old plans are told before the rest is folded. */
const TOLD = 3;

function Row({ each }: { each: PlanSummary }) {
  const text = words.value.plans;
  const when = (instant: string) => moment(instant, language.value);
  // Of several times the last one is told here.
  const terms = each.in_force.slice(-1).map(({ from, to }) => (to ? text.heldFromTo(when(from), when(to)) : text.heldSince(when(from))));
  const moves = each.handover_share && each.status === "draft" ? [text.handover(shareTold(each.handover_share))] : [];
  return (
    <li>
      <button type="button" class="found" onClick={() => openPlan(each.id)}>
        <span class="rank">{each.id}</span>
        <span class="found-name">{each.name}</span>
        <span class={`tag ${each.status}`}>{text.statuses[each.status]}</span>
        <span class="found-more wrap">{[...(terms.length > 0 ? terms : [text.drawnUp(when(each.created_at), each.created_by)]), ...moves].join(" · ")}</span>
      </button>
    </li>
  );
}

export function PlanList() {
  const text = words.value.plans;
  const all = planList.value;
  if (all.length === 0) return <p class="hint">{planAsking.value ? words.value.loading : text.none}</p>;
  // The one that held last is the likeliest to be put in force again.
  const old = all.filter((each) => each.status === "superseded").toSorted((a, b) => ((a.superseded_at ?? "") < (b.superseded_at ?? "") ? 1 : -1));
  // The one that holds comes first.
  const now = all.filter((each) => each.status !== "superseded").toSorted((a, b) => Number(b.status === "published") - Number(a.status === "published"));
  return (
    <>
      <ul class="founds" id="plan-list">
        {[...now, ...old.slice(0, TOLD)].map((each) => <Row key={each.id} each={each} />)}
      </ul>
      {old.length > TOLD && (
        <details class="older">
          <summary>{text.older(numberTold(old.length - TOLD))}</summary>
          <ul class="founds">{old.slice(TOLD).map((each) => <Row key={each.id} each={each} />)}</ul>
        </details>
      )}
    </>
  );
}
