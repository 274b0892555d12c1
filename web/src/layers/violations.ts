// Recorded cases: bubbles with their number from afar, points by category near, areas as they were measured.
import type { ExpressionSpecification } from "maplibre-gl";
import type { Feature } from "../api/client.ts";
import { categoryName } from "../text/names.ts";
import { anchored } from "../map/anchor.ts";
import { FONT, type MapLayer, palette, text, words } from "./layer.ts";

/** Okabe and Ito's colours, a little calmer; the rest of the categories share one. */
const CATEGORIES: Record<string, string> = {
  "shopfront-overflow": "#d2601a",
  "street-encroachment": "#e3a02b",
  "mobile-vendor": "#c4709f",
  "bicycle-parking": "#1a9b78",
  "motor-parking": "#2b7bba",
  "small-ads": "#7d6cb8",
  "illegal-construction": "#6f3f2a",
};
const REST = "#7c858f";

const COLOUR = ["match", ["get", "category"], ...Object.entries(CATEGORIES).flat(), REST] as unknown as ExpressionSpecification;
const POINT: ExpressionSpecification = ["!", ["has", "point_count"]];

/** Cases are bubbles below this zoom. */
export const BUBBLES_BELOW = 15;

function divide(features: Feature[]): Record<string, Feature[]> {
  const areas = features.filter((feature) => feature.geometry && feature.geometry.type !== "Point");
  return { violations: anchored(features), "violation-areas": areas };
}

export const violations: MapLayer = {
  name: "violations",
  source: {
    limit: 5_000,
    sortby: "-occurred_at",
    properties: "category,occurred_at,status",
    sources: {
      violations: { cluster: true, clusterRadius: 46, clusterMaxZoom: BUBBLES_BELOW - 1, clusterMinPoints: 3 },
      "violation-areas": {},
    },
    divide,
  },
  paint(look) {
    const colours = palette(look);
    return [
      {
        slot: "site",
        hit: true,
        style: {
          id: "violation-area",
          type: "fill",
          source: "violation-areas",
          minzoom: 14,
          paint: { "fill-color": COLOUR, "fill-opacity": 0.45 },
        },
      },
      {
        slot: "mark-low",
        hit: true,
        style: {
          id: "violation",
          type: "circle",
          source: "violations",
          filter: POINT,
          paint: {
            "circle-color": COLOUR,
            "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 2, 15, 3.2, 18, 7],
            "circle-stroke-color": colours.edge,
            "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 13, 0.4, 17, 1.2],
            "circle-opacity": 0.92,
          },
        },
      },
      {
        slot: "mark-low",
        hit: true,
        style: {
          id: "violation-bubble",
          type: "circle",
          source: "violations",
          filter: ["has", "point_count"],
          paint: {
            "circle-color": colours.cluster,
            "circle-opacity": ["interpolate", ["linear"], ["get", "point_count"], 3, 0.55, 200, 0.78],
            "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "point_count"]], 1.7, 7, 6, 10, 14, 14, 24, 19, 60, 26],
            "circle-stroke-color": colours.cluster,
            "circle-stroke-opacity": 0.22,
            "circle-stroke-width": 3,
          },
        },
      },
      {
        // Names make room for the numbers.
        slot: "label",
        style: {
          id: "violation-bubble-number",
          type: "symbol",
          source: "violations",
          filter: ["has", "point_count"],
          layout: {
            "text-field": ["get", "point_count_abbreviated"],
            "text-font": FONT,
            "text-size": ["interpolate", ["linear"], ["get", "point_count"], 3, 10.5, 200, 13],
            "text-allow-overlap": true,
          },
          paint: { "text-color": colours.clusterText },
        },
      },
    ];
  },
  legend(look) {
    const colours = palette(look);
    const named = Object.entries(CATEGORIES).map(([slug, colour]) => ({
      shape: "dot" as const,
      colour,
      edge: colours.edge,
      text: categoryName(slug, look.language),
    }));
    return [
      { shape: "bubble", colour: colours.cluster, text: words(look).clusters },
      ...named,
      { shape: "dot", colour: REST, edge: colours.edge, text: categoryName("other", look.language) },
    ];
  },
  popup: {
    title: (properties, look) => categoryName(text(properties, "category") ?? "other", look.language),
    order: ["occurred_at", "status", "source", "squad_id", "section_id", "side", "snap_m", "area_m2", "description", "accuracy_m"],
  },
};
