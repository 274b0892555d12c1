// What was asked for: the card of a feature, the place, the nearest parking. One column, closed by one button.
import { useEffect } from "preact/hooks";
import { card } from "../modes/card.ts";
import { closePlans, leavePlan } from "../modes/plans.ts";
import { state, step, words } from "../state/state.ts";
import { CardView } from "./CardView.tsx";
import { HotView } from "./HotView.tsx";
import { Cross } from "./icons.tsx";
import { NearestView } from "./NearestView.tsx";
import { PlansView } from "./plans/PlansView.tsx";

/** The card and the place first; what stays open under them closes next. */
function close(): void {
  const { here, feature, plan } = state.value;
  if (here || (feature && !tellsItself())) step({ here: null, feature: null });
  else if (plan === null) step({ hot: null });
  else closePlans();
}

/** The open plan tells of its sections itself. */
function tellsItself(): boolean {
  return typeof state.value.plan === "number" && state.value.feature?.layer === "road-sections";
}

/** Escape takes one thing away; a plan has several. */
function escape(): void {
  const { here, feature, plan } = state.value;
  if (plan !== null && !here && (!feature || tellsItself())) leavePlan();
  else close();
}

export function Side() {
  const { here, hot, plan } = state.value;
  const open = here !== null || card.value !== null || hot !== null || plan !== null;
  const ofPlan = tellsItself();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && open) escape();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [open]);
  if (!open) return null;
  return (
    <aside class="side" aria-label={words.value.details}>
      <button type="button" class="close" id="close" aria-label={words.value.close} title={words.value.close} onClick={close}>
        <Cross />
      </button>
      <div class="side-body">
        {card.value && !ofPlan && <CardView card={card.value} />}
        {here && <NearestView place={here} />}
        {plan !== null && <PlansView />}
        {hot && <HotView hot={hot} />}
      </div>
    </aside>
  );
}
