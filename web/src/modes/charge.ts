// Who is in charge of the place that was asked about, now. The answer is a signal.
import { effect, signal } from "@preact/signals";
import { type InCharge, inCharge } from "../api/plans.ts";
import { isVoid } from "../state/facts.ts";
import { state } from "../state/state.ts";

export const charge = signal<InCharge | null>(null);

export function watchCharge(): void {
  let running: AbortController | undefined;
  let before = "";
  effect(() => {
    const { here } = state.value;
    const key = here?.join() ?? "";
    if (key === before) return;
    before = key;
    running?.abort();
    charge.value = null;
    if (!here) return;
    running = new AbortController();
    inCharge(here, running.signal).then(
      (found) => (charge.value = found),
      (error: unknown) => {
        if (!isVoid(error)) charge.value = null;
      },
    );
  });
}
