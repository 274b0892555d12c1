// Where the squads have their stations.
import { FONT, type MapLayer, nameOf, nameText, palette, text } from "./layer.ts";

export const squads: MapLayer = {
  name: "squads",
  source: { limit: 500, sources: { squads: {} } },
  paint(look) {
    const colours = palette(look);
    return [
      {
        slot: "mark",
        hit: true,
        style: {
          id: "station",
          type: "symbol",
          source: "squads",
          layout: {
            "icon-image": "station",
            "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.6, 16, 1],
            "icon-allow-overlap": true,
            "text-field": nameOf(look),
            "text-font": FONT,
            "text-size": 12.5,
            "text-anchor": "top",
            "text-offset": [0, 0.9],
            "text-optional": true,
          },
          paint: { "text-color": colours.station, "text-halo-color": colours.halo, "text-halo-width": 1.6 },
        },
      },
    ];
  },
  legend: (look) => [{ shape: "square", colour: palette(look).station, edge: palette(look).edge, text: "" }],
  popup: { title: (properties, look) => nameText(properties, look) ?? text(properties, "code") ?? "", order: ["code", "kind", "status", "strength"] },
};
