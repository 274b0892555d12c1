// Reach, and the list of the nearest, in a real browser against a real service.
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { Driver, type Opened, openBrowser, PHONE, until } from "./driver.ts";

let browser: Browser;
let driver: Driver;

async function open(how: Opened): Promise<Driver> {
  driver = await Driver.open(browser, inject("base"), how);
  return driver;
}

/** A street in the middle of the town of the demonstration. */
const PLACE = "at=14.5/34.58000/105.72000&layers=jurisdictions,road-sections,parking-points&here=34.580700/105.720500";
const bandsAre = (count: number) => until(`${count} bands`, async () => (await driver.texts("#bands li")).length === count && (await driver.page.getAttribute("#bands", "aria-busy")) === "false");
const foundsAre = (count: number) => until(`${count} points`, async () => (await driver.texts("#nearest .found")).length === count);
const tick = (name: string, value: string) => driver.press(`label:has(input[name="${name}"][value="${value}"])`);
const asks = () => driver.asked.filter((path) => path.startsWith("/api/reach?"));

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => browser.close());

afterEach(() => driver.leave());

describe("reach", () => {
  test("is told for each limit as the service tells it, drawn, and in the address", async () => {
    await open({ address: `${PLACE}&lang=en` });
    await foundsAre(5);
    const before = await driver.picture();
    await tick("question", "reach");
    await bandsAre(3);
    expect(driver.address().get("reach")).toBe("300,600,1200m");
    const [query = ""] = asks();
    expect(query).toContain("lon=105.7205000&lat=34.5807000&by=walk&metres=300,600,1200");
    const answer = (await (await fetch(inject("base") + query)).json()) as { features: { properties: { what: string; street_m: number } }[] };
    const streets = answer.features.filter(({ properties }) => properties.what === "streets").map(({ properties }) => properties.street_m / 1000);
    expect(streets).toHaveLength(3);
    const told = (await driver.texts(".band-streets")).map((text) => Number(/^([\d.]+) km of street$/.exec(text)?.[1]));
    expect(told.every((km, at) => Math.abs(km - (streets[at] ?? 0)) <= 0.5)).toBe(true);
    expect(await driver.texts("#bands li > span:first-of-type")).toEqual(["within 300 m", "within 600 m", "within 1.2 km"]);
    await driver.ready();
    expect((await driver.picture()).equals(before)).toBe(false);
    // Each band bears its own colour.
    const colours = await driver.page.evaluate(() => [...document.querySelectorAll("#bands path:last-of-type")].map((each) => each.getAttribute("stroke")));
    expect(new Set(colours).size).toBe(3);
    expect(await driver.text("#nearest")).toBeNull();
    const again = await Driver.open(browser, inject("base"), { address: new URL(driver.page.url()).hash.slice(1) });
    expect(await again.texts("#bands li")).toEqual(await driver.texts("#bands li"));
    await again.close();
    await tick("question", "nearest");
    await foundsAre(5);
    expect(driver.address().get("reach")).toBeNull();
  });

  test("is asked by the limits and the way that are chosen; going back undoes a choice", async () => {
    await open({ address: `${PLACE}&reach=300,600m` });
    await bandsAre(2);
    await tick("limit", "2000");
    await bandsAre(3);
    await driver.page.fill("#own-limit", "450");
    await driver.page.keyboard.press("Enter");
    await bandsAre(4);
    expect(driver.address().get("reach")).toBe("300,450,600,2000m");
    await tick("limit", "300");
    await bandsAre(3);
    await driver.page.goBack();
    await bandsAre(4);
    // The fifth is the last that has a colour of its own.
    await tick("limit", "5000");
    await bandsAre(5);
    expect(await driver.page.locator('input[name="limit"]:not(:checked)').evaluateAll((all) => all.map((each) => (each as HTMLInputElement).disabled))).toEqual([true]);
    await tick("unit", "minutes");
    await tick("by", "drive");
    await until("minutes by car", async () => asks().some((path) => path.includes("by=drive&minutes=5,10,15")));
    await bandsAre(3);
    expect(driver.address().get("reach")).toBe("5,10,15min");
  });

  test("follows a click to another place", async () => {
    await open({ address: PLACE.replace(",parking-points", "") + "&reach=300m" });
    await bandsAre(1);
    const before = asks().length;
    await driver.clickMap(0.4, 0.6);
    await until("another question", async () => asks().length > before);
    await bandsAre(1);
    expect(driver.address().get("reach")).toBe("300m");
  });

  test("says when no street is near, and when every limit ends before the street", async () => {
    await open({ address: "here=0/0&reach=300m&lang=en" });
    await until("the message", async () => (await driver.text(".here [role=alert]"))?.startsWith("No street near this place can be used this way."));
    expect(await driver.texts("#bands li")).toEqual([]);
    // The browser itself logs the refusal.
    expect(driver.faults.splice(0)).toEqual([expect.stringContaining("422")]);
    await driver.close();
    await open({ address: "here=34.65/105.72&reach=300,600m&lang=en" });
    await bandsAre(2);
    expect(await driver.text(".here [role=alert]")).toMatch(/^The nearest street is [\d.]+ km away: farther than every limit\.$/);
    expect(await driver.texts(".band-streets")).toEqual(["does not reach the street", "does not reach the street"]);
  });

  for (const dark of [false, true]) {
    for (const [name, size] of [["wide", undefined], ["phone", PHONE]] as const) {
      test(`has no barrier by ${dark ? "night" : "day"}, ${name}`, async () => {
        await open({ dark, locale: dark ? "zh-CN" : "en-GB", ...(size ? { size } : {}), address: `${PLACE}&reach=5,10,15min` });
        await bandsAre(3);
        expect(await driver.barriers()).toEqual([]);
        const [wide, body] = await driver.page.evaluate(() => [document.documentElement.scrollWidth <= innerWidth, (document.querySelector(".side-body")?.scrollWidth ?? 0) <= (document.querySelector(".side-body")?.clientWidth ?? 0)]);
        expect([wide, body]).toEqual([true, true]);
      });
    }
  }
});

