import { expect, test } from "vitest";
import type { Bbox } from "../api/client.ts";
import { boundsOf, contains, type Loaded, padded, serves, within } from "./bounds.ts";

const VIEW: Bbox = [105.7, 34.5, 105.8, 34.6];
const have = (change: Partial<Loaded>): Loaded => ({ bbox: padded(VIEW), zoom: 13, shown: 10, matched: 10, loading: false, ...change });

test("a window is larger than its view and stays on the globe", () => {
  expect(contains(padded(VIEW), VIEW)).toBe(true);
  expect(padded([-180, -90, 180, 90])).toEqual([-180, -90, 180, 90]);
});

test("what is loaded whole serves every view", () => {
  expect(serves(have({ bbox: null }), [0, 0, 1, 1], 18)).toBe(true);
});

test("a small move asks nothing, a larger one does", () => {
  expect(serves(have({}), [105.71, 34.51, 105.81, 34.61], 13)).toBe(true);
  expect(serves(have({}), [105.75, 34.5, 105.85, 34.6], 13)).toBe(false);
});

test("a window that left something out is asked again nearer, not farther in place", () => {
  const cut = have({ shown: 10, matched: 20 });
  const inner: Bbox = [105.74, 34.54, 105.76, 34.56];
  expect(serves(cut, inner, 13.1)).toBe(true);
  expect(serves(cut, inner, 15)).toBe(false);
  expect(serves(have({}), inner, 15)).toBe(true);
  expect(serves(have({ matched: null }), inner, 15)).toBe(false);
});

test("bounds hold every corner of any geometry", () => {
  expect(boundsOf({ type: "Point", coordinates: [1, 2] })).toEqual([1, 2, 1, 2]);
  expect(boundsOf({ type: "LineString", coordinates: [[1, 9], [3, 2]] })).toEqual([1, 2, 3, 9]);
  expect(boundsOf({ type: "MultiPolygon", coordinates: [[[[0, 0], [4, 0], [4, 5], [0, 0]]], [[[-1, 7], [0, 7], [0, 8], [-1, 7]]]] })).toEqual([-1, 0, 4, 8]);
  expect(boundsOf(null)).toBeNull();
});

test("a place in a hole is outside", () => {
  const ring = (from: number, to: number) => [[from, from], [to, from], [to, to], [from, to], [from, from]];
  const holed: GeoJSON.Polygon = { type: "Polygon", coordinates: [ring(0, 10), ring(4, 6)] };
  expect(within([2, 2], holed)).toBe(true);
  expect(within([5, 5], holed)).toBe(false);
  expect(within([11, 5], holed)).toBe(false);
  expect(within([5, 5], { type: "MultiPolygon", coordinates: [holed.coordinates, [ring(4, 6)]] })).toBe(true);
});
