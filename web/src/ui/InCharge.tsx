// Who is in charge here and now: the squad that owns the place, and those on duty over it.
import { charge } from "../modes/charge.ts";
import { openPlan } from "../modes/plans.ts";
import { squadName } from "../state/facts.ts";
import { language, step, words } from "../state/state.ts";

function Squad({ id }: { id: number }) {
  return <button type="button" class="link" onClick={() => step({ feature: { layer: "squads", id } })}>{squadName(id) ?? id}</button>;
}

export function InCharge() {
  const text = words.value;
  const found = charge.value;
  if (!found) return null;
  const { owner, on_duty: duties, at } = found;
  const plan = owner?.reason.plan_id;
  return (
    <>
      <div id="in-charge">
        <dt>{text.squadInCharge}</dt>
        <dd>
          {owner ? <Squad id={owner.squad_id} /> : text.plans.nobody}
          {owner && " · "}
          {plan !== undefined && <button type="button" class="link" onClick={() => openPlan(plan)}>{text.plans.byPlan(String(plan))}</button>}
          {owner && plan === undefined && text.plans.byZone}
        </dd>
      </div>
      {duties.length > 0 && (
        <div id="on-duty">
          <dt>{text.plans.onDutyHere}</dt>
          <dd>
            {duties.map(({ squad_id: id, reason }, each) => (
              <span key={each} class="duty">{each > 0 ? "; " : ""}<Squad id={id} />{reason.name ? ` (${reason.name})` : ""}</span>
            ))}
            {` · ${new Date(at).toLocaleTimeString(language.value, { hour: "2-digit", minute: "2-digit" })}`}
          </dd>
        </div>
      )}
    </>
  );
}
