// Places where vending is allowed, in their season.
import { FONT, type MapLayer, nameOf, nameText, palette } from "./layer.ts";

export const vendingSites: MapLayer = {
  name: "vending-sites",
  source: { limit: 2_000, sources: { "vending-sites": {} } },
  paint(look) {
    const colours = palette(look);
    return [
      {
        slot: "site",
        hit: true,
        style: {
          id: "vending-area",
          type: "fill",
          source: "vending-sites",
          filter: ["==", ["geometry-type"], "Polygon"],
          paint: { "fill-color": colours.vending, "fill-opacity": 0.35, "fill-outline-color": colours.vending },
        },
      },
      {
        slot: "mark",
        hit: true,
        style: {
          id: "vending",
          type: "symbol",
          source: "vending-sites",
          minzoom: 13,
          layout: {
            "icon-image": "vending",
            "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.35, 14, 0.8, 18, 1.1],
            "icon-allow-overlap": true,
            "text-field": ["step", ["zoom"], "", 14.5, nameOf(look)],
            "text-font": FONT,
            "text-size": 11.5,
            "text-anchor": "top",
            "text-offset": [0, 1.1],
            "text-optional": true,
          },
          paint: { "text-color": colours.vending, "text-halo-color": colours.halo, "text-halo-width": 1.4 },
        },
      },
    ];
  },
  legend: (look) => [{ shape: "diamond", colour: palette(look).vending, edge: palette(look).edge, text: "" }],
  popup: { title: (properties, look) => nameText(properties, look) ?? "", order: ["season_from", "season_to", "stalls", "purpose"] },
};
