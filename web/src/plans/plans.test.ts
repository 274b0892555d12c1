import { describe, expect, test } from "vitest";
import type { Feature } from "../api/client.ts";
import type { Change, ScoreRow } from "../api/plans.ts";
import type { Squad } from "../layers/layer.ts";
import { NO_WISH, type PlanWish } from "../state/plan-look.ts";
import { evenShare, people } from "./beats.ts";
import { blockOf, kept, neighbours, roles } from "./changes.ts";
import { asked, barEnd, forecast, parts, standing, wishOf } from "./figures.ts";

const squad = (id: number, code: string, strength: number): Squad => ({ id, code, name: code, nameEn: code, strength, hasZone: true, hasStreets: true });
const SQUADS = [squad(3, "XG", 21), squad(4, "YQ", 18)];

function row(id: number, strength: number, patrol: number, shops: number, target: number): ScoreRow {
  const total = patrol + shops;
  return { squad_id: id, strength, sections: 1, km: 1, shops: 1, cases: 1, load_min: { patrol, shops, violations: 0, other: 0, total }, target_min: target, deviation: total / target - 1 };
}

describe("loads", () => {
  const rows = [row(3, 20, 900, 100, 1000), row(4, 20, 950, 50, 1000)];

  test("fewer people are overloaded by as much as the others are relieved", () => {
    expect([...forecast(rows, new Map()).values()]).toEqual([0, 0]);
    const fewer = forecast(rows, new Map([[4, 10]]));
    expect(fewer.get(4)).toBeCloseTo(0.5);
    expect(fewer.get(3)).toBeCloseTo(-0.25);
    // Weighted by their people, deviations cancel out.
    expect(20 * (fewer.get(3) ?? 1) + 10 * (fewer.get(4) ?? 1)).toBeCloseTo(0);
  });

  test("stand within, over or under their band", () => {
    expect([0.02, -0.02, 0.0201, -0.0201, 0.02004].map((deviation) => standing(deviation, 0.02))).toEqual(["within", "within", "over", "under", "within"]);
  });

  test("bars hold every load and the band; parts fill the load without a gap", () => {
    expect(barEnd([0.5, 1.3], 0.02)).toBeGreaterThan(1.3);
    expect(barEnd([0.5], 0.02)).toBeGreaterThan(1.06);
    const found = parts(row(3, 20, 900, 150, 1000));
    expect(found.map(({ part }) => part)).toEqual(["patrol", "shops"]);
    expect(found.at(-1)?.from).toBeCloseTo(0.9);
    expect(found.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1.05);
  });
});

describe("a wish", () => {
  const FULL: PlanWish = { people: [[4, 14]], locks: [[12, 3]], hand: 20, touch: 3, band: 2.5, pace: 50, shop: 1, case: 15, from: "published", whole: true };

  test("is asked as the service wants it, and comes back from what a plan was asked", () => {
    const wish = asked(FULL, SQUADS, "n");
    expect(wish).toEqual({
      name: "n", from: "published", strengths: { YQ: 14 }, locks: [{ section_id: 12, squad_id: 3 }], limits: { max_handover_share: 0.2, max_squads_touched: 3 },
      weights: { patrol_m_per_min: 50, minutes_per_shop: 1, minutes_per_case: 15 }, band: 0.025, groups: "name",
    });
    expect(wishOf(wish, SQUADS)).toEqual(FULL);
  });

  test("says nothing of what is as usual", () => {
    expect(asked(NO_WISH, SQUADS, "n")).toEqual({ name: "n", from: "published", strengths: {} });
    expect(asked({ ...NO_WISH, people: [[4, 18], [99, 1]], hand: 100 }, SQUADS, "n")).toEqual({ name: "n", from: "published", strengths: {} });
    expect(asked({ ...FULL, from: "fresh" }, SQUADS, "n").limits).toBeUndefined();
    expect(wishOf({ from: "rotate" }, SQUADS).from).toBe("rotate");
    expect(wishOf({ from: "given" }, SQUADS)).toEqual(NO_WISH);
    expect(wishOf({}, SQUADS)).toEqual(NO_WISH);
  });
});

describe("changes", () => {
  const change = (from: number | null, to: number, ids: number[]): Change => ({ from_squad_id: from, to_squad_id: to, sections: ids.length, section_ids: ids, streets: [], km: 1, load_min: 1, reason: { kind: "fills", text: "" } });
  const changes = [change(4, 3, [7, 9]), change(null, 4, [1])];

  test("are found by any of their sections, and can be kept from happening", () => {
    expect(roles(changes)).toEqual(new Map([[7, { block: 1, was: 4 }], [9, { block: 1, was: 4 }], [1, { block: 2, was: null }]]));
    expect(blockOf(changes, 9)?.block).toBe(1);
    expect(blockOf(changes, 2)).toBeNull();
    expect(blockOf(changes, null)).toBeNull();
    expect(kept(changes[0] as Change)).toEqual([{ section_id: 7, squad_id: 4 }, { section_id: 9, squad_id: 4 }]);
    expect(kept(changes[1] as Change)).toEqual([]);
  });

  test("a section's neighbours meet it at a junction", () => {
    const line = (id: number, owner: number | null, ...coordinates: number[][]): Feature => ({ type: "Feature", id, properties: { squad_id: owner }, geometry: { type: "LineString", coordinates } });
    const own = line(1, 3, [0, 0], [1, 0]);
    const all = [own, line(2, 4, [1, 0], [2, 0]), line(3, 5, [5, 5], [0, 0]), line(4, 5, [1, 0], [1, 1]), line(5, 6, [9, 9], [8, 8]), line(6, null, [0, 0], [0, 1]), line(7, 3, [0, 0], [0, 2])];
    expect(neighbours(own, all)).toEqual([5, 4]);
  });
});

test("assistants are counted from their stretches, by their own squad", () => {
  const beat = (assistant: number, owner: number, load: number | null): Feature => ({ type: "Feature", geometry: null, properties: { assistant_id: assistant, squad_id: owner, load_min: load } });
  const person = (id: number, code: string, owner: number | null): Feature => ({ type: "Feature", id, geometry: null, properties: { code, squad_id: owner, shift: "早班" } });
  const found = people(
    [person(1, "YQ10", 4), person(2, "YQ2", 4), person(3, "JD1", 7), person(4, "YQ3", 4), person(5, "X", null)],
    [beat(1, 4, 10), beat(1, 4, 20), beat(2, 4, 50), beat(3, 4, null)],
    new Set([3, 4]),
  );
  expect(found.get(4)?.map(({ code, minutes, stretches }) => [code, minutes, stretches])).toEqual([["YQ2", 50, 1], ["YQ10", 30, 2]]);
  expect(found.get(7)?.[0]).toMatchObject({ isOverlay: true, minutes: 0, shift: "早班" });
  expect(evenShare(found.get(4) ?? [])).toBe(40);
  expect(evenShare([])).toBe(0);
});
