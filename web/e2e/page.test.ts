// The page in a real browser, against a real service: what a person does, sees, and never has to see.
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { Driver, type Opened, openBrowser, PHONE, until } from "./driver.ts";

let browser: Browser;
let driver: Driver;

async function open(how: Opened = {}): Promise<Driver> {
  driver = await Driver.open(browser, inject("base"), how);
  return driver;
}

/** Where a click meets neither mark nor panel: a bare view of the streets. */
const STREETS = "layers=jurisdictions,road-sections";

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => browser.close());

afterEach(() => driver.leave());

describe("the map", () => {
  beforeEach(async () => {
    await open();
  });

  test("draws the layers of the demonstration and says how many features they have", async () => {
    expect(await driver.colours()).toBeGreaterThan(60);
    expect(await driver.texts("#layers > li")).toHaveLength(9);
    const { collections } = (await (await fetch(`${inject("base")}/api/collections`)).json()) as { collections: { id: string; "x-title-zh": string; itemCount: number }[] };
    const full = collections.filter(({ id, itemCount }) => itemCount > 0 && id !== "assistants");
    expect(full.length).toBeGreaterThan(4);
    // Zones of former plans are kept, and not shown.
    const zones = (await (await fetch(`${inject("base")}/api/collections/squad-zones/items?datetime=${new Date().toISOString()}`)).json()) as { features: object[] };
    for (const { id, "x-title-zh": title, itemCount } of full) {
      const row = await driver.row(id);
      const shown = id === "squad-zones" ? zones.features.length : itemCount;
      expect(row).toContain(title);
      expect(row).toContain(new Intl.NumberFormat("zh-CN").format(shown));
    }
  });

  test("hides and shows a layer; going back undoes it; the address tells it", async () => {
    const before = await driver.picture();
    await driver.switchLayer("violations");
    await driver.ready();
    await until("the violations to go", async () => !(await driver.picture()).equals(before));
    expect(driver.address().get("layers")).not.toContain("violations");
    await driver.page.goBack();
    await until("the switch to be on again", () => driver.page.locator('#layers input[value="violations"]').isChecked());
    expect(driver.address().get("layers")).toBeNull();
  });

  test("moves by keyboard and writes where it is into the address; the address opens the same view", async () => {
    const at = driver.address().get("at");
    await driver.page.locator(".maplibregl-canvas").focus();
    await driver.page.keyboard.press("ArrowRight");
    await driver.page.keyboard.press("+");
    await until("the address to follow", async () => driver.address().get("at") !== at);
    await driver.ready();
    const address = new URL(driver.page.url()).hash.slice(1);
    const again = await Driver.open(browser, inject("base"), { address });
    expect(again.address().get("at")).toBe(driver.address().get("at"));
    await again.close();
  });
});

describe("a click", () => {
  test("into the street lists the five nearest parking points, as the service tells them", async () => {
    await open({ address: STREETS });
    await driver.clickMap(0.55, 0.5);
    await until("five points", async () => (await driver.texts("#nearest .found")).length === 5);
    const [lat = "", lon = ""] = (driver.address().get("here") ?? "").split("/");
    const query = driver.asked.findLast((path) => path.includes("parking-points/nearest")) ?? "";
    expect(query).toMatch(new RegExp(`lon=${lon.slice(0, 8)}.*lat=${lat.slice(0, 7)}`));
    const answer = (await (await fetch(inject("base") + query)).json()) as { features: { properties: { name: string; line_m: number } }[] };
    expect(await driver.texts("#nearest .found-name")).toEqual(answer.features.map(({ properties }) => properties.name));
    expect(await driver.texts("#nearest .rank")).toEqual(["1", "2", "3", "4", "5"]);
    expect((await driver.text("#nearest .found-far")) ?? "").toMatch(/^[\d,.]+ k?m$/);
  });

  test("asks again by kind and room", async () => {
    await open({ address: `${STREETS}&lang=en` });
    await driver.clickMap(0.55, 0.5);
    await until("five points", async () => (await driver.texts("#nearest .found")).length === 5);
    await driver.press('.choices:has(input[value="motor"]) label:has-text("motor") >> nth=0');
    await until("motor parking alone", async () => {
      const rows = await driver.texts("#nearest .found-more");
      return rows.length > 0 && rows.every((row) => row.startsWith("motor"));
    });
    await driver.press("#only-room");
    await until("the question about room", async () => driver.asked.some((path) => path.includes("min_room=1")));
    expect(driver.address().get("kind")).toBe("motor");
    expect(driver.address().get("room")).toBe("yes");
  });

  test("on a mark opens its card in words; its JSON and the parking near it are one step away", async () => {
    const path = "/api/collections/violations/items?limit=50&sortby=-occurred_at";
    const answer = (await (await fetch(inject("base") + path)).json()) as { features: { geometry: { type: string; coordinates: [number, number] } }[] };
    const point = answer.features.find(({ geometry }) => geometry.type === "Point");
    const [lon, lat] = point?.geometry.coordinates ?? [];
    // In the middle of the map, and so near that it stands alone.
    await open({ address: `at=19/${lat}/${lon}&layers=violations` });
    await driver.clickMap(0.5, 0.5);
    await until("the card", () => driver.text(".card dl"));
    expect(driver.address().get("feature")).toMatch(/^violations\/\d+$/);
    const told = await driver.texts(".card dt");
    expect(told).toContain("发生时间");
    expect(told).toContain("状态");
    const json = await driver.page.locator(".card-foot a").getAttribute("href");
    const item = await fetch(inject("base") + json);
    expect(item.status).toBe(200);
    await driver.press("#parking-from-here");
    await until("the nearest parking", async () => (await driver.texts("#nearest .found")).length === 5);
    await driver.page.keyboard.press("Escape");
    await until("all to be closed", async () => (await driver.text(".side")) === null);
  });

  test("by keyboard: Enter asks at the centre, the list is reached and opened", async () => {
    await open({ address: STREETS });
    await driver.page.locator(".maplibregl-canvas").focus();
    await driver.page.keyboard.press("Enter");
    await until("an answer", () => driver.text("#nearest .found"));
    await driver.page.locator("#nearest .found").first().focus();
    await driver.page.keyboard.press("Enter");
    await until("the card", () => driver.text(".card dl"));
    expect(driver.address().get("feature")).toMatch(/^parking-points\/\d+$/);
  });
});

