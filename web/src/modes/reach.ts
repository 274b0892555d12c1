// What the page asks about reach: how far one gets from the place within each limit. The answer is a signal.
import { effect, signal } from "@preact/signals";
import { type By, type ByStreets, type Place, reach as askReach, Refusal } from "../api/client.ts";
import { isVoid, sentence } from "../state/facts.ts";
import type { Reach, Unit } from "../state/reach.ts";
import { state } from "../state/state.ts";
import { type Band, bands } from "./bands.ts";

export interface Reaching {
  from: Place;
  by: ByStreets;
  unit: Unit;
  /** The nearest limit first. */
  bands: readonly Band[];
  /** From the place to the street. */
  accessM: number;
  onIsland: boolean;
}

export const reaching = signal<Reaching | null>(null);
/** Why there is no answer; `noStreet` when it is that no street is near. */
export const reachTrouble = signal<{ noStreet: boolean; sentence: string } | null>(null);
export const askingReach = signal(false);

/** The way along the streets: who asked by the straight line goes on foot. */
export function alongStreets(by: By): ByStreets {
  return by === "line" ? "walk" : by;
}

async function answer(from: Place, by: ByStreets, { unit, limits }: Reach, abort: AbortSignal): Promise<void> {
  askingReach.value = true;
  try {
    const answered = await askReach(from, by, unit, limits, abort);
    const { access_m: accessM, on_island: onIsland } = answered.origin;
    reaching.value = { from, by, unit, bands: bands(answered, unit), accessM, onIsland };
    reachTrouble.value = null;
  } catch (error) {
    if (isVoid(error)) return;
    reaching.value = null;
    reachTrouble.value = { noStreet: error instanceof Refusal && error.status === 422, sentence: sentence(error) };
  }
  askingReach.value = false;
}

/** Asks whenever place, way or limits change, while reach is what is asked. */
export function watchReach(): void {
  const key = signal("");
  effect(() => {
    const { here, by, reach } = state.value;
    key.value = here && reach ? JSON.stringify([here, alongStreets(by), reach]) : "";
  });
  let running: AbortController | undefined;
  effect(() => {
    running?.abort();
    if (key.value === "") {
      reaching.value = null;
      reachTrouble.value = null;
      askingReach.value = false;
      return;
    }
    const [here, by, reach] = JSON.parse(key.value) as [Place, ByStreets, Reach];
    running = new AbortController();
    void answer(here, by, reach, running.signal);
  });
}
