// Assistants with what they answer for, counted from their stretches.
import type { Feature } from "../api/client.ts";
import type { Beat } from "../api/plans.ts";

export interface Person {
  id: number;
  code: string;
  squad: number;
  shift: string | null;
  minutes: number;
  stretches: number;
  /** Whether the assistant's squad has streets of its own; others walk over those of others. */
  isOverlay: boolean;
}

export function beatOf(feature: Feature): Beat {
  return feature.properties as unknown as Beat;
}

/** All assistants that have a beat, by squad, in the order of their codes. */
export function people(assistants: readonly Feature[], beats: readonly Feature[], withStreets: ReadonlySet<number>): Map<number, Person[]> {
  const minutes = new Map<number, { minutes: number; stretches: number }>();
  for (const beat of beats.map(beatOf)) {
    const have = minutes.get(beat.assistant_id) ?? { minutes: 0, stretches: 0 };
    minutes.set(beat.assistant_id, { minutes: have.minutes + (beat.load_min ?? 0), stretches: have.stretches + 1 });
  }
  const found = new Map<number, Person[]>();
  for (const { id, properties } of assistants) {
    const have = minutes.get(Number(id));
    const squad = properties.squad_id;
    if (!have || typeof squad !== "number") continue;
    const person: Person = {
      id: Number(id),
      code: String(properties.code ?? id),
      squad,
      shift: typeof properties.shift === "string" ? properties.shift : null,
      isOverlay: !withStreets.has(squad),
      ...have,
    };
    found.set(squad, [...(found.get(squad) ?? []), person]);
  }
  for (const all of found.values()) all.sort((a, b) => a.code.localeCompare(b.code, "en", { numeric: true }));
  return found;
}

/** Minutes that each would have, were they shared out evenly. */
export function evenShare(all: readonly Person[]): number {
  return all.reduce((sum, person) => sum + person.minutes, 0) / Math.max(1, all.length);
}
