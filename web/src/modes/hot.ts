// What the page asks about hotspots: the map of the chosen method, and when the cases happen. Answers are signals.
import { effect, signal } from "@preact/signals";
import { type Hotspots, hotspots as askHotspots, type Recurrence, recurrence as askRecurrence, type TimePatterns, timePatterns } from "../api/client.ts";
import type { Hot } from "../state/address.ts";
import { isVoid, sentence } from "../state/facts.ts";
import { state } from "../state/state.ts";

export const hotspots = signal<Hotspots | null>(null);
export const patterns = signal<TimePatterns | null>(null);
export const recurrence = signal<Recurrence | null>(null);
/** Why there is no answer, in the service's sentence. */
export const hotTrouble = signal<string | null>(null);
export const hotAsking = signal(false);

function forget(): void {
  hotspots.value = null;
  patterns.value = null;
  recurrence.value = null;
}

async function ask(hot: Hot, abort: AbortSignal): Promise<void> {
  hotAsking.value = true;
  try {
    const [map, times, again] = await Promise.all([askHotspots(hot, abort), timePatterns(hot, abort), askRecurrence(hot, abort)]);
    hotspots.value = map;
    patterns.value = times;
    recurrence.value = again;
    hotTrouble.value = null;
  } catch (error) {
    if (isVoid(error)) return;
    forget();
    hotTrouble.value = sentence(error);
  }
  hotAsking.value = false;
}

/** Asks whenever method, category or period change. */
export function watchHot(): void {
  let running: AbortController | undefined;
  let key = "";
  effect(() => {
    const { hot } = state.value;
    const next = JSON.stringify(hot);
    if (next === key) return;
    key = next;
    running?.abort();
    if (!hot) {
      forget();
      hotTrouble.value = null;
      hotAsking.value = false;
      return;
    }
    running = new AbortController();
    void ask(hot, running.signal);
  });
}
