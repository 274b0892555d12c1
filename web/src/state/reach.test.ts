import { describe, expect, test } from "vitest";
import { choices, farthest, firstReach, isLimit, MOST_LIMITS, OFFERED, readReach, type Reach, toggled, UNITS, writeReach } from "./reach.ts";

/** Choices as a hasty hand makes them: limits pressed in any order, again and again. */
function pressed(unit: Reach["unit"], seed: number): Reach {
  let at = seed;
  let reach = firstReach(unit);
  for (let turn = 0; turn < 40; turn++) {
    at = (at * 1_103_515_245 + 12_345) % 2_147_483_648;
    const limit = turn % 3 === 0 ? (at % (farthest(unit) + 5)) - 2 : (OFFERED[unit][at % OFFERED[unit].length] ?? 1);
    reach = toggled(reach, limit);
  }
  return reach;
}

describe("limits", () => {
  test("are ascending, told apart, few, and never none, whatever is pressed; the address tells them whole", () => {
    for (const unit of UNITS) {
      for (let seed = 1; seed <= 200; seed++) {
        const reach = pressed(unit, seed);
        const { limits } = reach;
        expect(limits.length).toBeGreaterThan(0);
        expect(limits.length).toBeLessThanOrEqual(MOST_LIMITS);
        expect(limits.every((limit, at) => isLimit(unit, limit) && limit > (limits[at - 1] ?? 0))).toBe(true);
        expect(readReach(writeReach(reach))).toEqual(reach);
        for (const limit of limits) expect(choices(reach)).toContain(limit);
      }
    }
  });

  test("a second press takes back the first", () => {
    const first = firstReach("metres");
    expect(toggled(toggled(first, 2_000), 2_000)).toEqual(first);
    const lone: Reach = { unit: "minutes", limits: [7.5] };
    expect(toggled(lone, 7.5)).toEqual(lone);
  });

  test("from an address are put in order, or not taken at all", () => {
    expect(readReach("600,300,600m")).toEqual({ unit: "metres", limits: [300, 600] });
    expect(readReach("2.5,10min")).toEqual({ unit: "minutes", limits: [2.5, 10] });
    const bad = [null, "", "m", "300", "300,m", "0m", "-5m", "300.5m", "1e3m", "NaNm", "20001m", "121min", "1.25min", "1..2min", "1,2,3,4,5,6m", "300km", "300m,5min"];
    for (const text of bad) expect(readReach(text), String(text)).toBeNull();
  });
});
