// What was asked for: the card of a feature, the place, the nearest parking. One column, closed by one button.
import { useEffect } from "preact/hooks";
import { card } from "../modes/card.ts";
import { state, step, words } from "../state/state.ts";
import { CardView } from "./CardView.tsx";
import { Cross } from "./icons.tsx";
import { NearestView } from "./NearestView.tsx";

function close(): void {
  step({ here: null, feature: null });
}

export function Side() {
  const { here } = state.value;
  const open = here !== null || card.value !== null;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && open) close();
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
        {card.value && <CardView card={card.value} />}
        {here && <NearestView place={here} />}
      </div>
    </aside>
  );
}
