// The mode of every day: a click on a mark opens its card, a click into the street asks for the nearest parking.
import type { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";
import { signal } from "@preact/signals";
import { BEATS } from "../layers/beats.ts";
import { PLAN, PLAN_MARKS } from "../layers/plan.ts";
import { BUBBLES_BELOW } from "../layers/violations.ts";
import { trouble, sentence } from "../state/facts.ts";
import { state, step } from "../state/state.ts";
import { nearest } from "./here.ts";
import { lookAt } from "./plans.ts";
import type { Click, Hit, Mode } from "./mode.ts";

/** All that lay under the last click, when it was more than one. */
export const pile = signal<readonly Hit[]>([]);

async function open(map: MapLibreMap, bubble: Hit): Promise<void> {
  const source = map.getSource<GeoJSONSource>(bubble.source);
  if (!source || bubble.geometry.type !== "Point") return;
  const zoom = await source.getClusterExpansionZoom(bubble.id);
  map.easeTo({ center: bubble.geometry.coordinates as [number, number], zoom: Math.min(zoom + 0.2, BUBBLES_BELOW + 0.5) });
}

function isMark(hit: Hit): boolean {
  return hit.layer !== "road-sections";
}

function isFound({ layer, id }: Hit): boolean {
  return layer === "parking-points" && (nearest.value?.found.some(({ feature }) => Number(feature.id) === id) ?? false);
}

export const street: Mode = {
  name: "street",
  enter: () => undefined,
  exit: () => {
    pile.value = [];
  },
  click(map, { place, hits }: Click) {
    // While a plan is open a click is about its assistants, changes and sections.
    const ofPlan = (source: string) => (typeof state.value.plan === "number" ? hits.find((hit) => hit.source === source) : undefined);
    const [person, change, section] = [BEATS, PLAN_MARKS, PLAN].map(ofPlan);
    if (person || change || section) pile.value = [];
    if (person) return lookAt({ assistant: person.id }, { feature: null, here: null });
    if (change) return lookAt({ change: change.id, target: null }, { feature: null, here: null });
    if (section) return lookAt({ target: null }, { feature: { layer: "road-sections", id: section.id }, here: null });
    const first = hits.find(isMark);
    if (first?.cluster) {
      open(map, first).catch((error: unknown) => (trouble.value = sentence(error)));
      return;
    }
    pile.value = hits.filter((hit) => isMark(hit) && !hit.cluster);
    // A point of the answer is chosen from it, and reach stays under any mark; another mark ends the answer.
    const stays = state.peek().reach !== null || (first && isFound(first));
    if (first) step({ feature: { layer: first.layer, id: first.id }, ...(stays ? {} : { here: null }) });
    else step({ feature: null, here: place });
  },
};
