// What a plan changes against another: in a sentence, and as a list to read; each change can be seen and left undone.
import { useEffect } from "preact/hooks";
import type { Change, Plan } from "../../api/plans.ts";
import { changeLegend } from "../../layers/plan.ts";
import { squadColours } from "../../layers/layer.ts";
import { changes, chosenBlock, comparison, lookAt, moveSections, planAsking, planList, showsAll, steps, tryMoves, undo } from "../../modes/plans.ts";
import { kept } from "../../plans/changes.ts";
import { squads } from "../../state/facts.ts";
import { look } from "../../state/look.ts";
import { language, state, words } from "../../state/state.ts";
import { metres } from "../../text/names.ts";
import { Swatch } from "../Swatch.tsx";
import { Effect } from "./Effect.tsx";
import { minutesTold, numberTold, reasonTold, shareTold, squadShort, squadTold, streetsTold, streetTold } from "./told.ts";

export function Squad({ id, short = false }: { id: number | null; short?: boolean }) {
  return <span class="squad"><i style={{ background: squadColours(look()).get(id ?? 0) }} />{short ? squadShort(id) : squadTold(id)}</span>;
}

/** What it was asked, where that is not as usual. */
function Asked({ open }: { open: Plan }) {
  const text = words.value.plans;
  const { strengths = {}, locks = [], limits = {}, from } = open.parameters;
  const told = squads.value.flatMap((squad) => {
    const people = strengths[squad.code];
    return people === undefined ? [] : [text.peopleInstead(squadTold(squad.id), numberTold(people), numberTold(squad.strength ?? 0))];
  });
  if (limits.max_handover_share !== undefined) told.push(`${text.mostHandover} ${shareTold(limits.max_handover_share, 0)}`);
  if (limits.max_squads_touched !== undefined) told.push(`${text.mostTouched} ${limits.max_squads_touched}`);
  if (locks.length > 0) told.push(text.locks(numberTold(locks.length)));
  if (from === "fresh" || from === "rotate") told.push(text.beginningTold[from]);
  if (from === "given") told.push(text.byHand);
  return told.length > 0 ? <p class="hint" id="plan-asked">{`${text.askedFor} ${told.join("; ")}`}</p> : null;
}

