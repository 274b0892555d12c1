// What goes from whom to whom, by section; and which squads are a section's neighbours.
import type { Change, Move } from "../api/plans.ts";
import type { Feature } from "../api/client.ts";

export interface Role {
  /** Place of the block in the list, from 1. */
  block: number;
  /** Whose the section was; null for a new one. */
  was: number | null;
}

export function roles(changes: readonly Change[]): Map<number, Role> {
  return new Map(changes.flatMap((change, at) => change.section_ids.map((id) => [id, { block: at + 1, was: change.from_squad_id }] as const)));
}

/** The block that holds a section, with its number. */
export function blockOf(changes: readonly Change[], section: number | null): { change: Change; block: number } | null {
  if (section === null) return null;
  const at = changes.findIndex((change) => change.section_ids.includes(section));
  const change = changes[at];
  return change ? { change, block: at + 1 } : null;
}

/** What would leave a block with the squad that had it. */
export function kept(change: Change): Move[] {
  const { from_squad_id: from } = change;
  return from === null ? [] : change.section_ids.map((section) => ({ section_id: section, squad_id: from }));
}

function ends(geometry: GeoJSON.Geometry | null): string[] {
  if (geometry?.type !== "LineString") return [];
  return [geometry.coordinates[0], geometry.coordinates.at(-1)].flatMap((at) => (at ? [`${at[0]?.toFixed(7)},${at[1]?.toFixed(7)}`] : []));
}

/** Squads, other than its own, that have a section meeting this one at a junction; most of them first. */
export function neighbours(section: Feature, all: readonly Feature[]): number[] {
  const own = new Set(ends(section.geometry));
  const count = new Map<number, number>();
  for (const other of all) {
    const squad = other.properties.squad_id;
    if (typeof squad !== "number" || squad === section.properties.squad_id) continue;
    if (ends(other.geometry).some((end) => own.has(end))) count.set(squad, (count.get(squad) ?? 0) + 1);
  }
  return [...count].toSorted((a, b) => b[1] - a[1] || a[0] - b[0]).map(([squad]) => squad);
}
