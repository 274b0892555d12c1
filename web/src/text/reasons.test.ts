import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reasonText } from "./reasons.ts";

test("reasons are told in Chinese; what is not known as it stands", () => {
  for (const reason of ["there are no streets to ride on", "no street lies within 50 km of it", "the place is 812.5 m from the nearest street, farther than max_snap_m"]) {
    expect(reasonText(reason, "zh-CN")).toMatch(/街道/);
    expect(reasonText(reason, "en")).toBe(reason);
  }
  expect(reasonText("the bridge is up", "zh-CN")).toBe("the bridge is up");
});

test("these are the reasons that the service gives", () => {
  const source = readFileSync(join(import.meta.dirname, "../../../src/app/nearest/along.rs"), "utf8");
  for (const part of ["there are no streets to {} on", "m from the nearest street, farther than max_snap_m", "no street lies within 50 km of it"]) {
    expect(source).toContain(part);
  }
});
