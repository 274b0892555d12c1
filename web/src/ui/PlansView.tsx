// Plans: the list, a proposal with sliders, and the open plan: load bars, what it changes and why, publishing.
import { useState } from "preact/hooks";
import type { Change, Plan, PlanSummary } from "../api/plans.ts";
import { planLegend } from "../layers/plan.ts";
import { squadColours } from "../layers/layer.ts";
import { dropPlan, plan, planAsking, planList, planSections, planTrouble, proposePlan, publishPlan } from "../modes/plans.ts";
import { squadName, squads } from "../state/facts.ts";
import { look } from "../state/look.ts";
import { language, state, step, words } from "../state/state.ts";
import { count, signedShare } from "../text/names.ts";
import { PlanSection } from "./PlanSection.tsx";
import { Swatch } from "./Swatch.tsx";

function List({ plans }: { plans: readonly PlanSummary[] }) {
  const text = words.value.plans;
  if (plans.length === 0) return <p class="hint">{text.none}</p>;
  return (
    <ul class="founds" id="plan-list">
      {plans.map((each) => (
        <li key={each.id}>
          <button type="button" class="found" onClick={() => step({ plan: each.id, feature: null })}>
            <span class="rank">{each.id}</span>
            <span class="found-name">{each.name}</span>
            <span class="found-far">{text.statuses[each.status]}</span>
            <span class="found-more">{new Date(each.published_at ?? each.created_at).toLocaleString(language.value)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Squads with zones have sections; their people can be set otherwise than they are stored. */
function Proposal() {
  const text = words.value.plans;
  const [people, setPeople] = useState<Record<string, number>>({});
  const [most, setMost] = useState(100);
  const [fresh, setFresh] = useState(false);
  const own = squads.value.filter((squad) => squad.hasZone);
  const send = (event: Event) => {
    event.preventDefault();
    const limits = most < 100 ? { limits: { max_handover_share: most / 100 } } : {};
    const name = text.newName(new Date().toLocaleDateString(language.value));
    void proposePlan({ name, strengths: people, from: fresh ? "fresh" : "published", ...limits });
  };
  return (
    <form class="proposal" id="proposal" onSubmit={send}>
      <h3>{text.propose}</h3>
      {own.map((squad) => {
        const value = people[squad.code] ?? squad.strength ?? 1;
        return (
          <label key={squad.id}>
            <span>{language.value === "en" ? squad.nameEn : squad.name}</span>
            <input type="range" name={squad.code} min="1" max={Math.max(40, 2 * (squad.strength ?? 1))} value={value} onInput={(event) => setPeople({ ...people, [squad.code]: Number(event.currentTarget.value) })} />
            <output>{text.people(String(value))}</output>
          </label>
        );
      })}
      <label>
        <span>{text.mostHandover}</span>
        <input type="range" name="most" min="0" max="100" value={most} disabled={fresh} onInput={(event) => setMost(Number(event.currentTarget.value))} />
        <output>{`${most} %`}</output>
      </label>
      <label class="check">
        <input type="checkbox" name="fresh" checked={fresh} onChange={(event) => setFresh(event.currentTarget.checked)} />
        <span>{text.fresh}</span>
      </label>
      <button type="submit" class="action" id="propose" disabled={planAsking.value}>{planAsking.value ? text.working : text.propose}</button>
    </form>
  );
}

function Bars({ open }: { open: Plan }) {
  const text = words.value.plans;
  const colours = squadColours(look());
  const most = Math.max(...open.figures.squads.map((row) => Math.max(row.load_min.total, row.target_min)));
  const number = (value: number, digits = 0) => count(value, language.value, digits);
  return (
    <ul class="bars" id="plan-bars">
      {open.figures.squads.map((row) => (
        <li key={row.squad_id}>
          <div><b>{squadName(row.squad_id) ?? row.squad_id}</b><span>{`${text.minutes(number(row.load_min.total))} · ${signedShare(row.deviation, language.value)}`}</span></div>
          <div class="bar">
            <i style={{ width: `${(100 * row.load_min.total) / most}%`, background: colours.get(row.squad_id) }} />
            <em style={{ left: `${(100 * row.target_min) / most}%` }} title={text.target} />
          </div>
          <small>{text.row(number(row.sections), number(row.km, 1), number(row.shops), number(row.cases))}</small>
        </li>
      ))}
    </ul>
  );
}

function reason(change: Change): string {
  const text = words.value.plans;
  const { kind, squad_id: squad, deviation_before: before, deviation_after: after } = change.reason;
  const told = text.reasons[kind] ?? change.reason.text;
  if (squad === undefined || before === undefined || after === undefined) return told;
  return `${told} ${squadName(squad) ?? ""}: ${signedShare(before, language.value)} → ${signedShare(after, language.value)}`;
}

function Changes({ changes }: { changes: readonly Change[] }) {
  const text = words.value.plans;
  return (
    <ol class="founds" id="plan-changes">
      {changes.map((change) => (
        <li key={change.section_ids[0]}>
          <button type="button" class="found" onClick={() => step({ feature: { layer: "road-sections", id: change.section_ids[0] ?? 0 } })}>
            <span class="rank">{change.sections}</span>
            <span class="found-name">{`${squadName(change.from_squad_id) ?? "—"} → ${squadName(change.to_squad_id) ?? "—"}`}</span>
            <span class="found-far">{text.minutes(count(change.load_min, language.value))}</span>
            <span class="found-more">{`${change.streets.join(language.value === "en" ? ", " : "、")} · ${count(change.km, language.value, 1)} km`}</span>
            <span class="found-more">{reason(change)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function Open({ open }: { open: Plan }) {
  const text = words.value.plans;
  const { feature } = state.value;
  const chosen = feature?.layer === "road-sections" ? planSections.value.find(({ id }) => Number(id) === feature.id) : undefined;
  const changes = open.changes ?? [];
  const { figures } = open;
  const share = (value: number) => `${count(100 * value, language.value, 1)} %`;
  return (
    <>
      <p class="hint" id="plan-status">{`${text.statuses[open.status]} · ${text.plan} ${open.id}`}</p>
      {chosen && <PlanSection plan={open} feature={chosen} />}
      <ul class="legend">
        {planLegend(look(), figures.squads.map((row) => row.squad_id), changes.length > 0).map((entry) => <li key={entry.text}><Swatch entry={entry} />{entry.text}</li>)}
      </ul>
      <Bars open={open} />
      {figures.travel_m !== null && (
        <p class="hint">{text.travel(count(figures.travel_m, language.value)) + (figures.travel_gap === undefined ? "" : text.gap(share(figures.travel_gap)))}</p>
      )}
      {open.changes_against !== null && (
        <>
          <h3>{text.against(open.changes_against)}</h3>
          <p class="hint">{text.handover(share(figures.handover_share)) + (figures.handover_bound ? text.atLeast(share(figures.handover_bound.flow)) : "")}</p>
          {changes.length > 0 ? <Changes changes={changes} /> : <p class="hint">{text.noChanges}</p>}
        </>
      )}
      {figures.notes.map((note) => <p class="note" key={note}>{note}</p>)}
      {open.status !== "published" && (
        <button type="button" class="action" id="publish" disabled={planAsking.value} onClick={() => void publishPlan(open)}>
          {open.status === "draft" ? text.publish : text.rollBack}
        </button>
      )}
      {open.status === "draft" && <button type="button" class="quiet" id="drop" onClick={() => void dropPlan(open)}>{text.drop}</button>}
      <button type="button" class="quiet" id="all-plans" onClick={() => step({ plan: "list", feature: null })}>{text.all}</button>
    </>
  );
}

export function PlansView() {
  const text = words.value.plans;
  const open = plan.value;
  return (
    <section class="plans" aria-labelledby="plans-title" aria-busy={planAsking.value}>
      <h2 id="plans-title">{open ? open.name : text.title}</h2>
      {planTrouble.value && <p class="note" role="alert">{planTrouble.value}</p>}
      {open ? <Open open={open} /> : (
        <>
          <List plans={planList.value} />
          <Proposal />
        </>
      )}
    </section>
  );
}
