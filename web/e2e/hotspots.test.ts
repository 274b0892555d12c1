// Hotspots in a real browser: what is asked for is drawn, listed, judged and told in time; it stands in the address.
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { Driver, type Opened, openBrowser, PHONE, until } from "./driver.ts";

let browser: Browser;
let driver: Driver;

async function open(how: Opened = {}): Promise<Driver> {
  driver = await Driver.open(browser, inject("base"), how);
  return driver;
}

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => browser.close());
afterEach(() => driver.leave());

test("a press on the button ranks the streets, with the back-test and the hours beside them", async () => {
  await open({ locale: "en-GB" });
  await driver.press("#hotspots");
  await until("streets", () => driver.text("#hot-streets .found"));
  await driver.ready();
  expect(driver.address().get("hot")).toBe("ranking");
  expect(await driver.texts("#hot-streets li")).toHaveLength(10);
  expect(await driver.text("#hot-legend")).toContain("top 1 %");
  expect(await driver.text("#backtest")).toContain("Plain counts");
  expect(await driver.texts("#backtest .winner")).toHaveLength(1);
  expect(await driver.text("#week figcaption")).toMatch(/most .+ \d+:00/);
  expect((await driver.texts("#week rect.heat")).length).toBe(7 * 24);
  expect((await driver.texts("#months .bar")).length).toBeGreaterThan(40);
  expect(await driver.text("#again")).toMatch(/\d+(\.\d)? % of cases .+ came back/);
  expect((await driver.texts("#again td")).length).toBe(6);
  expect(await driver.barriers()).toEqual([]);
  await driver.press("#close");
  expect(await driver.text(".hot")).toBeNull();
});

test("category, method and period are asked for, stand in the address, and are undone by going back", async () => {
  await open({ locale: "en-GB", address: "hot=excess/mobile-vendor/2025-05-01/2025-11-01" });
  await until("streets", () => driver.text("#hot-streets .found"));
  expect(driver.asked.some((path) => path.includes("method=excess&category=mobile-vendor&from=2025-05-01&to=2025-11-01"))).toBe(true);
  const before = await driver.texts("#hot-streets .found-name");
  const picture = await driver.picture();
  await driver.page.locator("#hot-category").selectOption("barbecue");
  await driver.ready();
  expect(driver.address().get("hot")).toBe("excess/barbecue/2025-05-01/2025-11-01");
  await driver.page.locator("#hot-method").selectOption("emerging");
  await driver.page.locator("#hot-from").fill("");
  await driver.page.locator("#hot-to").fill("2026-10-01");
  await driver.ready();
  expect(await driver.text("#hot-legend")).toContain("new");
  expect((await driver.picture()).equals(picture)).toBe(false);
  for (let step = 0; step < 4; step++) await driver.page.goBack();
  await driver.ready();
  expect(await driver.texts("#hot-streets .found-name")).toEqual(before);
});

test("parts of the day and of the week are asked for; streets of hot surroundings without cases are not listed", async () => {
  await open({ locale: "en-GB", address: "hot=emerging/mobile-vendor" });
  await until("streets", () => driver.text("#hot-streets .found"));
  for (const cases of await driver.texts("#hot-streets .found-far")) expect(cases).not.toMatch(/^0 /);
  await driver.page.locator("#hot-hours").selectOption("22-5");
  await driver.page.locator("#hot-weekdays").selectOption("6-7");
  await driver.ready();
  expect(driver.address().get("hot")).toBe("emerging/mobile-vendor///22-5/6-7");
  for (const question of ["hotspots", "time-patterns", "recurrence"]) {
    expect(driver.asked.some((path) => path.includes(`/api/${question}?`) && path.includes("hours=22-5&weekdays=6-7"))).toBe(true);
  }
});

test("a period in the wrong order is told in the service's own sentence", async () => {
  await open({ locale: "en-GB", address: "hot=ranking//2026-05-01/2026-04-01" });
  expect(await until("the sentence", () => driver.text(".hot .note"))).toContain("before it begins");
  // The refusal itself stands on the console of the browser.
  driver.faults.splice(0).forEach((fault) => expect(fault).toMatch(/400/));
});

test("on a phone it is a sheet, in Chinese, by night", async () => {
  await open({ size: PHONE, dark: true, address: "hot=excess/mobile-vendor" });
  await until("streets", () => driver.text("#hot-streets .found"));
  await driver.ready();
  expect(await driver.text("#hot-title")).toBe("热点分析");
  expect(await driver.barriers()).toEqual([]);
});
