// Assistants on the map: the beats of a squad, each in a colour other than its neighbours' and with its code; of the chosen
// one the beat alone, its closed walk with arrows, and where it begins.
import type { ExpressionSpecification } from "maplibre-gl";
import type { Feature } from "../api/client.ts";
import { anchor } from "../map/anchor.ts";
import { type Light, squadColour } from "../map/palette.ts";
import { beatOf, type Person } from "../plans/beats.ts";
import { FONT, type Look, palette, type Piece } from "./layer.ts";

export const BEATS = "beats";
/** Colours by turns. */
const TURNS = 6;

/** The colour of the beat of an assistant, by place in the list. */
export function beatColour(at: number, light: Light): string {
  return squadColour(at % TURNS, light);
}

export function drawnBeats(beats: readonly Feature[], people: readonly Person[], chosen: number | null, walk: Feature | null): GeoJSON.Feature[] {
  const turn = new Map(people.map((person, at) => [person.id, at % TURNS]));
  const longest = new Map<number, Feature>();
  const weight = (feature: Feature) => beatOf(feature).load_min ?? 0;
  const features: GeoJSON.Feature[] = [];
  for (const feature of beats) {
    const { assistant_id: id } = beatOf(feature);
    if (!turn.has(id) || !feature.geometry) continue;
    const have = longest.get(id);
    if (!have || weight(feature) > weight(have)) longest.set(id, feature);
    features.push({ type: "Feature", geometry: feature.geometry, properties: { role: "beat", turn: turn.get(id), level: chosen === null ? 1 : chosen === id ? 2 : 0 } });
  }
  for (const person of people) {
    const at = anchor(longest.get(person.id)?.geometry ?? null);
    if (at && (chosen === null || chosen === person.id)) features.push({ type: "Feature", id: person.id, geometry: { type: "Point", coordinates: at }, properties: { role: "code", code: person.code, minutes: person.minutes } });
  }
  if (walk?.geometry?.type === "LineString") {
    features.push({ type: "Feature", geometry: walk.geometry, properties: { role: "walk" } });
    const [start] = walk.geometry.coordinates;
    if (start) features.push({ type: "Feature", geometry: { type: "Point", coordinates: start }, properties: { role: "start" } });
  }
  return features;
}

export function beatPieces(look: Look): Piece[] {
  const colours = palette(look);
  const turns = Array.from({ length: TURNS }, (_, turn) => [turn, beatColour(turn, look.light)]).flat();
  const colour = ["match", ["get", "turn"], ...turns, colours.inkSoft] as unknown as ExpressionSpecification;
  const role = (name: string): ["==", ["get", string], string] => ["==", ["get", "role"], name];
  const width = (pixels: number): ExpressionSpecification => ["match", ["get", "level"], 2, pixels * 2, 0, pixels * 0.7, pixels];
  const round = { "line-cap": "round", "line-join": "round" } as const;
  const opacity = ["match", ["get", "level"], 0, 0.3, 1] as unknown as ExpressionSpecification;
  return [
    { slot: "site", style: { id: "beat", type: "line", source: BEATS, filter: role("beat"), layout: round, paint: { "line-color": colour, "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 11, width(2.4), 14, width(5.5), 17, width(12)], "line-opacity": opacity } } },
    { slot: "site", style: { id: "walk-casing", type: "line", source: BEATS, filter: role("walk"), layout: round, paint: { "line-color": colours.wayCasing, "line-width": 3.6 } } },
    { slot: "site", style: { id: "walk", type: "line", source: BEATS, filter: role("walk"), layout: round, paint: { "line-color": colours.chosen, "line-width": 1.8 } } },
    { slot: "label", style: { id: "walk-arrow", type: "symbol", source: BEATS, filter: role("walk"), minzoom: 13, layout: { "symbol-placement": "line", "symbol-spacing": 70, "icon-image": "arrow", "icon-allow-overlap": true, "icon-ignore-placement": true } } },
    { slot: "label", style: { id: "walk-start", type: "circle", source: BEATS, filter: role("start"), paint: { "circle-radius": 7, "circle-color": colours.wayCasing, "circle-stroke-width": 4, "circle-stroke-color": colours.chosen } } },
    {
      slot: "label", hit: true,
      style: {
        id: "beat-code", type: "symbol", source: BEATS, filter: role("code"),
        layout: { "text-field": ["get", "code"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 12, 10, 16, 14], "text-padding": 1 },
        paint: { "text-color": colours.ink, "text-halo-color": colours.halo, "text-halo-width": 2 },
      },
    },
  ];
}
