// What the service tells of reach, limit by limit. Pure.
import type { Reached } from "../api/client.ts";
import type { Unit } from "../state/reach.ts";

/** What lies within one limit. */
export interface Band {
  limit: number;
  /** Null when the limit ends before the street. */
  area: GeoJSON.Geometry | null;
  streets: GeoJSON.MultiLineString | null;
  streetM: number;
}

/** The nearest limit first. */
export function bands({ features }: Pick<Reached, "features">, unit: Unit): Band[] {
  const found = new Map<number, Band>();
  for (const { geometry, properties } of features) {
    const limit = properties[unit];
    if (limit === undefined) continue;
    const band = found.get(limit) ?? { limit, area: null, streets: null, streetM: properties.street_m };
    if (properties.what === "area") band.area = geometry;
    else if (geometry?.type === "MultiLineString" && geometry.coordinates.length > 0) band.streets = geometry;
    found.set(limit, band);
  }
  return [...found.values()].toSorted((a, b) => a.limit - b.limit);
}
