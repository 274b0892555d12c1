// The bureau's area: the paper on which all else is drawn.
import { FONT, type MapLayer, nameOf, nameText, palette, text } from "./layer.ts";

export const jurisdictions: MapLayer = {
  name: "jurisdictions",
  source: { limit: 500, sources: { jurisdictions: {} } },
  paint(look) {
    const colours = palette(look);
    return [
      {
        slot: "ground",
        style: { id: "jurisdiction", type: "fill", source: "jurisdictions", paint: { "fill-color": colours.district, "fill-antialias": false } },
      },
      {
        slot: "edge",
        style: {
          id: "jurisdiction-edge",
          type: "line",
          source: "jurisdictions",
          layout: { "line-join": "round" },
          paint: {
            "line-color": colours.districtEdge,
            "line-width": ["interpolate", ["linear"], ["zoom"], 10, 1.2, 16, 2.6],
            "line-dasharray": [4, 2, 1, 2],
          },
        },
      },
      {
        slot: "name",
        style: {
          id: "jurisdiction-name",
          type: "symbol",
          source: "jurisdictions",
          maxzoom: 10.8,
          layout: { "text-field": nameOf(look), "text-font": FONT, "text-size": 15, "text-letter-spacing": 0.15 },
          paint: { "text-color": colours.ink, "text-halo-color": colours.halo, "text-halo-width": 1.5 },
        },
      },
    ];
  },
  legend: (look) => [{ shape: "dash", colour: palette(look).districtEdge, text: "" }],
  popup: { title: (properties, look) => nameText(properties, look) ?? text(properties, "code") ?? "", order: ["code", "parent_code"] },
};