describe("what the service refuses or cannot tell", () => {
  test("is said in its own sentence", async () => {
    await open({ address: "feature=violations/999999999" });
    const problem = (await (await fetch(`${inject("base")}/api/collections/violations/items/999999999`)).json()) as { detail: string };
    await until("the sentence", async () => (await driver.text(".card [role=alert]")) === problem.detail);
    // The browser itself logs the refusal.
    expect(driver.faults.splice(0)).toEqual([expect.stringContaining("404")]);
  });

  test("hostile addresses and names do no harm", async () => {
    await open({ address: "at=99/x&layers=<script>,violations&feature=__proto__/1&here=1/2/3&lang=xx&theme=%3Cb%3E&by=boat" });
    expect(await driver.text("h1")).toBe("巡查地图");
  });
});

describe("language and appearance", () => {
  test("follow the device, and the person", async () => {
    await open({ locale: "en-GB", dark: true });
    const look = () => driver.page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]);
    expect(await look()).toEqual(["en", "dark"]);
    expect(await driver.text("h1")).toBe("Patrol map");
    expect((await driver.texts("#layers .layer-title")).join()).toContain("Parking points");
    const night = await driver.picture();
    await driver.press("#language");
    expect(await driver.text("h1")).toBe("巡查地图");
    await driver.press("#theme");
    await until("daylight", async () => (await look())[1] === "light");
    await driver.ready();
    expect((await driver.picture()).equals(night)).toBe(false);
    expect(driver.address().get("lang")).toBe("zh-CN");
    expect(driver.address().get("theme")).toBe("light");
    await driver.page.reload();
    await driver.ready();
    expect(await look()).toEqual(["zh-CN", "light"]);
  });
});

describe("for everyone", () => {
  for (const dark of [false, true]) {
    for (const [name, size] of [["wide", undefined], ["phone", PHONE]] as const) {
      test(`no barrier by ${dark ? "night" : "day"}, ${name}`, async () => {
        await open({ dark, locale: dark ? "zh-CN" : "en-GB", ...(size ? { size } : {}), address: STREETS });
        expect(await driver.barriers()).toEqual([]);
        if (size) await driver.press(".fold");
        expect(await driver.barriers()).toEqual([]);
        if (size) await driver.press(".fold");
        await driver.clickMap(0.55, size ? 0.3 : 0.5);
        await until("an answer", () => driver.text("#nearest .found"));
        expect(await driver.barriers()).toEqual([]);
        await driver.page.locator("#nearest .found").first().click();
        await until("the card", () => driver.text(".card dl"));
        expect(await driver.barriers()).toEqual([]);
      });
    }
  }

  test("a phone has no sideways scroll and the sheet folds", async () => {
    await open({ size: PHONE });
    const wide = await driver.page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(PHONE.width);
    expect(await driver.page.locator("#layers").isVisible()).toBe(false);
    await driver.press(".fold");
    expect(await driver.page.locator("#layers").isVisible()).toBe(true);
  });
});

test("a change by someone else appears by itself", async () => {
  await open();
  const base = inject("base");
  const before = await driver.row("shops");
  const body = JSON.stringify({ type: "Feature", geometry: { type: "Point", coordinates: [105.72, 34.58] }, properties: { name: `新店 ${Date.now()}` } });
  const made = await fetch(`${base}/api/collections/shops/items`, { method: "POST", headers: { "content-type": "application/geo+json" }, body });
  expect(made.status).toBe(201);
  await until("another count", async () => (await driver.row("shops")) !== before);
  const { id } = (await made.json()) as { id: number };
  const tag = made.headers.get("etag") ?? "*";
  expect((await fetch(`${base}/api/collections/shops/items/${id}`, { method: "DELETE", headers: { "if-match": tag } })).status).toBe(204);
});
