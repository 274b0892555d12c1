import { describe, expect, test } from "vitest";
import { NO_LOOK } from "./plan-look.ts";
import { DEFAULT, FIRST_HOT, preferredLanguage, read, type State, write } from "./address.ts";

const FULL: State = {
  view: { zoom: 14.25, centre: [105.72123, 34.58123] },
  layers: ["violations", "shops"],
  language: "en",
  theme: "dark",
  here: [105.7, 34.5],
  feature: { layer: "squad-zones", id: 12 },
  by: "bicycle",
  kinds: ["bicycle", "motor"],
  onlyRoom: true,
  hot: { method: "excess", category: "mobile-vendor", from: "2026-01-01", to: null, hours: "22-5", weekdays: "6-7" },
  plan: 3,
  plans: { ...NO_LOOK, squad: 4, wish: { ...NO_LOOK.wish, people: [[4, 14]] } },
  openNow: true,
  reach: { unit: "minutes", limits: [2.5, 10] },
};

describe("the address", () => {
  test("tells the state whole, and back", () => {
    expect(read(write(FULL, DEFAULT), DEFAULT)).toEqual(FULL);
    expect(read(`#${write(DEFAULT, DEFAULT)}`, DEFAULT)).toEqual(DEFAULT);
    const none: State = { ...FULL, layers: [], feature: null, here: null, kinds: [], onlyRoom: false, openNow: false, hot: null, plan: null, reach: null };
    expect(read(write(none, DEFAULT), DEFAULT)).toEqual(none);
  });

  test("leaves out what is as always", () => {
    expect(write(DEFAULT, DEFAULT)).toBe("");
    expect(write({ ...DEFAULT, view: FULL.view }, DEFAULT)).toBe("at=14.25/34.58123/105.72123");
  });

  test("from anywhere does no harm", () => {
    const bad = [
      "at=NaN/1/2", "at=14/95/200", "at=99/1/1", "at=14/1", "at=//", "at=1e9/1e9/1e9", "here=1", "here=91/181", "theme=pink",
      "lang=fr", "feature=../../x/1", "feature=shops/-1", "feature=shops/1e3", "by=boat", "kind=horse", "kind=bicycle,motor,motorcycle", "room=1", "open=1", "reach=0m", "reach=5", "%%%", "&&==&",
    ];
    for (const text of bad) expect(read(text, DEFAULT), text).toEqual(DEFAULT);
    const usual = FIRST_HOT;
    for (const text of ["hot=", "hot=ranking////25-3/8", "hot=magic/<b>/yesterday/1e9", "hot=ranking////"]) expect(read(text, DEFAULT).hot, text).toEqual(usual);
    expect(read("layers=shops,<b>,violations", DEFAULT).layers).toEqual(["shops", "violations"]);
    expect(read("kind=motor,horse,bicycle,motor", DEFAULT).kinds).toEqual(["bicycle", "motor"]);
  });
});

test("the language is the first that the page knows; else English", () => {
  expect(preferredLanguage(["zh-TW", "en"])).toBe("zh-CN");
  expect(preferredLanguage(["fr", "en-GB", "zh"])).toBe("en");
  expect(preferredLanguage(["fr"])).toBe("en");
  expect(preferredLanguage([])).toBe("zh-CN");
});