describe("the list of the nearest", () => {
  test("is of any of several kinds", async () => {
    await open({ address: `${PLACE}&lang=en` });
    await foundsAre(5);
    await tick("kind", "motor");
    await tick("kind", "bicycle");
    await until("both kinds", async () => driver.asked.some((path) => path.includes("kind=bicycle&kind=motor")));
    expect(driver.address().get("kind")).toBe("bicycle,motor");
    // All kinds are any kind.
    await tick("kind", "motorcycle");
    await until("any kind", () => driver.page.locator('input[name="kind"][value="any"]').isChecked());
    expect(driver.address().get("kind")).toBeNull();
    await foundsAre(5);
  });

  test("marks the point that is chosen", async () => {
    await open({ address: PLACE });
    await foundsAre(5);
    const current = () => driver.page.locator("#nearest .found").evaluateAll((all) => all.map((each) => each.getAttribute("aria-current")));
    expect(await current()).toEqual(["true", "false", "false", "false", "false"]);
    const before = await driver.picture();
    await driver.page.locator("#nearest .found").nth(2).click();
    await until("the third to stand out", async () => (await current())[2] === "true");
    await until("the card", () => driver.text(".card dl"));
    await driver.ready();
    expect((await driver.picture()).equals(before)).toBe(false);
  });

  test("stays when one of its points is clicked on the map", async () => {
    const answer = (await (await fetch(`${inject("base")}/api/collections/parking-points/nearest?lon=105.7205&lat=34.5807&k=1`)).json()) as { features: { id: number; geometry: GeoJSON.Point }[] };
    const [point] = answer.features;
    const [lon = 0, lat = 0] = point?.geometry.coordinates ?? [];
    // Ways of all five are in view, so that the map stays and the point is in its middle.
    await open({ address: `at=13/${lat}/${lon}&layers=parking-points&here=34.580700/105.720500` });
    await foundsAre(5);
    await driver.ready();
    expect(driver.address().get("at")).toBe(`13/${lat}/${lon}`);
    await driver.clickMap(0.5, 0.5);
    await until("its card", () => driver.text(".card dl"));
    expect(driver.address().get("feature")).toBe(`parking-points/${point?.id}`);
    await foundsAre(5);
    // Reach stays, too.
    await driver.close();
    await open({ address: `at=15/${lat}/${lon}&layers=parking-points&here=34.580700/105.720500&reach=600m` });
    await bandsAre(1);
    await driver.clickMap(0.5, 0.5);
    await until("its card", () => driver.text(".card dl"));
    await bandsAre(1);
  });

  test("leaves out what is closed now, and says of the others whether that is sure", async () => {
    await open({ address: PLACE });
    await foundsAre(5);
    await driver.page.route("**/parking-points/nearest*open_at=*", async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as { features: { properties: Record<string, unknown> }[] };
      const opens = [{ open: true }, { open: null }, { open: true, open_on_public_holiday: false }];
      for (const [place, hours] of opens.entries()) Object.assign(answer.features[place]?.properties ?? {}, hours);
      await route.fulfill({ response, json: answer });
    });
    await driver.press("#open-now");
    await until("the hours", async () => (await driver.texts("#nearest .found-more")).slice(0, 3).every((text, at) => text.includes(["开放中", "开放时间未知", "开放中（节假日除外）"][at] ?? "-")));
    const query = driver.asked.findLast((path) => path.includes("open_at=")) ?? "";
    const at = Date.parse(/open_at=([^&]+)/.exec(query)?.[1] ?? "");
    expect(Math.abs(Date.now() - at)).toBeLessThan(180_000);
    expect(driver.address().get("open")).toBe("now");
    const answer = (await (await fetch(inject("base") + query)).json()) as { features: { properties: Record<string, unknown> }[] };
    expect(answer.features.every(({ properties }) => properties.open !== false)).toBe(true);
  });

  test("says the room where it is known, and why a point cannot be reached", async () => {
    await open({ address: "layers=jurisdictions" });
    await driver.page.route("**/parking-points/nearest*", async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as { features: { properties: Record<string, unknown> }[] };
      const [first, second, ...rest] = answer.features;
      if (first) Object.assign(first.properties, { capacity: 30, occupied: 12 });
      if (second) Object.assign(second.properties, { capacity: 8, occupied: undefined });
      const last = rest.at(-1);
      if (last) Object.assign(last.properties, { distance_m: null, duration_s: null, route: null, reason: "no street lies within 50 km of it" });
      await route.fulfill({ response, json: answer });
    });
    await driver.clickMap(0.55, 0.5);
    await foundsAre(5);
    expect((await driver.texts("#nearest .room")).slice(0, 2)).toEqual(["空位 18 / 30", "共 8 位，空位未知"]);
    expect((await driver.texts("#nearest .found-far")).at(-1)).toBe("无法到达");
    expect(await driver.texts("#nearest .found-reason")).toEqual(["该点 50 公里内没有街道"]);
  });
});
