import { expect, test } from "vitest";
import { DICTIONARY } from "./dictionary.ts";
import { declarations, metres, valueText } from "./names.ts";

test("metres are told as one says them", () => {
  expect(metres(0, "en")).toBe("0 m");
  expect(metres(999.4, "en")).toBe("999 m");
  expect(metres(999.6, "en")).toBe("1 km");
  expect(metres(1_240, "zh-CN")).toBe("1.2 km");
  expect(metres(12_400, "en")).toBe("12 km");
});

test("values are told in the language of the page, unknown ones as they stand", () => {
  declarations.value = {
    violations: { category: { "x-titles": { noise: { en: "Noise", zh: "商业噪音" } } }, area_m2: { "x-ogc-unit": "m2" } },
  };
  const told = (property: string, value: unknown) => (["en", "zh-CN"] as const).map((language) => valueText("violations", property, value, language));
  expect(told("category", "noise")).toEqual(["Noise", "商业噪音"]);
  expect(told("status", "closed")).toEqual(["closed", "已结案"]);
  expect(told("status", "lost")).toEqual(["lost", "lost"]);
  expect(told("area_m2", 1234.56)).toEqual(["1,234.6 m²", "1,234.6 m²"]);
  expect(told("flags", ["no-section", "x"])).toEqual(["no street near · x", "无邻近路段 · x"]);
  expect(told("description", null)).toEqual(["—", "—"]);
  expect(told("started_on", "2026-03-01")).toEqual(["Mar 1, 2026", "2026年3月1日"]);
  expect(told("description", "<b>")).toEqual(["<b>", "<b>"]);
});

test("no text is missing in either language", () => {
  for (const words of Object.values(DICTIONARY)) {
    for (const [name, value] of Object.entries(words)) {
      const text = typeof value === "function" ? (value as (...given: string[]) => string)("7", "9") : value;
      expect(text.trim(), name).not.toBe("");
      if (typeof value === "function") expect(text, name).toContain("7");
    }
  }
});
