// Parking points: shape and colour by kind, the number of free places on them; full ones are grey.
import type { ExpressionSpecification } from "maplibre-gl";
import { valueWord } from "../text/dictionary.ts";
import { FONT, type MapLayer, nameText, palette, text, words } from "./layer.ts";

const ROOM: ExpressionSpecification = ["-", ["get", "capacity"], ["coalesce", ["get", "occupied"], 0]];
const KNOWN: ExpressionSpecification = ["all", ["has", "capacity"], ["has", "occupied"]];
const FULL: ExpressionSpecification = ["all", KNOWN, ["<=", ROOM, 0]];

/** Names of the marks that `marks.ts` draws. */
const MARK: ExpressionSpecification = ["concat", "parking-", ["get", "kind"], ["case", FULL, "-full", ""]];

export const parkingPoints: MapLayer = {
  name: "parking-points",
  source: { limit: 4_000, sources: { "parking-points": {} } },
  paint(look) {
    const colours = palette(look);
    const kind: ExpressionSpecification = [
      "match", ["get", "kind"], "bicycle", colours.bicycle, "motor", colours.motor, "motorcycle", colours.motorcycle, colours.full,
    ];
    return [
      {
        slot: "site",
        hit: true,
        style: {
          id: "parking-area",
          type: "fill",
          source: "parking-points",
          minzoom: 14,
          filter: ["==", ["geometry-type"], "Polygon"],
          paint: { "fill-color": kind, "fill-opacity": 0.25, "fill-outline-color": kind },
        },
      },
      {
        slot: "mark",
        hit: true,
        style: {
          id: "parking",
          type: "symbol",
          source: "parking-points",
          layout: {
            "icon-image": MARK,
            "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.32, 13, 0.55, 15, 0.9, 18, 1.15],
            "icon-allow-overlap": true,
            "text-field": ["step", ["zoom"], "", 14, ["case", KNOWN, ["to-string", ["max", 0, ROOM]], ""]],
            "text-font": FONT,
            "text-size": ["interpolate", ["linear"], ["zoom"], 14, 10, 18, 14],
            "text-allow-overlap": true,
            "text-ignore-placement": true,
          },
          paint: { "text-color": colours.onMark },
        },
      },
    ];
  },
  legend(look) {
    const colours = palette(look);
    const of = (kind: string) => valueWord("kind", kind, look.language);
    return [
      { shape: "dot", colour: colours.bicycle, edge: colours.edge, text: of("bicycle") },
      { shape: "square", colour: colours.motor, edge: colours.edge, text: of("motor") },
      { shape: "diamond", colour: colours.motorcycle, edge: colours.edge, text: of("motorcycle") },
      { shape: "dot", colour: colours.full, edge: colours.edge, text: words(look).full },
    ];
  },
  popup: {
    title: (properties, look) => nameText(properties, look) ?? valueWord("kind", text(properties, "kind") ?? "", look.language),
    order: ["kind", "capacity", "occupied", "access", "opening_hours"],
  },
};
