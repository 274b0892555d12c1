import { describe, expect, test } from "vitest";
import { bands } from "../modes/bands.ts";
import { REACH } from "./palette.ts";
import { bandColour, northEnd, reachBounds, reachFeatures, tone } from "./reach.ts";

/** A square around a place, as the area of a limit. */
function square(size: number): GeoJSON.Polygon {
  return { type: "Polygon", coordinates: [[[-size, -size], [size, -size], [size, size], [-size, size], [-size, -size]]] };
}

type Given = Parameters<typeof bands>[0]["features"][number];
function pair(metres: number, area: GeoJSON.Polygon | null): Given[] {
  const streets: GeoJSON.MultiLineString = { type: "MultiLineString", coordinates: area ? [[[0, 0], [0, metres / 1e5]]] : [] };
  return (["area", "streets"] as const).map((what) => ({ type: "Feature", geometry: what === "area" ? area : streets, properties: { what, metres, street_m: metres / 2 } }));
}

describe("bands", () => {
  const features = [...pair(600, square(0.006)), ...pair(50, null), ...pair(300, square(0.003))];
  const found = bands({ features }, "metres");

  test("are put together from areas and streets, the nearest first", () => {
    expect(found.map(({ limit, streetM, area, streets }) => [limit, streetM, area !== null, streets !== null])).toEqual([
      [50, 25, false, false],
      [300, 150, true, true],
      [600, 300, true, true],
    ]);
    expect(bands({ features }, "minutes")).toEqual([]);
  });

  test("are drawn with the farthest lowest; what was not reached is not drawn", () => {
    const drawn = reachFeatures({ bands: found, unit: "metres" }, "en");
    expect(drawn.map(({ properties: { role, limit } }) => `${role} ${limit}`)).toEqual(["area 600 m", "streets 600 m", "limit 600 m", "area 300 m", "streets 300 m", "limit 300 m"]);
    expect(northEnd(square(3))?.coordinates[1]).toBe(3);
    expect(northEnd(null)).toBeNull();
  });

  test("are held by the bounds, with the place", () => {
    const asked = { by: "walk", unit: "metres", accessM: 0, onIsland: false } as const;
    expect(reachBounds({ ...asked, from: [0.01, 0], bands: found })).toEqual([-0.006, -0.006, 0.01, 0.006]);
    expect(reachBounds({ ...asked, from: [7, 8], bands: found.slice(0, 1) })).toEqual([7, 8, 7, 8]);
  });
});

describe("the colours of bands", () => {
  const linear = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const luminance = ([r = 0, g = 0, b = 0]: number[]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
  /** What the colour-blind see: Machado, Oliveira and Fernandes 2009, severity 1. */
  const SIGHTS: Record<string, number[][]> = {
    all: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
  };
  const seen = (sight: number[][], colour: number[]) => sight.map((row) => Math.min(1, Math.max(0, row.reduce((sum, share, at) => sum + share * (colour[at] ?? 0), 0))));
  /** CIELAB under D65. */
  const lab = ([r = 0, g = 0, b = 0]: number[]) => {
    const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
    const [x, y, z] = [f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047), f(0.2126 * r + 0.7152 * g + 0.0722 * b), f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883)];
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
  };

  for (const [light, ground] of [["light", "#f7f4ec"], ["dark", "#171e26"]] as const) {
    test(`by ${light} stand out from the ground and are told apart by everybody, lighter and lighter or darker and darker`, () => {
      const colours = REACH[light].map(linear);
      const floor = luminance(linear(ground));
      for (const colour of colours) {
        const own = luminance(colour);
        expect((Math.max(own, floor) + 0.05) / (Math.min(own, floor) + 0.05)).toBeGreaterThan(3);
      }
      for (const [name, sight] of Object.entries(SIGHTS)) {
        const labs = colours.map((colour) => lab(seen(sight, colour)));
        for (const [at, one] of labs.entries()) {
          for (const other of labs.slice(at + 1)) {
            expect(Math.hypot(...one.map((value, axis) => value - (other[axis] ?? 0))), name).toBeGreaterThan(25);
            expect(((other[0] ?? 0) - (one[0] ?? 0)) * (light === "light" ? 1 : -1), name).toBeGreaterThan(2);
          }
        }
      }
    });
  }

  test("are as far apart as their number lets them be", () => {
    for (let of = 2; of <= REACH.light.length; of++) {
      const tones = Array.from({ length: of }, (_, at) => tone(at, of));
      expect(new Set(tones).size).toBe(of);
      expect([tones[0], tones.at(-1)]).toEqual([0, REACH.light.length - 1]);
    }
    expect(REACH.light).toContain(bandColour(0, 1, "light"));
    expect(REACH.dark).toHaveLength(REACH.light.length);
  });
});
