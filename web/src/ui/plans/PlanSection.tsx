// A section of the open plan: whose it is, why, what giving it to another squad would do before it is done; and its lock.
import { useEffect, useRef } from "preact/hooks";
import type { Feature } from "../../api/client.ts";
import type { Cost, Plan, SectionProperties } from "../../api/plans.ts";
import { changes, draftWith, lookAt, moveSections, planAsking, planSections, tryMoves, wishFor } from "../../modes/plans.ts";
import { blockOf, neighbours } from "../../plans/changes.ts";
import { locked } from "../../state/plan-look.ts";
import { language, state, words } from "../../state/state.ts";
import { metres } from "../../text/names.ts";
import { Cross, Lock } from "../icons.tsx";
import { goToUndo, Squad } from "./Changes.tsx";
import { bandOf, Effect } from "./Effect.tsx";
import { bringIntoView, minutesTold, numberTold, squadTold, streetTold } from "./told.ts";

/** Where the cost of a choice comes from, in words; what is nothing is left out. */
function costTold(cost: Cost): string {
  const text = words.value.plans;
  const signed = (value: number) => `${value > 0 ? "+" : "−"}${numberTold(Math.abs(value), 1)}`;
  const parts: [number, string][] = [[cost.travel, text.costs.travel], [cost.seams, text.costs.seams], [cost.handover, text.costs.handover]];
  return parts.filter(([value]) => Math.abs(value) >= 0.05).map(([value, label]) => `${label} ${signed(value)}`).join(language.value === "en" ? ", " : "，");
}

/** Why it is whose it is: against the squad that would be next. */
function Why({ properties, was }: { properties: SectionProperties; was: number | null | undefined }) {
  const text = words.value.plans;
  const { load_min: load, base_m: base, runner_up: other } = properties;
  const parts = text.parts(minutesTold(load.patrol, 1), minutesTold(load.shops, 1), minutesTold(load.violations, 1));
  return (
    <dl>
      <div><dt>{text.squad}</dt><dd><Squad id={properties.squad_id} /></dd></div>
      {was !== undefined && <div><dt>{text.before}</dt><dd><Squad id={was} /></dd></div>}
      <div>
        <dt>{text.work}</dt>
        <dd>{`${minutesTold(load.total, 1)}`}{load.other > 0 ? "" : <small>{parts}</small>}</dd>
      </div>
      {base !== undefined && base !== null && <div><dt>{text.fromBase}</dt><dd>{metres(base, language.value)}</dd></div>}
      {properties.is_bound && <div><dt>{text.bound}</dt><dd>{words.value.yes}</dd></div>}
      {other && (
        <div>
          <dt>{text.runnerUp}</dt>
          <dd>
            <Squad id={other.squad_id} />
            <small>
              {[
                other.change.total >= 0 ? text.switchCosts(numberTold(other.change.total, 1)) : text.switchSaves(numberTold(-other.change.total, 1)),
                costTold(other.change),
                ...(other.is_adjacent ? [] : [text.notAdjacent]),
                ...(other.keeps_pieces_whole ? [] : [text.tears]),
                ...(other.keeps_band ? [] : [text.leavesBand]),
              ].filter(Boolean).join("; ")}
            </small>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Mover({ plan, section, owner, feature }: { plan: Plan; section: number; owner: number | null; feature: Feature }) {
  const text = words.value.plans;
  const { target } = state.value.plans;
  const wanted = target !== null && target !== owner ? target : null;
  useEffect(() => {
    tryMoves(plan, wanted === null ? null : [{ section_id: section, squad_id: wanted }]);
    return () => tryMoves(plan, null);
  }, [plan.id, plan.version, section, wanted]);
  const near = neighbours(feature, planSections.value);
  const others = plan.figures.squads.map((row) => row.squad_id).filter((id) => id !== owner && !near.includes(id));
  const street = typeof feature.properties.name === "string" ? feature.properties.name : null;
  const go = () => {
    if (wanted === null) return;
    const moves = [{ section_id: section, squad_id: wanted }];
    void (plan.status === "draft" ? moveSections(plan, moves, street).then(goToUndo) : draftWith(moves, text.draftName(streetTold(street), squadTold(wanted))));
  };
  const option = (id: number) => <option key={id} value={id}>{squadTold(id)}</option>;
  return (
    <div class="mover">
      <label>
        <span>{text.giveTo}</span>
        <select id="plan-target" value={wanted ?? ""} onChange={(event) => lookAt({ target: Number(event.currentTarget.value) || null })}>
          <option value="">{words.value.none}</option>
          {near.length > 0 && <optgroup label={text.neighbours}>{near.map(option)}</optgroup>}
          {others.length > 0 && <optgroup label={text.others}>{others.map(option)}</optgroup>}
        </select>
      </label>
      <Effect before={plan.figures} band={bandOf(plan.parameters)} />
      {wanted !== null && (
        <div class="pair">
          <button type="button" class="action" id="plan-move" disabled={planAsking.value} onClick={go}>{plan.status === "draft" ? text.move : text.moveInDraft}</button>
          <button type="button" class="quiet" id="plan-move-no" onClick={() => lookAt({ target: null })}>{text.notYet}</button>
        </div>
      )}
    </div>
  );
}

/** Keeps the section where it is, or where it shall go, in the next proposal. */
function LockIt({ section, owner }: { section: number; owner: number | null }) {
  const text = words.value.plans;
  const { target, wish } = state.value.plans;
  const held = wish.locks.find(([own]) => own === section)?.[1];
  const to = target ?? owner;
  if (held !== undefined) {
    return (
      <button type="button" class="quiet" id="lock" aria-pressed="true" onClick={() => wishFor({ locks: locked(wish.locks, section, null) })}>
        <Lock />{text.unlockFrom(squadTold(held))}
      </button>
    );
  }
  if (to === null) return null;
  return (
    <button type="button" class="quiet" id="lock" aria-pressed="false" onClick={() => wishFor({ locks: locked(wish.locks, section, to) })}>
      <Lock />{text.lockTo(squadTold(to))}
    </button>
  );
}

export function PlanSection({ plan, feature }: { plan: Plan; feature: Feature }) {
  const text = words.value.plans;
  const properties = feature.properties as unknown as SectionProperties;
  const id = Number(feature.id);
  const own = useRef<HTMLElement>(null);
  // It stands above what was clicked.
  useEffect(() => bringIntoView(own.current), [id]);
  const block = blockOf(changes.value, id);
  return (
    <section ref={own} class="plan-section" id="plan-section" aria-labelledby="plan-section-title" aria-live="polite">
      <button type="button" class="close" id="close-section" aria-label={text.closeSection} title={words.value.close} onClick={() => lookAt({ target: null }, { feature: null })}><Cross /></button>
      <h3 id="plan-section-title">{streetTold(properties.name)}</h3>
      <p class="hint">{`${text.section} ${id} · ${metres(properties.length_m, language.value)} · ${text.counts(numberTold(properties.shops), numberTold(properties.cases))}`}</p>
      <Why properties={properties} was={block ? block.change.from_squad_id : undefined} />
      {block && (
        <button type="button" class="link" onClick={() => lookAt({ change: block.change.section_ids[0] ?? null, target: null }, { feature: null })}>{text.partOf(String(block.block))}</button>
      )}
      <Mover key={id} plan={plan} section={id} owner={properties.squad_id} feature={feature} />
      <LockIt section={id} owner={properties.squad_id} />
    </section>
  );
}
