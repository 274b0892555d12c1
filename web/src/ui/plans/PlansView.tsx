// Plans: all of them with a proposal, or the one that is open.
import { useEffect, useRef } from "preact/hooks";
import type { Plan } from "../../api/plans.ts";
import { changes, chosenSection, openPlan, plan, planAsking, planTrouble } from "../../modes/plans.ts";
import { language, state, words } from "../../state/state.ts";
import { moment } from "../../text/names.ts";
import { planNote } from "../../text/plans.ts";
import { Back } from "../icons.tsx";
import { Changes } from "./Changes.tsx";
import { Loads } from "./Loads.tsx";
import { PlanList } from "./PlanList.tsx";
import { PlanSection } from "./PlanSection.tsx";
import { Proposal } from "./Proposal.tsx";
import { First, News, Publishing, Waiting } from "./Publishing.tsx";
import "./plans.css";

/** Since when it holds, or from when to when it did, or who drew it up. */
function Held({ open }: { open: Plan }) {
  const text = words.value.plans;
  const when = (instant: string) => moment(instant, language.value);
  const terms = open.in_force.map(({ from, to }) => (to ? text.heldFromTo(when(from), when(to)) : text.heldSince(when(from))));
  const told = terms.length > 0 ? terms.join("; ") : text.drawnUp(when(open.created_at), open.created_by);
  return <p class="hint" id="plan-status">{`${text.plan} ${open.id} · ${told}`}</p>;
}

function Open({ open }: { open: Plan }) {
  const text = words.value.plans;
  const section = chosenSection.value;
  return (
    <>
      <Held open={open} />
      {section && <PlanSection plan={open} feature={section} />}
      {open.status === "draft" && <Changes open={open} />}
      <Loads open={open} />
      {open.status !== "draft" && <Changes open={open} />}
      {open.figures.notes.map((note) => <p class="note" key={note}>{planNote(note, language.value !== "en")}</p>)}
      <p class="files take">
        <a href={`/api/plans/${open.id}/sections`} download={`plan-${open.id}-sections.geojson`}>{text.takeSections}</a>
        <a href={`/api/plans/${open.id}/zones`} download={`plan-${open.id}-zones.geojson`}>{text.takeZones}</a>
      </p>
      <Publishing open={open} />
    </>
  );
}

export function PlansView() {
  const text = words.value.plans;
  const open = plan.value;
  const title = useRef<HTMLHeadingElement>(null);
  const id = state.value.plan;
  // What is opened is read from its title on; and the keyboard goes on from there.
  useEffect(() => {
    if (open && open.id === id) title.current?.focus({ preventScroll: true });
  }, [open?.id]);
  const isChosen = typeof id === "number";
  return (
    <section class={`plans${open && changes.value.length > 0 ? " changing" : ""}`} aria-labelledby="plans-title" aria-busy={planAsking.value}>
      <div class="plan-head">
        {isChosen ? <button type="button" class="back" id="all-plans" onClick={() => openPlan("list")}><Back />{text.all}</button> : <h2 id="plans-title">{text.title}</h2>}
        {open && <span class={`tag ${open.status}`} id="plan-tag">{text.statuses[open.status]}</span>}
      </div>
      {isChosen && <h2 id="plans-title" ref={title} tabIndex={-1}>{open ? open.name : text.title}</h2>}
      <News />
      <First />
      {planTrouble.value && <p class="note" role="alert">{planTrouble.value}</p>}
      <Waiting />
      {open ? <Open key={open.id} open={open} /> : !isChosen && (
        <>
          <PlanList />
          <Proposal />
        </>
      )}
    </section>
  );
}