/** The plan it is set against, and how much of the map is in full colour. */
function Against({ open }: { open: Plan }) {
  const text = words.value.plans;
  const { against } = state.value.plans;
  const others = planList.value.filter((each) => each.id !== open.id);
  if (others.length === 0) return null;
  const shown = against ?? open.changes_against;
  return (
    <div class="against">
      <label>
        <span>{text.setAgainst}</span>
        <select id="against" value={shown ?? ""} onChange={(event) => lookAt({ against: Number(event.currentTarget.value) || null, change: null })}>
          {shown === null && <option value="">{words.value.none}</option>}
          {others.map((each) => <option key={each.id} value={each.id}>{`${each.id} · ${each.name} (${text.statuses[each.status]})`}</option>)}
        </select>
      </label>
      {changes.value.length > 0 && (
        <fieldset class="choices">
          <legend class="unseen">{text.shown}</legend>
          {([["changes", text.changesAlone, false], ["all", text.wholePlan, true]] as const).map(([value, label, own]) => (
            <label key={value}>
              <input type="radio" name="show" value={value} checked={showsAll.value === own} onChange={() => lookAt({ all: own, change: null, squad: null, assistant: null })} />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}

/** The button that takes the place of the one that was pressed has the focus. */
function goHere(button: HTMLButtonElement | null): void {
  button?.focus();
}

/** After a move the way back is at hand. */
export function goToUndo(worked: boolean): void {
  if (worked) setTimeout(() => document.getElementById("undo")?.focus());
}

/** Leaves a block with the squad that has it; what that would do stands there before. */
function Keep({ open, change }: { open: Plan; change: Change }) {
  const text = words.value.plans;
  const { target } = state.value.plans;
  const moves = kept(change);
  const wanted = target === change.from_squad_id && target !== null;
  useEffect(() => {
    tryMoves(open, wanted ? moves : null);
    return () => tryMoves(open, null);
  }, [wanted, open.version, change]);
  if (open.status !== "draft" || moves.length === 0 || state.value.plans.against !== null) return null;
  if (!wanted) return <button type="button" class="quiet" id="keep" onClick={() => lookAt({ target: change.from_squad_id })}>{text.keepWith(squadTold(change.from_squad_id))}</button>;
  return (
    <>
      <p class="hint">{text.ifKept(squadTold(change.from_squad_id))}</p>
      <Effect before={open.figures} />
      <div class="pair">
        <button type="button" class="action" id="keep-yes" disabled={planAsking.value} ref={goHere} onClick={() => void moveSections(open, moves, change.streets[0] ?? null).then(goToUndo)}>{text.keepYes}</button>
        <button type="button" class="quiet" onClick={() => lookAt({ target: null })}>{text.notYet}</button>
      </div>
    </>
  );
}

function Row({ open, change, number }: { open: Plan; change: Change; number: number }) {
  const text = words.value.plans;
  const chosen = chosenBlock.value?.block === number;
  const first = change.section_ids[0] ?? 0;
  return (
    <li class={chosen ? "change chosen" : "change"}>
      <button type="button" class="found" aria-pressed={chosen} onClick={() => lookAt({ change: chosen ? null : first, target: null, squad: null, assistant: null }, { feature: null })}>
        <span class="rank">{number}</span>
        <span class="found-name"><Squad id={change.from_squad_id} short />{" → "}<Squad id={change.to_squad_id} short /></span>
        <span class="found-far">{minutesTold(change.load_min)}</span>
        <span class="found-more wrap">{`${streetsTold(change)} · ${text.sections(numberTold(change.sections))} · ${metres(1000 * change.km, language.value).replace(" ", "\u00A0")}`}</span>
        <span class="found-more wrap why">{open.parameters.from === "rotate" ? text.changesPlaces : reasonTold(change)}</span>
      </button>
      {chosen && <Keep open={open} change={change} />}
    </li>
  );
}

/** Moves by hand, with the way back. */
function Undo({ open }: { open: Plan }) {
  const text = words.value.plans;
  const last = steps.value.at(-1);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "z" && (event.ctrlKey || event.metaKey) && !planAsking.peek()) void undo(open);
    };
    if (!last) return undefined;
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [open, last]);
  if (!last || open.status !== "draft") return null;
  return (
    <p class="undo" id="undone">
      <span>{text.moved(streetTold(last.street), squadTold(last.from), squadTold(last.to))}</span>
      <button type="button" class="link" id="undo" disabled={planAsking.value} onClick={() => void undo(open)}>{text.undo}</button>
    </p>
  );
}

export function Changes({ open }: { open: Plan }) {
  const text = words.value.plans;
  const beside = comparison.value;
  const all = changes.value;
  const { handover_bound: bound } = open.figures;
  const touchedSquads = new Set(all.flatMap((change) => [change.from_squad_id, change.to_squad_id]));
  touchedSquads.delete(null);
  const [example] = all;
  return (
    <>
      <Asked open={open} />
      <Against open={open} />
      {beside && (
        <>
          <h3>{text.changesOf(numberTold(all.length))}</h3>
          {all.length > 0 ? (
            <p class="hint" id="plan-sum">
              {`${text.sum(shareTold(beside.handover_share), numberTold(beside.sections_moved), numberTold(touchedSquads.size))}${bound && open.status === "draft" && state.value.plans.against === null && bound.flow > 0 ? text.atLeast(shareTold(bound.flow)) : ""}`}
            </p>
          ) : <p class="hint">{text.noChanges}</p>}
          {example && example.from_squad_id !== null && (
            <ul class="legend one"><li><Swatch entry={changeLegend(look(), example)} />{text.changesHands}</li></ul>
          )}
          <ol class="founds" id="plan-changes">
            {all.map((change, at) => <Row key={change.section_ids[0]} open={open} change={change} number={at + 1} />)}
          </ol>
        </>
      )}
      <Undo open={open} />
    </>
  );
}
