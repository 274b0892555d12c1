// Reach on the map: for each limit its area, faint, and its streets, strong, the nearest limit on top; limits are written
// where an area ends in the north. Areas lie under the streets, streets under names and marks.
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { FONT, type Look, palette, type Slot } from "../layers/layer.ts";
import type { Reaching } from "../modes/reach.ts";
import type { Language } from "../text/dictionary.ts";
import { limitText } from "../text/names.ts";
import { boundsOf } from "./bounds.ts";
import { type Light, REACH as COLOURS } from "./palette.ts";

export const REACH = "reach";

type Drawn = GeoJSON.Feature<GeoJSON.Geometry, { role: "area" | "streets" | "limit"; tone: number; limit: string }>;

/** The place of a band in the row of colours: the first is the nearest, the last the farthest, wherever there are two. */
export function tone(band: number, bands: number): number {
  const last = COLOURS.light.length - 1;
  return bands > 1 ? Math.round((band * last) / (bands - 1)) : 1;
}

export function bandColour(band: number, bands: number, light: Light): string {
  return COLOURS[light][tone(band, bands)] ?? "#888888";
}

/** The farthest band first, as the lowest. */
export function reachFeatures({ bands, unit }: Pick<Reaching, "bands" | "unit">, language: Language): Drawn[] {
  return bands
    .flatMap(({ limit, area, streets }, at): Drawn[] => {
      const properties = { tone: tone(at, bands.length), limit: limitText(limit, unit, language) };
      const of = (role: Drawn["properties"]["role"], geometry: GeoJSON.Geometry | null): Drawn[] =>
        geometry ? [{ type: "Feature", geometry, properties: { role, ...properties } }] : [];
      return [...of("limit", northEnd(area)), ...of("streets", streets), ...of("area", area)];
    })
    .toReversed();
}

/** The place of an area that lies farthest north. */
export function northEnd(area: GeoJSON.Geometry | null): GeoJSON.Point | null {
  const rings = area?.type === "Polygon" ? area.coordinates : area?.type === "MultiPolygon" ? area.coordinates.flat() : [];
  const [first, ...others] = rings.flat();
  if (!first) return null;
  return { type: "Point", coordinates: others.reduce((a, b) => ((b[1] ?? 0) > (a[1] ?? 0) ? b : a), first) };
}

/** Bounds that hold the place and all that can be reached. */
export function reachBounds({ from, bands }: Reaching): [number, number, number, number] {
  const farthest = bands.findLast(({ area }) => area)?.area ?? null;
  const [lon, lat] = from;
  const [west, south, east, north] = boundsOf(farthest) ?? [lon, lat, lon, lat];
  return [Math.min(west, lon), Math.min(south, lat), Math.max(east, lon), Math.max(north, lat)];
}

/** What is drawn right over a slot of the pile. */
export function reachOver(look: Look, slot: Slot): LayerSpecification[] {
  const of = (role: string): ["==", ["get", string], string] => ["==", ["get", "role"], role];
  const colour: ExpressionSpecification = ["at", ["get", "tone"], ["literal", [...COLOURS[look.light]]]];
  // Butt: a street ends where the limit does.
  const cut = { "line-cap": "butt", "line-join": "round" } as const;
  const width = (near: number, far: number): ExpressionSpecification => ["interpolate", ["exponential", 1.4], ["zoom"], 12, far, 17, near];
  switch (slot) {
    case "edge":
      return [
        { id: "reach-area", type: "fill", source: REACH, filter: of("area"), paint: { "fill-color": ["to-color", colour], "fill-opacity": look.light === "light" ? 0.13 : 0.16 } },
        { id: "reach-edge", type: "line", source: REACH, filter: of("area"), layout: cut, paint: { "line-color": ["to-color", colour], "line-width": 1.2, "line-opacity": 0.8 } },
      ];
    case "road":
      return [
        { id: "reach-casing", type: "line", source: REACH, filter: of("streets"), layout: cut, paint: { "line-color": palette(look).wayCasing, "line-width": width(9, 3.6) } },
        { id: "reach-streets", type: "line", source: REACH, filter: of("streets"), layout: cut, paint: { "line-color": ["to-color", colour], "line-width": width(5.5, 2) } },
      ];
    case "label":
      return [
        {
          id: "reach-limit",
          type: "symbol",
          source: REACH,
          filter: of("limit"),
          layout: { "text-field": ["get", "limit"], "text-font": FONT, "text-size": 13, "text-anchor": "bottom", "text-offset": [0, -0.2], "text-allow-overlap": true },
          paint: { "text-color": ["to-color", colour], "text-halo-color": palette(look).halo, "text-halo-width": 2 },
        },
      ];
    default:
      return [];
  }
}
