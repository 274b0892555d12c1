// What a click has brought, as features to draw: the place, the ways, the points that were found, the open card.
import { boundsOf } from "./bounds.ts";
import { anchor } from "./anchor.ts";
import type { Place } from "../api/client.ts";
import type { Card } from "../modes/card.ts";
import type { Found, Nearest } from "../modes/here.ts";

type Drawn = GeoJSON.Feature<GeoJSON.Geometry, { role: string; rank?: number; main?: boolean; reached?: boolean }>;

/** The one that stands out of what was found: the one whose card is open, else the nearest. */
export function mainOf({ found }: Nearest, card: Card | null): Found | undefined {
  const opened = card?.layer === "parking-points" ? found.find(({ feature }) => Number(feature.id) === card.id) : undefined;
  return opened ?? found[0];
}

export function answerFeatures(nearest: Nearest | null, here: Place | null, card: Card | null): Drawn[] {
  const features: Drawn[] = [];
  const add = (role: string, geometry: GeoJSON.Geometry, more: Omit<Drawn["properties"], "role"> = {}) =>
    features.push({ type: "Feature", geometry, properties: { role, ...more } });
  const chosen = card?.feature?.geometry;
  if (chosen) add("chosen", chosen);
  if (!here) return features;
  const main = nearest ? mainOf(nearest, card) : undefined;
  // The first lies on top, and the one that stands out on top of all.
  const order = nearest?.found.toReversed().toSorted((a, b) => Number(a === main) - Number(b === main)) ?? [];
  for (const each of order) {
    const { feature, rank, way, distanceM } = each;
    const to = anchor(feature.geometry);
    if (!to) continue;
    const more = { rank, main: each === main, reached: distanceM !== null };
    if (way) add("way", way, more);
    else if (more.reached) add("straight", { type: "LineString", coordinates: [[...here], to] }, more);
    add("found", { type: "Point", coordinates: to }, more);
  }
  add("here", { type: "Point", coordinates: [...here] });
  return features;
}

/** Bounds that hold the place and all that was found. */
export function answerBounds(nearest: Nearest): [number, number, number, number] | null {
  const features = answerFeatures(nearest, nearest.from, null);
  const coordinates = features.map(({ geometry }) => boundsOf(geometry)).filter((bbox) => bbox !== null);
  const [first] = coordinates;
  if (!first) return null;
  return coordinates.reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])], first);
}
