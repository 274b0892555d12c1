// A plan on the map: every section in the colour of its squad. What changes hands is broad, with a dark edge, in the colour
// of the new squad with dashes of the old one, and bears its number in the list; the rest is muted.
import type { ExpressionSpecification } from "maplibre-gl";
import type { Feature } from "../api/client.ts";
import type { Change, Move } from "../api/plans.ts";
import { anchor, anchored } from "../map/anchor.ts";
import { boundsOf } from "../map/bounds.ts";
import type { Role } from "../plans/changes.ts";
import type { Lock } from "../state/plan-look.ts";
import { FONT, type LegendEntry, type Look, nameOf, palette, type Piece, squadColours, words } from "./layer.ts";

export const PLAN = "plan";
export const PLAN_ZONES = "plan-zones";
export const PLAN_ZONE_NAMES = "plan-zone-names";
export const PLAN_MARKS = "plan-marks";

/** How much a section stands out. */
type Level = 0 | 1 | 2;

/** What is looked at. */
export interface Focus {
  roles: ReadonlyMap<number, Role>;
  block: number | null;
  squad: number | null;
  /** Assistants lie over the sections. */
  isGround: boolean;
  /** Moves that are being tried. */
  moves: readonly Move[];
}

function level(squad: unknown, role: Role | undefined, focus: Focus): Level {
  if (focus.isGround) return 0;
  if (focus.block !== null) return role?.block === focus.block ? 2 : role ? 1 : 0;
  if (focus.squad !== null) return squad === focus.squad || role?.was === focus.squad ? (role ? 2 : 1) : 0;
  if (role) return 2;
  return focus.roles.size > 0 ? 0 : 1;
}

/** What drawing needs of the sections of a plan. */
export function drawnPlan(sections: readonly Feature[], focus: Focus): GeoJSON.Feature[] {
  const moves = new Map(focus.moves.map((move) => [move.section_id, move.squad_id]));
  return sections.flatMap(({ id, geometry, properties }) => {
    if (!geometry) return [];
    const role = focus.roles.get(Number(id));
    const target = moves.get(Number(id));
    const { squad_id: squad } = properties;
    const drawn = target === undefined
      ? { squad_id: squad, was: role?.was ?? null, changes: role !== undefined, level: level(squad, role, focus) }
      : { squad_id: target, was: squad, changes: true, level: 2 };
    return [{ type: "Feature", ...(id === undefined ? {} : { id }), geometry, properties: drawn }];
  });
}

/** Where the middle of the longest section of a set lies. */
function middle(features: readonly Feature[]): GeoJSON.Position | null {
  const longest = features.toSorted((a, b) => Number(b.properties.length_m ?? 0) - Number(a.properties.length_m ?? 0))[0];
  return longest ? anchor(longest.geometry) : null;
}

/** Numbers of the changes, and locks. A number has the id of the first section of its change. */
export function planMarks(sections: readonly Feature[], changes: readonly Change[], locks: readonly Lock[], block: number | null): GeoJSON.Feature[] {
  const byId = new Map(sections.map((section) => [Number(section.id), section]));
  const point = (id: number, at: GeoJSON.Position | null, properties: Record<string, unknown>): GeoJSON.Feature[] =>
    at ? [{ type: "Feature", id, geometry: { type: "Point", coordinates: at }, properties }] : [];
  const numbers = changes.flatMap((change, at) => {
    const own = change.section_ids.flatMap((id) => byId.get(id) ?? []);
    return point(change.section_ids[0] ?? 0, middle(own), { role: "change", number: at + 1, chosen: block === at + 1 });
  });
  const locked = locks.flatMap(([section]) => point(section, anchor(byId.get(section)?.geometry ?? null), { role: "lock" }));
  return [...locked, ...numbers];
}

export function drawnZones(zones: readonly Feature[], look: Look): { areas: GeoJSON.Feature[]; names: GeoJSON.Feature[] } {
  const squads = new Map(look.squads.map((squad) => [squad.id, squad]));
  const named = zones.map((zone) => ({ ...zone, properties: { ...zone.properties, "name:en": squads.get(Number(zone.properties.squad_id))?.nameEn } }));
  return { areas: named.filter((zone) => zone.geometry !== null) as GeoJSON.Feature[], names: anchored(named) as GeoJSON.Feature[] };
}

export function boundsOfAll(features: readonly { geometry: GeoJSON.Geometry | null }[]): [number, number, number, number] | null {
  const boxes = features.map(({ geometry }) => boundsOf(geometry)).filter((bbox) => bbox !== null);
  const [first] = boxes;
  if (!first) return null;
  return boxes.reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])], first);
}

