// Building sites, hatched.
import { FONT, type MapLayer, nameOf, nameText, palette } from "./layer.ts";

export const constructionSites: MapLayer = {
  name: "construction-sites",
  source: { limit: 2_000, sources: { "construction-sites": {} } },
  paint(look) {
    const colours = palette(look);
    return [
      {
        slot: "site",
        hit: true,
        style: {
          id: "site",
          type: "fill",
          source: "construction-sites",
          paint: { "fill-pattern": "hatch", "fill-opacity": ["match", ["get", "status"], ["finished", "planned"], 0.45, 0.9] },
        },
      },
      {
        slot: "site",
        style: {
          id: "site-edge",
          type: "line",
          source: "construction-sites",
          paint: { "line-color": colours.site, "line-width": 1.4 },
        },
      },
      {
        slot: "label",
        style: {
          id: "site-name",
          type: "symbol",
          source: "construction-sites",
          minzoom: 14.5,
          layout: { "text-field": nameOf(look), "text-font": FONT, "text-size": 11.5, "text-max-width": 8 },
          paint: { "text-color": colours.site, "text-halo-color": colours.halo, "text-halo-width": 1.4 },
        },
      },
    ];
  },
  legend: (look) => [{ shape: "hatch", colour: palette(look).site, text: "" }],
  popup: { title: (properties, look) => nameText(properties, look) ?? "", order: ["status", "started_on", "ended_on"] },
};
