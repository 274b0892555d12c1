// A plan on the map: every section in the colour of its squad; what changes hands has a dark edge and is wider.
import type { ExpressionSpecification } from "maplibre-gl";
import type { Feature } from "../api/client.ts";
import { type LegendEntry, type Look, palette, type Piece, squadColours, words } from "./layer.ts";

export const PLAN = "plan";

/** What drawing needs of the sections of a plan. */
export function drawnPlan(features: readonly Feature[]): GeoJSON.Feature[] {
  return features.flatMap(({ id, geometry, properties }) => {
    if (!geometry) return [];
    const { squad_id, changes, name } = properties;
    return [{ type: "Feature", ...(id === undefined ? {} : { id }), geometry, properties: { squad_id, changes, name } }];
  });
}

export function planPieces(look: Look): Piece[] {
  const pairs = [...squadColours(look)].flat();
  const other = palette(look).inkSoft;
  const colour = (pairs.length > 0 ? ["match", ["get", "squad_id"], ...pairs, other] : other) as unknown as ExpressionSpecification;
  const changes: ExpressionSpecification = ["==", ["get", "changes"], true];
  const width = (more: number): ExpressionSpecification => {
    const at = (pixels: number): ExpressionSpecification => ["+", ["case", changes, pixels * 1.7, pixels], more];
    return ["interpolate", ["exponential", 1.5], ["zoom"], 11, at(1.8), 14, at(4), 17, at(9)];
  };
  const layout = { "line-cap": "round", "line-join": "round", "line-sort-key": ["case", changes, 2, 1] as ExpressionSpecification } as const;
  const edge = palette(look).chosen;
  return [
    { slot: "site", style: { id: "plan-changes", type: "line", source: PLAN, filter: changes, layout, paint: { "line-color": edge, "line-width": width(3) } } },
    { slot: "site", hit: true, style: { id: "plan", type: "line", source: PLAN, layout, paint: { "line-color": colour, "line-width": width(0) } } },
  ];
}

export function planLegend(look: Look, squads: readonly number[], hasChanges: boolean): LegendEntry[] {
  const colours = squadColours(look);
  const named = squads.map((id): LegendEntry => {
    const squad = look.squads.find((each) => each.id === id);
    const name = (look.language === "en" ? squad?.nameEn : squad?.name) ?? String(id);
    return { shape: "line", colour: colours.get(id) ?? palette(look).inkSoft, text: name };
  });
  if (hasChanges) named.push({ shape: "line", colour: palette(look).roadGeneral, edge: palette(look).chosen, text: words(look).plans.changesHands });
  return named;
}
