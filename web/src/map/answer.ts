// What a click has brought, as features to draw: the place, the ways, the points that were found, the open card.
import { boundsOf } from "./bounds.ts";
import { anchor } from "./anchor.ts";
import type { Place } from "../api/client.ts";
import type { Card } from "../modes/card.ts";
import type { Nearest } from "../modes/here.ts";

type Drawn = GeoJSON.Feature<GeoJSON.Geometry, { role: string; rank?: number }>;

export function answerFeatures(nearest: Nearest | null, here: Place | null, card: Card | null): Drawn[] {
  const features: Drawn[] = [];
  const add = (role: string, geometry: GeoJSON.Geometry, rank?: number) =>
    features.push({ type: "Feature", geometry, properties: rank === undefined ? { role } : { role, rank } });
  const chosen = card?.feature?.geometry;
  if (chosen) add("chosen", chosen);
  if (!here) return features;
  // The first lies on top.
  for (const { feature, rank, way, distanceM } of nearest?.found.toReversed() ?? []) {
    const to = anchor(feature.geometry);
    if (!to) continue;
    if (way) add("way", way, rank);
    else if (distanceM !== null) add("straight", { type: "LineString", coordinates: [[...here], to] }, rank);
    add("found", { type: "Point", coordinates: to }, rank);
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
