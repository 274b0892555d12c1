import { expect, test } from "vitest";
import type { Card } from "../modes/card.ts";
import type { Found, Nearest } from "../modes/here.ts";
import { answerFeatures, mainOf } from "./answer.ts";

function found(id: number, distanceM: number | null): Found {
  const feature = { type: "Feature" as const, id, geometry: { type: "Point" as const, coordinates: [id, id] }, properties: {} };
  const way: GeoJSON.LineString | null = distanceM === null || id === 3 ? null : { type: "LineString", coordinates: [[0, 0], [id, id]] };
  return { feature, rank: id, distanceM, durationS: null, reason: distanceM === null ? "no street lies within 50 km of it" : null, way };
}

const answer: Nearest = { from: [0, 0], refused: null, found: [found(1, 10), found(2, 20), found(3, 30), found(4, null)] };
const opened = (layer: Card["layer"], id: number): Card => ({ layer, id, feature: null, trouble: null });

test("the nearest stands out, or the point whose card is open", () => {
  expect(mainOf(answer, null)?.rank).toBe(1);
  expect(mainOf(answer, opened("parking-points", 3))?.rank).toBe(3);
  expect(mainOf(answer, opened("parking-points", 99))?.rank).toBe(1);
  expect(mainOf(answer, opened("shops", 3))?.rank).toBe(1);
  expect(mainOf({ ...answer, found: [] }, null)).toBeUndefined();
});

test("ways of all ranks are drawn, the one that stands out on top; what cannot be reached has no line", () => {
  const drawn = answerFeatures(answer, [0, 0], opened("parking-points", 2));
  expect(drawn.filter(({ properties }) => properties.role !== "found" && properties.role !== "here").map(({ properties: { role, rank, main } }) => [role, rank, main])).toEqual([
    ["straight", 3, false],
    ["way", 1, false],
    ["way", 2, true],
  ]);
  const points = drawn.filter(({ properties }) => properties.role === "found");
  expect(points.map(({ properties: { rank, reached } }) => [rank, reached])).toEqual([[4, false], [3, true], [1, true], [2, true]]);
});
