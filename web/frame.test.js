import assert from "node:assert/strict";
import { test } from "node:test";
import { frame, paths } from "./frame.js";

test("a place goes to a pixel and back", () => {
  const view = frame([105.69, 34.56, 105.76, 34.6], 800, 600);
  for (const place of [[105.7, 34.57], [105.76, 34.6], [105.69, 34.56]]) {
    const back = view.toPlace(view.toPixel(place));
    assert.ok(Math.hypot(back[0] - place[0], back[1] - place[1]) < 1e-9);
    const [x, y] = view.toPixel(place);
    assert.ok(x >= 23 && x <= 777 && y >= 23 && y <= 577, `${x} ${y}`);
  }
});

test("a single point does not divide by nothing", () => {
  const [x, y] = frame([1, 2, 1, 2], 100, 100).toPixel([1, 2]);
  assert.deepEqual([x, y], [50, 50]);
});

test("every geometry has its paths", () => {
  const ring = [[0, 0], [1, 0], [1, 1], [0, 0]];
  assert.equal(paths({ type: "Point", coordinates: [1, 2] }).length, 1);
  assert.equal(paths({ type: "Polygon", coordinates: [ring, ring] }).length, 2);
  assert.equal(paths({ type: "MultiPolygon", coordinates: [[ring], [ring, ring]] }).length, 3);
  assert.deepEqual(paths(null), []);
});