export function planPieces(look: Look): Piece[] {
  const pairs = [...squadColours(look)].flat();
  const colours = palette(look);
  const of = (name: string) => (pairs.length > 0 ? ["match", ["get", name], ...pairs, colours.inkSoft] : colours.inkSoft) as unknown as ExpressionSpecification;
  const byLevel = <T>(muted: T, plain: T, strong: T) => ["match", ["get", "level"], 0, muted, 2, strong, plain] as unknown as ExpressionSpecification;
  const width = (more: number, share = 1): ExpressionSpecification => {
    const at = (pixels: number): ExpressionSpecification => ["+", ["*", byLevel(0.6, 1, 1.75), pixels * share], more];
    return ["interpolate", ["exponential", 1.5], ["zoom"], 11, at(1.8), 14, at(4), 17, at(9)];
  };
  const layout = { "line-cap": "round", "line-join": "round", "line-sort-key": ["+", ["get", "level"], ["case", ["get", "changes"], 3, 0]] as ExpressionSpecification } as const;
  const changes: ExpressionSpecification = ["==", ["get", "changes"], true];
  const strong: ExpressionSpecification = ["all", changes, ["==", ["get", "level"], 2]];
  const shown: ExpressionSpecification = ["all", changes, [">", ["get", "level"], 0], ["!=", ["get", "was"], null]];
  const day = look.light === "light";
  const role = (name: string): ["==", ["get", string], string] => ["==", ["get", "role"], name];
  return [
    { slot: "area", style: { id: "plan-zone", type: "fill", source: PLAN_ZONES, paint: { "fill-color": of("squad_id"), "fill-opacity": day ? 0.1 : 0.1, "fill-antialias": false } } },
    { slot: "edge", style: { id: "plan-zone-edge", type: "line", source: PLAN_ZONES, layout: { "line-join": "round" }, paint: { "line-color": of("squad_id"), "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1, 16, 3], "line-opacity": 0.6 } } },
    { slot: "site", style: { id: "plan-changes", type: "line", source: PLAN, filter: strong, layout, paint: { "line-color": colours.chosen, "line-width": width(3) } } },
    { slot: "site", hit: true, style: { id: "plan", type: "line", source: PLAN, layout, paint: { "line-color": of("squad_id"), "line-width": width(0), "line-opacity": byLevel(day ? 0.4 : 0.45, 1, 1) } } },
    { slot: "site", style: { id: "plan-was", type: "line", source: PLAN, filter: shown, layout: { "line-join": "round" }, paint: { "line-color": of("was"), "line-width": width(0, 0.55), "line-dasharray": [1.6, 1.6] } } },
    {
      slot: "label",
      style: {
        id: "plan-zone-name", type: "symbol", source: PLAN_ZONE_NAMES, minzoom: 10, maxzoom: 15.5,
        layout: { "text-field": nameOf(look), "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 10, 11, 15, 17], "text-letter-spacing": 0.1, "text-max-width": 12, "text-padding": 4, "text-variable-anchor": ["center", "top", "bottom", "left", "right"], "text-radial-offset": 2 },
        paint: { "text-color": of("squad_id"), "text-halo-color": colours.halo, "text-halo-width": 2.2 },
      },
    },
    { slot: "label", style: { id: "plan-lock", type: "symbol", source: PLAN_MARKS, filter: role("lock"), layout: { "icon-image": "lock", "icon-allow-overlap": true } } },
    { slot: "label", hit: true, style: { id: "plan-number", type: "circle", source: PLAN_MARKS, filter: role("change"), paint: { "circle-radius": ["case", ["get", "chosen"], 14, 11], "circle-color": ["case", ["get", "chosen"], colours.chosen, colours.halo], "circle-stroke-width": 2, "circle-stroke-color": colours.chosen } } },
    { slot: "label", style: { id: "plan-number-text", type: "symbol", source: PLAN_MARKS, filter: role("change"), layout: { "text-field": ["to-string", ["get", "number"]], "text-font": FONT, "text-size": 12.5, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": ["case", ["get", "chosen"], colours.halo, colours.chosen] } } },
  ];
}

export function planLegend(look: Look, squads: readonly number[]): LegendEntry[] {
  const colours = squadColours(look);
  return squads.map((id): LegendEntry => {
    const squad = look.squads.find((each) => each.id === id);
    const name = (look.language === "en" ? squad?.nameEn : squad?.name) ?? String(id);
    return { shape: "line", colour: colours.get(id) ?? palette(look).inkSoft, text: name };
  });
}

/** How what changes hands is drawn, by the example of one change. */
export function changeLegend(look: Look, { from_squad_id: from, to_squad_id: to }: Change): LegendEntry {
  const colours = squadColours(look);
  const { inkSoft, chosen } = palette(look);
  return { shape: "change", colour: colours.get(to) ?? inkSoft, inner: colours.get(from ?? 0) ?? inkSoft, edge: chosen, text: words(look).plans.changesHands };
}
