// One place for a geometry: where a mark, a bubble or a name stands for it. For drawing, not for measuring.
import type { Feature } from "../api/client.ts";

/** Lines across an area on which a place is looked for. */
const LINES = 9;

export function anchor(geometry: GeoJSON.Geometry | null): GeoJSON.Position | null {
  switch (geometry?.type) {
    case "Point":
      return geometry.coordinates;
    case "LineString":
      return geometry.coordinates[Math.floor(geometry.coordinates.length / 2)] ?? null;
    case "Polygon":
      return inside([geometry.coordinates]);
    case "MultiPolygon":
      return inside(geometry.coordinates);
    default:
      return null;
  }
}

/** Features as points, each at its anchor; those without a place are left out. */
export function anchored(features: readonly Feature[]): Feature[] {
  return features.flatMap((feature): Feature[] => {
    const at = anchor(feature.geometry);
    return at ? [Object.assign({}, feature, { geometry: { type: "Point" as const, coordinates: at } })] : [];
  });
}

/** Where lines of one latitude cross rings, from west to east. */
function crossings(rings: GeoJSON.Position[][], lat: number): number[] {
  const found: number[] = [];
  for (const ring of rings) {
    for (const [at, [ax = 0, ay = 0]] of ring.entries()) {
      const [bx = 0, by = 0] = ring[at + 1] ?? [ax, ay];
      if (ay > lat !== by > lat) found.push(ax + ((lat - ay) / (by - ay)) * (bx - ax));
    }
  }
  return found.toSorted((a, b) => a - b);
}

/** The middle of the widest stretch inside, of those nearer the middle latitude among equals. */
function inside(polygons: GeoJSON.Position[][][]): GeoJSON.Position | null {
  const rings = polygons.flat();
  const lats = rings.flat().map(([, lat = 0]) => lat);
  if (lats.length === 0) return null;
  const [south, north] = [lats.reduce((a, b) => Math.min(a, b)), lats.reduce((a, b) => Math.max(a, b))];
  let best: { width: number; at: GeoJSON.Position } | null = null;
  for (let line = 1; line <= LINES; line++) {
    const lat = south + ((north - south) * line) / (LINES + 1);
    const across = crossings(rings, lat);
    const central = 1 - Math.abs(line / (LINES + 1) - 0.5);
    for (let at = 0; at + 1 < across.length; at += 2) {
      const [from = 0, to = 0] = [across[at], across[at + 1]];
      const width = (to - from) * central;
      if (!best || width > best.width) best = { width, at: [(from + to) / 2, lat] };
    }
  }
  return best?.at ?? rings[0]?.[0] ?? null;
}
