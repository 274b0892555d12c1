// Whether what is loaded of a layer serves what the map looks at. Pure.
import type { Bbox } from "../api/client.ts";

export interface Loaded {
  /** Null: the layer whole. */
  bbox: Bbox | null;
  zoom: number;
  shown: number;
  /** Features in the window; null when the service did not say. */
  matched: number | null;
  loading: boolean;
}

const MARGIN = 0.2;
/** A window that left something out is asked again when the map has come this much nearer. */
const NEARER = 0.4;

export function padded([west, south, east, north]: Bbox, margin = MARGIN): Bbox {
  const [across, up] = [(east - west) * margin, (north - south) * margin];
  return [Math.max(west - across, -180), Math.max(south - up, -90), Math.min(east + across, 180), Math.min(north + up, 90)];
}

export function contains(outer: Bbox, inner: Bbox): boolean {
  return outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];
}

/** Whether what is loaded serves a view. */
export function serves(have: Loaded, view: Bbox, zoom: number): boolean {
  if (have.bbox === null) return true;
  const whole = have.matched !== null && have.shown >= have.matched;
  return contains(have.bbox, view) && (whole || zoom - have.zoom < NEARER);
}

/** Bounds of a geometry, or null when it has no place. */
export function boundsOf(geometry: GeoJSON.Geometry | null): Bbox | null {
  if (!geometry || geometry.type === "GeometryCollection") return null;
  const places = geometry.coordinates.flat(3) as number[];
  const [lons, lats] = [places.filter((_, at) => at % 2 === 0), places.filter((_, at) => at % 2 === 1)];
  if (lons.length === 0) return null;
  const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b));
  return [least(lons), least(lats), most(lons), most(lats)];
}

/** Whether a place lies in an area, its edge aside: the even-odd rule over all rings. For the page's own hints. */
export function within([lon, lat]: readonly [number, number], geometry: GeoJSON.Geometry | null): boolean {
  const rings = geometry?.type === "Polygon" ? geometry.coordinates : geometry?.type === "MultiPolygon" ? geometry.coordinates.flat() : [];
  let inside = false;
  for (const ring of rings) {
    for (const [at, a] of ring.entries()) {
      const b = ring[at + 1];
      if (!b) continue;
      const [ax = 0, ay = 0] = a;
      const [bx = 0, by = 0] = b;
      if (ay > lat !== by > lat && lon < ((bx - ax) * (lat - ay)) / (by - ay) + ax) inside = !inside;
    }
  }
  return inside;
}
