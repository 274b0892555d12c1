// Shops that signed the agreement to keep their front; persistent offenders have a ring.
import type { ExpressionSpecification } from "maplibre-gl";
import { FONT, type MapLayer, nameOf, nameText, palette } from "./layer.ts";

const OFFENDER: ExpressionSpecification = ["==", ["get", "persistent_offender"], true];

export const shops: MapLayer = {
  name: "shops",
  source: { limit: 4_000, sources: { shops: {} } },
  paint(look) {
    const colours = palette(look);
    return [
      {
        slot: "mark-low",
        hit: true,
        style: {
          id: "shop",
          type: "circle",
          source: "shops",
          paint: {
            "circle-color": colours.shop,
            "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 1.4, 15, 3.4, 18, 6],
            "circle-stroke-color": ["case", OFFENDER, colours.offender, colours.edge],
            "circle-stroke-width": ["case", OFFENDER, 2, 0.8],
          },
        },
      },
      {
        slot: "label",
        style: {
          id: "shop-name",
          type: "symbol",
          source: "shops",
          minzoom: 16.5,
          layout: { "text-field": nameOf(look), "text-font": FONT, "text-size": 11, "text-anchor": "top", "text-offset": [0, 0.6], "text-optional": true, "text-max-width": 8 },
          paint: { "text-color": colours.inkSoft, "text-halo-color": colours.halo, "text-halo-width": 1.2 },
        },
      },
    ];
  },
  legend(look) {
    const colours = palette(look);
    const offender = look.language === "en" ? "persistent offender" : "屡教不改";
    const signed = look.language === "en" ? "with an agreement" : "已签门前三包";
    return [
      { shape: "dot", colour: colours.shop, edge: colours.edge, text: signed },
      { shape: "ring", colour: colours.shop, edge: colours.offender, text: offender },
    ];
  },
  popup: { title: (properties, look) => nameText(properties, look) ?? "", order: ["agreement_signed_on", "persistent_offender", "section_id"] },
};
