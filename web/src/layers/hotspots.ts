// Hotspots: sections by class, over the streets and under their names. Classes are told apart by lightness and width, so
// also without colour; what nobody looked at is dashed; what stands out from nothing is not drawn, and not called safe.
import type { ExpressionSpecification } from "maplibre-gl";
import type { Feature } from "../api/client.ts";
import { boundsOf } from "../map/bounds.ts";
import { type LegendEntry, type Look, type Piece, words } from "./layer.ts";

export const HOTSPOTS = "hotspots";

/** How much a section stands out. */
export const LEVELS = ["third", "second", "first", "fading", "unseen"] as const;
export type Level = (typeof LEVELS)[number];

/** Lightness falls with the level; hues of magenta keep apart from the colours of streets for all eyes. */
const COLOURS: Record<Look["light"], Record<Level, string>> = {
  light: { third: "#7a0463", second: "#c21e83", first: "#f08cb9", fading: "#4a7fb5", unseen: "#7d7f86" },
  dark: { third: "#ffd6ec", second: "#f573b8", first: "#b03a80", fading: "#6ba6e0", unseen: "#8a94a0" },
};
const WIDTHS: Record<Level, number> = { third: 1.7, second: 1.25, first: 0.9, fading: 0.7, unseen: 0.5 };

const OF_CLASS: Record<string, Level> = {
  "3": "third", "2": "second", "1": "first",
  "top-1": "third", "top-5": "second", "top-10": "first",
  "new hot": "third", "consecutive hot": "third", "intensifying hot": "second", "persistent hot": "second",
  "sporadic hot": "first", "oscillating hot": "first", "diminishing hot": "fading", "historical hot": "fading",
  "not-observed": "unseen", "no-effort": "unseen",
};

/** The level of a class as the service tells it; null where nothing stands out. */
export function levelOf(given: unknown): Level | null {
  return OF_CLASS[String(given)] ?? null;
}

/** The words of the legend for a class. */
export function levelName(look: Look, method: string, given: unknown): string {
  const level = levelOf(given);
  return namesOf(look, method).find(([each]) => each === level)?.[1] ?? "";
}

/** Features with their level; those that do not stand out are left out. */
export function drawnHotspots(features: readonly Feature[]): GeoJSON.Feature[] {
  return features.flatMap(({ id, geometry, properties }) => {
    const level = levelOf(properties.class);
    if (!geometry || !level) return [];
    return [{ type: "Feature", ...(id === undefined ? {} : { id }), geometry, properties: { level } }];
  });
}

/** Bounds that hold all that is drawn. */
export function hotspotBounds(features: readonly GeoJSON.Feature[]): [number, number, number, number] | null {
  const boxes = features.map(({ geometry }) => boundsOf(geometry)).filter((bbox) => bbox !== null);
  const [first] = boxes;
  if (!first) return null;
  return boxes.reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])], first);
}

export function hotspotPieces(look: Look): Piece[] {
  const colours = COLOURS[look.light];
  const byLevel = (values: Record<Level, string | number>): ExpressionSpecification =>
    ["match", ["get", "level"], ...LEVELS.flatMap((level) => [level, values[level]]), values.first] as unknown as ExpressionSpecification;
  const width = (more: number): ExpressionSpecification => {
    const at = (pixels: number): ExpressionSpecification => ["+", ["*", byLevel(WIDTHS), pixels], more];
    return ["interpolate", ["exponential", 1.5], ["zoom"], 11, at(2.4), 14, at(5), 17, at(11)];
  };
  const order: ExpressionSpecification = ["match", ["get", "level"], "third", 4, "second", 3, "first", 2, 1];
  const layout = { "line-cap": "round", "line-join": "round", "line-sort-key": order } as const;
  const seen: ExpressionSpecification = ["!=", ["get", "level"], "unseen"];
  return [
    { slot: "site", style: { id: "hot-casing", type: "line", source: HOTSPOTS, filter: seen, layout, paint: { "line-color": look.light === "light" ? "#ffffff" : "#0b1016", "line-width": width(2.5), "line-opacity": 0.9 } } },
    { slot: "site", style: { id: "hot", type: "line", source: HOTSPOTS, filter: seen, layout, paint: { "line-color": byLevel(colours), "line-width": width(0) } } },
    { slot: "site", style: { id: "hot-unseen", type: "line", source: HOTSPOTS, filter: ["!", seen], layout: { "line-join": "round" }, paint: { "line-color": colours.unseen, "line-width": 2, "line-dasharray": [1.5, 1.5] } } },
  ];
}

function namesOf(look: Look, method: string): [Level, string][] {
  const text = words(look).hot;
  if (method === "emerging") return [["third", text.newHot], ["second", text.lastingHot], ["first", text.onOffHot], ["fading", text.fadingHot]];
  if (method === "ranking" || method === "network-density") return [["third", text.top("1")], ["second", text.top("5")], ["first", text.top("10")]];
  return [["third", text.sure("99")], ["second", text.sure("95")], ["first", text.sure("90")]];
}

export function hotspotLegend(look: Look, method: string, hasUnseen: boolean): LegendEntry[] {
  const text = words(look).hot;
  const colours = COLOURS[look.light];
  const named = namesOf(look, method);
  if (hasUnseen) named.push(["unseen", text.unseen]);
  return named.map(([level, label]) => ({ shape: level === "unseen" ? "dash" : "line", colour: colours[level], text: label }));
}
