// What the service told at the start, and what it says went wrong since.
import { computed, signal } from "@preact/signals";
import { type Bbox, type Collection, collections as askCollections, items, type LayerName, Refusal } from "../api/client.ts";
import type { Squad } from "../layers/layer.ts";
import { learn } from "../text/names.ts";
import { language, words } from "./state.ts";

export const collections = signal<readonly Collection[]>([]);
export const squads = signal<readonly Squad[]>([]);
/** Layers that the newest commit of anybody touched. */
export const touched = signal<readonly LayerName[]>([]);
/** The last thing that did not work, in the service's own sentence; told until something works. */
export const trouble = signal<string | null>(null);
export const district = computed<Bbox | null>(() => {
  const first = (["jurisdictions", "squad-zones", "road-sections", "violations", "parking-points"] as LayerName[])
    .map((name) => collections.value.find((layer) => layer.id === name)?.extent?.spatial?.bbox[0])
    .find((bbox) => bbox);
  return first ?? null;
});

export function sentence(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  return words.value.offline;
}

/** True when a newer question made this one void. */
export function isVoid(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

export async function begin(): Promise<void> {
  try {
    const [layers] = await Promise.all([askCollections(), learn("violations"), askSquads()]);
    collections.value = layers;
    trouble.value = null;
  } catch (error) {
    trouble.value = sentence(error);
  }
}

async function askSquads(): Promise<void> {
  const [all, zones] = await Promise.all([
    items("squads", { limit: 500 }),
    items("squad-zones", { limit: 500, properties: "squad_id", current: true }),
  ]);
  const withZone = new Set(zones.features.map((zone) => zone.properties.squad_id));
  const found = all.features.map(({ id, properties }) => ({
    id: Number(id),
    code: String(properties.code),
    name: String(properties.name),
    nameEn: String(properties["name:en"] ?? properties.name),
    strength: typeof properties.strength === "number" ? properties.strength : null,
    hasZone: withZone.has(Number(id)),
    hasStreets: (properties.kind === "area" || properties.kind === "township") && properties.status === "active",
  }));
  // Those with an area come first, so that neighbours differ in colour.
  squads.value = found.toSorted((a, b) => Number(b.hasZone) - Number(a.hasZone) || (a.code < b.code ? -1 : 1));
}

export function squadName(id: unknown): string | null {
  const squad = squads.value.find((each) => each.id === id);
  return squad ? (language.value === "en" ? squad.nameEn : squad.name) : null;
}
