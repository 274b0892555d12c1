// A section of the open plan: whose it is, why, and what giving it to another squad would do, before it is done.
import { useEffect, useRef, useState } from "preact/hooks";
import { move, type Moved, type Plan, type SectionProperties } from "../api/plans.ts";
import type { Feature } from "../api/client.ts";
import { moveSection } from "../modes/plans.ts";
import { squadName } from "../state/facts.ts";
import { language, words } from "../state/state.ts";
import { count, metres, signedShare } from "../text/names.ts";

function Why({ properties }: { properties: SectionProperties }) {
  const text = words.value.plans;
  const { load_min: load, base_m: base, runner_up: other } = properties;
  const minutes = (value: number) => text.minutes(count(value, language.value, 1));
  return (
    <dl>
      <div><dt>{text.squad}</dt><dd>{squadName(properties.squad_id) ?? "—"}</dd></div>
      {properties.changes && <div><dt>{text.before}</dt><dd>{squadName(properties.was_squad_id) ?? "—"}</dd></div>}
      <div><dt>{text.work}</dt><dd>{`${minutes(load.total)}${load.other > 0 ? "" : ` (${text.parts(minutes(load.patrol), minutes(load.shops), minutes(load.violations))})`}`}</dd></div>
      {base !== undefined && base !== null && <div><dt>{text.fromBase}</dt><dd>{metres(base, language.value)}</dd></div>}
      {other && (
        <div>
          <dt>{text.runnerUp}</dt>
          <dd>{`${squadName(other.squad_id) ?? "—"} (${text.switchCosts(count(other.change.total, language.value, 2))}${other.keeps_pieces_whole ? "" : `; ${text.tears}`})`}</dd>
        </div>
      )}
    </dl>
  );
}

function Mover({ plan, section, owner }: { plan: Plan; section: number; owner: number | null }) {
  const text = words.value.plans;
  const [target, setTarget] = useState<number | null>(null);
  const [effect, setEffect] = useState<Moved | null>(null);
  useEffect(() => {
    setEffect(null);
    if (target === null) return undefined;
    let open = true;
    move(plan.id, plan.version, section, target, true).then((would) => open && setEffect(would), () => undefined);
    return () => {
      open = false;
    };
  }, [plan.id, plan.version, section, target]);
  return (
    <div class="mover">
      <label>
        <span>{text.giveTo}</span>
        <select id="plan-target" value={target ?? ""} onChange={(event) => setTarget(Number(event.currentTarget.value) || null)}>
          <option value="">—</option>
          {plan.figures.squads.filter((row) => row.squad_id !== owner).map((row) => (
            <option key={row.squad_id} value={row.squad_id}>{squadName(row.squad_id) ?? row.squad_id}</option>
          ))}
        </select>
      </label>
      {effect && (
        <ul class="effect" id="plan-effect">
          {effect.squads_touched.map((touched) => (
            <li key={touched.squad_id}>{`${squadName(touched.squad_id) ?? ""}: ${signedShare(touched.deviation_before, language.value)} → ${signedShare(touched.deviation_after, language.value)}`}</li>
          ))}
          {effect.figures.extra_pieces > 0 && <li class="bad">{text.tears}</li>}
        </ul>
      )}
      {target !== null && (
        <button type="button" class="action" id="plan-move" onClick={() => void moveSection(plan, section, target)}>{text.move}</button>
      )}
    </div>
  );
}

export function PlanSection({ plan, feature }: { plan: Plan; feature: Feature }) {
  const properties = feature.properties as unknown as SectionProperties;
  const own = useRef<HTMLElement>(null);
  // It stands above what was clicked.
  useEffect(() => own.current?.scrollIntoView({ block: "center" }), [feature.id]);
  return (
    <section ref={own} class="plan-section" id="plan-section" aria-labelledby="plan-section-title">
      <h3 id="plan-section-title">{properties.name ?? words.value.street}</h3>
      <Why properties={properties} />
      {plan.status === "draft" && <Mover key={String(feature.id)} plan={plan} section={Number(feature.id)} owner={properties.squad_id} />}
    </section>
  );
}
