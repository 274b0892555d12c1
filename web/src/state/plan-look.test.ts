import { describe, expect, test } from "vitest";
import { locked, NO_LOOK, outwards, type PlanLook, readLook, writeLook } from "./plan-look.ts";

const FULL: PlanLook = {
  against: 2, all: true, change: 153, squad: 4, assistant: 58, target: 3,
  wish: { people: [[4, 14], [3, 20]], locks: [[12, 3], [15, 4]], hand: 20, touch: 3, band: 2.5, pace: 50, shop: 0.5, case: 0, from: "rotate", whole: true },
};
const read = (text: string) => readLook(new URLSearchParams(text));

describe("how plans are looked at", () => {
  test("is told whole by the address, and back", () => {
    expect(read(writeLook(FULL).join("&"))).toEqual(FULL);
    expect(read("show=changes").all).toBe(false);
    expect(writeLook(NO_LOOK)).toEqual([]);
    expect(read("")).toEqual(NO_LOOK);
  });

  test("from anywhere does no harm", () => {
    const bad = [
      "against=-1&change=x&squad=0&assistant=1e3&to=__proto__", "show=<b>", "show=__proto__", "show=toString", "people=4:0,4:1000,x:1,4", "locks=1:2:3,0:1,1:0,:,a:b",
      "wish=hand:101,hand:-1,touch:1,band:0,pace:9,pace:1e2,shop:NaN,case:,freshest,published", "wish=,,:::", "people=&locks=&wish=",
    ];
    for (const text of bad) expect(read(text), text).toEqual(NO_LOOK);
    expect(read(`locks=${Array.from({ length: 5000 }, (_, at) => `${at + 1}:1`).join(",")}`).wish.locks.length).toBeLessThanOrEqual(200);
  });

  test("a section has one lock at most", () => {
    expect(locked([[12, 3], [15, 4]], 12, 5)).toEqual([[15, 4], [12, 5]]);
    expect(locked([[12, 3], [15, 4]], 12, null)).toEqual([[15, 4]]);
    expect(locked([], 12, null)).toEqual([]);
    expect(read("locks=12:3,12:5").wish.locks).toEqual([[12, 5]]);
  });

  test("Escape takes one thing away at a time, and ends; the wish stays", () => {
    let at = { look: FULL, section: true, plan: 7 as number | "list" | null };
    const seen: string[] = [];
    while (at.plan !== null) {
      const next = outwards(at.plan, at.look, at.section);
      expect(next.look.wish).toEqual(FULL.wish);
      seen.push(JSON.stringify(next));
      at = next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(7);
  });
});
