// The style of the map: a pure function of light, language, squads and the layers that are shown. Nothing is fetched.
import type { ExpressionSpecification, LayerSpecification, Map as MapLibreMap, SourceSpecification, StyleSpecification } from "maplibre-gl";
import type { LayerName } from "../api/client.ts";
import { HOTSPOTS, hotspotPieces } from "../layers/hotspots.ts";
import { LAYERS } from "../layers/index.ts";
import { beatPieces, BEATS } from "../layers/beats.ts";
import { PLAN, PLAN_MARKS, PLAN_ZONE_NAMES, PLAN_ZONES, planPieces } from "../layers/plan.ts";
import { emptySource, FONT, type Look, palette, type Piece, type Slot, SLOTS } from "../layers/layer.ts";
import { REACH, reachOver } from "./reach.ts";

/** The answer to a click: the place, the ways from it, what was found, the feature whose card is open. */
export const ANSWER = "answer";

function answer(look: Look): LayerSpecification[] {
  const colours = palette(look);
  const of = (role: string): ["==", ["get", string], string] => ["==", ["get", "role"], role];
  const round = { "line-cap": "round", "line-join": "round" } as const;
  const reached: ExpressionSpecification = ["case", ["get", "reached"], colours.way, colours.full];
  return [
    { id: "way-casing", type: "line", source: ANSWER, filter: of("way"), layout: round, paint: { "line-color": colours.wayCasing, "line-width": 6, "line-opacity": 0.85 } },
    { id: "way", type: "line", source: ANSWER, filter: of("way"), layout: round, paint: { "line-color": colours.way, "line-width": ["case", ["get", "main"], 4, 2.4], "line-opacity": ["case", ["get", "main"], 1, 0.75] } },
    { id: "straight", type: "line", source: ANSWER, filter: of("straight"), layout: { "line-cap": "round" }, paint: { "line-color": colours.way, "line-width": ["case", ["get", "main"], 2.6, 1.6], "line-dasharray": [1, 2] } },
    { id: "chosen-line", type: "line", source: ANSWER, filter: of("chosen"), layout: round, paint: { "line-color": colours.chosen, "line-width": 3 } },
    { id: "chosen-point", type: "circle", source: ANSWER, filter: ["all", of("chosen"), ["==", ["geometry-type"], "Point"]], paint: { "circle-radius": 15, "circle-opacity": 0, "circle-color": colours.chosen, "circle-stroke-width": 2.4, "circle-stroke-color": colours.chosen } },
    { id: "found", type: "circle", source: ANSWER, filter: of("found"), paint: { "circle-radius": ["case", ["get", "main"], 13, 10], "circle-color": reached, "circle-stroke-width": 2.5, "circle-stroke-color": colours.wayCasing } },
    { id: "found-rank", type: "symbol", source: ANSWER, filter: of("found"), layout: { "text-field": ["to-string", ["get", "rank"]], "text-font": FONT, "text-size": 12.5, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": colours.wayCasing } },
    { id: "here", type: "circle", source: ANSWER, filter: of("here"), paint: { "circle-radius": 7, "circle-color": colours.wayCasing, "circle-stroke-width": 4, "circle-stroke-color": colours.way } },
  ];
}

/** Pieces of all layers, lowest first; those of one slot in the order of the panel, the first on top. */
function pile(look: Look, slots: readonly Slot[] = SLOTS): { name: LayerName | typeof HOTSPOTS | typeof PLAN; piece: Piece }[] {
  const own = LAYERS.toReversed().flatMap((layer) => layer.paint(look).map((piece) => ({ name: layer.name, piece })));
  const hot = hotspotPieces(look).map((piece) => ({ name: HOTSPOTS, piece }) as const);
  const plan = [...planPieces(look), ...beatPieces(look)].map((piece) => ({ name: PLAN, piece }) as const);
  const pieces = [...own, ...plan, ...hot];
  return slots.flatMap((slot) => pieces.filter(({ piece }) => piece.slot === slot));
}

export function styleOf(look: Look, shown: readonly LayerName[]): StyleSpecification {
  const sources: Record<string, SourceSpecification> = { [ANSWER]: emptySource({}), [REACH]: emptySource({}), [HOTSPOTS]: emptySource({ tolerance: 0.2 }), [PLAN]: emptySource({ tolerance: 0.2 }) };
  for (const id of [PLAN_ZONES, PLAN_ZONE_NAMES, PLAN_MARKS, BEATS]) sources[id] = emptySource({ tolerance: 0.2 });
  for (const layer of LAYERS) {
    for (const [id, extra] of Object.entries(layer.source.sources)) sources[id] = emptySource(extra);
  }
  const drawn = SLOTS.flatMap((slot) => [
    ...pile(look, [slot]).map(({ name, piece: { style } }) => {
      // Hotspots and the plan are shown as long as there is anything in their source.
      const visibility = name === HOTSPOTS || name === PLAN || shown.includes(name) ? "visible" : "none";
      return { ...style, layout: { ...style.layout, visibility } } as LayerSpecification;
    }),
    ...reachOver(look, slot),
  ]);
  const ground: LayerSpecification = { id: "ground", type: "background", paint: { "background-color": palette(look).ground } };
  return { version: 8, sources, layers: [ground, ...drawn, ...answer(look)], transition: { duration: 250, delay: 0 } };
}

/** Layers of the style that a click looks for, and whose they are. */
export function hits(look: Look): Map<string, LayerName> {
  const whose = (name: LayerName | typeof HOTSPOTS | typeof PLAN): LayerName | null => {
    if (name === PLAN) return "road-sections";
    return name === HOTSPOTS ? null : name;
  };
  return new Map(pile(look).flatMap(({ name, piece }) => {
    const layer = whose(name);
    return piece.hit && layer ? [[piece.style.id, layer] as const] : [];
  }));
}

type Values = Record<string, unknown>;

/** Brings a map from one style to another of the same layers, leaving the data where they are. */
export function restyle(map: MapLibreMap, before: StyleSpecification, after: StyleSpecification): void {
  for (const [position, layer] of after.layers.entries()) {
    const old = before.layers[position];
    changed(old?.paint, layer.paint, (name, value) => map.setPaintProperty(layer.id, name as never, value as never));
    changed(old?.layout, layer.layout, (name, value) => map.setLayoutProperty(layer.id, name as never, value as never));
  }
}

function changed(before: object | undefined, after: object | undefined, set: (name: string, value: unknown) => void): void {
  const [old, young] = [(before ?? {}) as Values, (after ?? {}) as Values];
  for (const name of new Set([...Object.keys(old), ...Object.keys(young)])) {
    if (JSON.stringify(old[name]) !== JSON.stringify(young[name])) set(name, young[name]);
  }
}
