import { expect, test } from "vitest";
import { anchor, anchored } from "./anchor.ts";
import { within } from "./bounds.ts";

test("the anchor of an area lies in it, whatever its shape", () => {
  const t: GeoJSON.Polygon = { type: "Polygon", coordinates: [[[0, 8], [20, 8], [20, 10], [12, 10], [12, 8.500], [8, 8.500], [8, 0], [6, 0], [6, 8.200], [0, 8.200], [0, 8]]] };
  const holed: GeoJSON.Polygon = { type: "Polygon", coordinates: [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], [[1, 1], [9, 1], [9, 9], [1, 9], [1, 1]]] };
  const two: GeoJSON.MultiPolygon = { type: "MultiPolygon", coordinates: [[[[0, 0], [1, 0], [1, 1], [0, 0]]], [[[5, 5], [9, 5], [9, 9], [5, 9], [5, 5]]]] };
  for (const area of [t, holed, two]) {
    const [lon = Number.NaN, lat = Number.NaN] = anchor(area) ?? [];
    expect(within([lon, lat], area), area.type).toBe(true);
  }
});

test("what has no place has no anchor", () => {
  expect(anchor(null)).toBeNull();
  const feature = { type: "Feature" as const, id: 1, properties: {}, geometry: null };
  expect(anchored([feature, { ...feature, id: 2, geometry: { type: "LineString", coordinates: [[0, 0], [1, 1], [2, 0]] } }])).toEqual([
    { ...feature, id: 2, geometry: { type: "Point", coordinates: [1, 1] } },
  ]);
});
