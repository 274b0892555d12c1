// Streets: the class gives the width, the grade of control the colour; names run along them.
import type { ExpressionSpecification } from "maplibre-gl";
import { valueWord } from "../text/dictionary.ts";
import { FONT, type MapLayer, nameOf, nameText, palette, text } from "./layer.ts";

/** Width relative to the widest, by class; what is not named is a minor street. */
const WIDTHS: ExpressionSpecification = [
  "match", ["get", "class"],
  ["motorway", "trunk"], 1.15,
  "primary", 1,
  "secondary", 0.82,
  "tertiary", 0.66,
  ["unclassified", "residential", "living_street", "pedestrian"], 0.48,
  ["service", "track"], 0.32,
  0.42,
] as unknown as ExpressionSpecification;

const IS_PATH: ExpressionSpecification = ["in", ["get", "class"], ["literal", ["footway", "path", "steps", "cycleway", "bridleway", "track"]]];
const IS_STREET: ExpressionSpecification = ["!", IS_PATH];

/** Pixels at a zoom, for the widest street. */
function width(more: number): ExpressionSpecification {
  const at = (pixels: number): ExpressionSpecification => ["+", ["*", WIDTHS, pixels], more];
  return ["interpolate", ["exponential", 1.6], ["zoom"], 11, at(1.6), 13, at(4), 15, at(10), 17, at(24), 20, at(90)];
}

const ORDER: ExpressionSpecification = [
  "match", ["get", "class"], ["motorway", "trunk", "primary"], 4, "secondary", 3, "tertiary", 2, 1,
] as unknown as ExpressionSpecification;

export const roadSections: MapLayer = {
  name: "road-sections",
  source: { limit: 6_000, sources: { "road-sections": { tolerance: 0.2 } } },
  paint(look) {
    const colours = palette(look);
    const grade: ExpressionSpecification | string = look.quietStreets ? colours.roadGeneral : [
      "match", ["coalesce", ["get", "grade"], "general"], "strict", colours.roadStrict, "controlled", colours.roadControlled, colours.roadGeneral,
    ];
    return [
      {
        slot: "casing",
        style: {
          id: "road-casing",
          type: "line",
          source: "road-sections",
          filter: IS_STREET,
          layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ORDER },
          paint: {
            "line-color": colours.roadCasing,
            "line-width": width(look.light === "light" ? 1.6 : 2),
            "line-opacity": ["interpolate", ["linear"], ["zoom"], 11, 0.5, 13, 1],
          },
        },
      },
      {
        slot: "road",
        hit: true,
        style: {
          id: "road",
          type: "line",
          source: "road-sections",
          filter: IS_STREET,
          layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ORDER },
          paint: { "line-color": grade, "line-width": width(0) },
        },
      },
      {
        slot: "road",
        hit: true,
        style: {
          id: "path",
          type: "line",
          source: "road-sections",
          minzoom: 13,
          filter: IS_PATH,
          layout: { "line-join": "round" },
          paint: { "line-color": colours.path, "line-width": ["interpolate", ["linear"], ["zoom"], 13, 0.8, 17, 2.2], "line-dasharray": [2, 1.4] },
        },
      },
      {
        slot: "name",
        style: {
          id: "road-name",
          type: "symbol",
          source: "road-sections",
          minzoom: 12.5,
          filter: ["has", "name"],
          layout: {
            "symbol-placement": "line",
            "symbol-sort-key": ["-", 5, ORDER],
            "symbol-spacing": 320,
            "text-field": nameOf(look),
            "text-font": FONT,
            "text-size": ["interpolate", ["linear"], ["zoom"], 12.5, ["*", 10, ["+", 0.8, ["*", 0.3, WIDTHS]]], 17, ["*", 15, ["+", 0.75, ["*", 0.3, WIDTHS]]]],
            "text-letter-spacing": 0.08,
            "text-max-angle": 35,
            "text-padding": 3,
          },
          paint: { "text-color": colours.inkSoft, "text-halo-color": colours.halo, "text-halo-width": 1.4 },
        },
      },
    ];
  },
  legend(look) {
    const colours = palette(look);
    const entry = (grade: string, colour: string) => ({
      shape: "line" as const,
      colour,
      edge: colours.roadCasing,
      text: valueWord("grade", grade, look.language),
    });
    return [entry("strict", colours.roadStrict), entry("controlled", colours.roadControlled), entry("general", colours.roadGeneral)];
  },
  popup: {
    title: (properties, look) => nameText(properties, look) ?? valueWord("class", text(properties, "class") ?? "", look.language),
    order: ["class", "grade", "squad_id", "length_m", "shops", "oneway", "oneway_bicycle", "foot", "bicycle", "motor", "workload_min"],
  },
};
