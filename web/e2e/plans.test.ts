// Plans in a real browser: what a chief does from the first question to streets that people answer for, and back.
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { Driver, type Opened, openBrowser, PHONE, until } from "./driver.ts";

interface Change { from_squad_id: number; to_squad_id: number; section_ids: number[]; load_min: number }
interface Plan { id: number; version: number; status: string; name: string; changes: Change[]; parameters: { locks: object[]; strengths: object }; in_force: { from: string; to: string | null }[] }
interface Section { id: number; geometry: { coordinates: [number, number][] }; properties: { squad_id: number; name: string | null } }

/** Streets alone, so that a click meets nothing else. */
const STREETS = "layers=jurisdictions,squad-zones,road-sections";

let browser: Browser;
let driver: Driver;
/** What the browser itself says of answers that a test provokes. */
let expected = /^$/;

const open = async (how: Opened = {}): Promise<Driver> => (driver = await Driver.open(browser, inject("base"), { locale: "en-GB", ...how }));

async function ask<T>(path: string, method = "GET", body?: object, version?: number): Promise<T> {
  const headers = { ...(body ? { "content-type": "application/json" } : {}), ...(version === undefined ? {} : { "if-match": `"${version}"` }) };
  const response = await fetch(`${inject("base")}/api${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (response.status === 204 ? null : await response.json()) as T;
}

const plans = async () => (await ask<{ plans: Plan[] }>("/plans")).plans;
const holding = async () => (await plans()).find(({ status }) => status === "published") as Plan;
const sections = async (id: number) => (await ask<{ features: Section[] }>(`/plans/${id}/sections`)).features;
const draft = (name: string) => ask<Plan>("/plans", "POST", { name, strengths: { YQ: 14 } });

/** Everything is as it was: the plan `id` holds, and there are no drafts. */
async function putBack(id: number): Promise<void> {
  for (const plan of await plans()) if (plan.status === "draft") await ask(`/plans/${plan.id}`, "DELETE", undefined, plan.version);
  if ((await holding()).id !== id) {
    const { version } = await ask<Plan>(`/plans/${id}`);
    await ask(`/plans/${id}/publish`, "POST", undefined, version);
  }
}

let first: number;
beforeAll(async () => {
  browser = await openBrowser();
  first = (await holding()).id;
});
afterAll(async () => browser.close());
afterEach(async () => {
  const { faults, strangers } = driver;
  await driver.close();
  await putBack(first);
  expect(strangers).toEqual([]);
  expect(faults.filter((fault) => !expected.test(fault))).toEqual([]);
  expected = /^$/;
});

const openId = () => Number(driver.address().get("plan"));
/** The plan's status and times are told. */
const status = (words: RegExp) => until(`the status ${words}`, async () => words.test(`${await driver.text("#plan-tag")}: ${await driver.text("#plan-status")}`));

describe("the life of a plan", () => {
  test("proposed for fewer people, read, seen on the map, put in force and rolled back", async () => {
    await open();
    await driver.press("#plans");
    await driver.ready();
    expect(await driver.texts("#plan-list .tag")).toContain("in force");
    // What fewer people would mean is told before anything is asked.
    await driver.page.locator('#proposal input[name="YQ"]').fill("14");
    const told = await driver.text('.slider:has(input[name="YQ"]) .deviation.over');
    expect(told).toMatch(/^\+\d\d\.\d %$/);
    await driver.press("#propose");
    await until("the changes", async () => (await driver.texts("#plan-changes > li")).length > 0);
    await driver.ready();
    const id = openId();
    const made = await ask<Plan>(`/plans/${id}`);
    const rows = await driver.texts("#plan-changes > li");
    expect(rows).toHaveLength(made.changes.length);
    expect(rows.length).toBeLessThan(8);
    for (const [at, row] of rows.entries()) {
      expect(row).toContain(`${Math.round(made.changes[at]?.load_min ?? 0)} min`);
      expect(row).toMatch(/ → .*sections.*\d\sk?m/);
    }
    expect(await driver.text("#plan-asked")).toContain("14 people instead of 18");
    expect(await driver.texts("#plan-bars > li")).toHaveLength(6);
    // The load before stands beside the one after.
    expect(await driver.text("#plan-bars > li:nth-child(4)")).toContain(`${told} → `);

    const at = driver.address().get("at");
    const before = await driver.picture();
    await driver.page.locator("#plan-changes .found").first().click();
    await until("the map to fly there", async () => driver.address().get("at") !== at);
    await driver.ready();
    expect((await driver.picture()).equals(before)).toBe(false);
    expect(driver.address().get("change")).toBe(String(made.changes[0]?.section_ids[0]));
    const [zoom = 0] = (driver.address().get("at") ?? "").split("/").map(Number);
    expect(zoom).toBeGreaterThan(13);
    await driver.press('label:has-text("Whole plan")');
    await driver.ready();
    expect(driver.address().get("show")).toBe("all");

    await driver.press("#publish");
    await until("the question", () => driver.text("#sure"));
    await driver.page.keyboard.press("Escape");
    await until("the question to go", async () => (await driver.text("#sure")) === null);
    await until("the focus to come back", () => driver.page.evaluate(() => document.activeElement?.id === "publish"));
    expect((await holding()).id).toBe(first);
    await driver.press("#publish");
    await driver.press("#sure-yes");
    await status(/^in force: /);
    expect((await holding()).id).toBe(id);

    await driver.press("#all-plans");
    await until("the list", async () => (await driver.texts("#plan-list .tag")).includes("was in force"));
    // The one that held last is the first of the old ones.
    await driver.page.locator("#plan-list .found:has(.tag.superseded)").first().click();
    await until("the plan that held before", async () => openId() === first);
    await status(/^was in force: .* – /);
    await driver.press("#publish");
    await driver.press("#sure-yes");
    await status(/^in force: .*since/);
    expect((await holding()).id).toBe(first);
    expect((await ask<Plan>(`/plans/${first}`)).in_force.length).toBeGreaterThan(1);
  });

  test("a section is moved by hand after seeing what that does, and moved back; a change is left undone", async () => {
    const made = await draft("By hand");
    const [change] = made.changes;
    const all = await sections(made.id);
    const own = all.find(({ id }) => id === change?.section_ids[0]) as Section;
    const [lon, lat] = own.geometry.coordinates.length > 2 ? (own.geometry.coordinates[1] as [number, number]) : own.geometry.coordinates.reduce<[number, number]>(([x, y], [a, b]) => [x + a / 2, y + b / 2], [0, 0]);
    await open({ address: `at=18/${lat}/${lon}&${STREETS}&plan=${made.id}` });
    await driver.clickMap(0.5, 0.5);
    await until("the section", () => driver.text("#plan-section dl"));
    const clicked = Number(driver.address().get("feature")?.split("/")[1]);
    const owner = async () => (await sections(made.id)).find(({ id }) => id === clicked)?.properties.squad_id;
    const was = await owner();
    expect(await driver.text("#plan-section dl")).toContain("Next best");
    const neighbour = await driver.page.locator("#plan-target optgroup").first().locator("option").first().getAttribute("value");
    await driver.page.locator("#plan-target").selectOption(neighbour);
    await until("what a move would do", async () => (await driver.texts("#plan-effect > li")).length >= 2);
    expect(await driver.text(".loads h3")).toBe("Load a day if moved");
    expect(driver.address().get("to")).toBe(neighbour);
    expect(await owner()).toBe(was);
    await driver.press("#plan-move");
    await until("the way back", () => driver.text("#undo"));
    expect(String(await owner())).toBe(neighbour);
    await driver.ready();
    await driver.press("#undo");
    await until("the move to be undone", async () => (await driver.text("#undo")) === null);
    expect(await owner()).toBe(was);

    await driver.ready();
    await driver.press("#close-section");
    const count = (await driver.texts("#plan-changes > li")).length;
    await driver.page.locator("#plan-changes .found").last().click();
    await driver.press("#keep");
    await until("what leaving it would do", async () => (await driver.texts("#plan-effect > li")).length >= 2);
    await driver.press("#keep-yes");
    await until("one change less", async () => (await driver.texts("#plan-changes > li")).length === count - 1);
  });

  test("a lock is set on the card, listed, taken off, and kept by the next proposal", async () => {
    const made = await draft("Locks");
    const section = made.changes[0]?.section_ids[0] ?? 0;
    const held = made.changes[0]?.from_squad_id ?? 0;
    await open({ address: `${STREETS}&plan=${made.id}&feature=road-sections/${section}` });
    await until("the section", () => driver.text("#plan-section dl"));
    await driver.page.locator("#plan-target").selectOption(String(held));
    await driver.press("#lock");
    expect(driver.address().get("locks")).toBe(`${section}:${held}`);
    await driver.press("#all-plans");
    await until("the lock", async () => (await driver.texts("#locks > li")).length === 1);
    await driver.press("#locks .drop");
    expect(driver.address().get("locks")).toBeNull();
    await driver.page.goBack();
    await driver.page.goto(`${inject("base")}/#${STREETS}&lang=en&plan=list&people=4:14&locks=${section}:${held}`);
    await driver.page.reload();
    await driver.ready();
    await driver.press("#propose");
    await until("another plan", async () => openId() > made.id);
    const next = await ask<Plan>(`/plans/${openId()}`);
    expect(next.parameters.locks).toEqual([{ section_id: section, squad_id: held }]);
    expect(next.changes.flatMap((change) => change.section_ids)).not.toContain(section);
  });
});

test("a section of the plan in force is moved in a draft of its own", async () => {
  const [section] = await sections(first);
  await open({ address: `${STREETS}&plan=${first}&feature=road-sections/${section?.id}` });
  await until("the section", () => driver.text("#plan-section dl"));
  const other = section?.properties.squad_id === 1 ? 2 : 1;
  await driver.page.locator("#plan-target").selectOption(String(other));
  await until("what a move would do", async () => (await driver.texts("#plan-effect > li")).length >= 2);
  await driver.press("#plan-move");
  await until("a draft", async () => openId() > first);
  await status(/^draft: /);
  const made = await ask<Plan>(`/plans/${openId()}`);
  expect(made.changes.map((change) => [change.section_ids, change.to_squad_id])).toEqual([[[section?.id], other]]);
  expect((await sections(first))[0]?.properties.squad_id).toBe(section?.properties.squad_id);
});

describe("when somebody else was first", () => {
  test("a plan that was changed meanwhile is not put in force; the page says so and shows it as it is", async () => {
    const made = await draft("Two at once");
    await open({ address: `${STREETS}&plan=${made.id}` });
    const { section_ids: ids, from_squad_id: from } = made.changes[0] as Change;
    await ask(`/plans/${made.id}/sections`, "PATCH", { sections: ids.map((id) => ({ section_id: id, squad_id: from })) }, made.version);
    expected = /412/;
    const before = (await driver.texts("#plan-changes > li")).length;
    await driver.press("#publish");
    await driver.press("#sure-yes");
    await until("the news", () => driver.text("#stale"));
    expect(await driver.text("#stale")).toMatch(/Somebody else was first.*changed meanwhile.*not done/);
    expect((await holding()).id).toBe(first);
    await driver.press("#look-again");
    await until("the plan as it is", async () => (await driver.text("#stale")) === null && (await driver.texts("#plan-changes > li")).length < before);
  });

  test("a plan that was put in force meanwhile is told to be", async () => {
    const made = await draft("Put in force elsewhere");
    await open({ address: `${STREETS}&plan=${made.id}` });
    await ask(`/plans/${made.id}/publish`, "POST", undefined, made.version);
    await until("the news", () => driver.text("#plan-news"));
    expected = /412/;
    await driver.press("#publish");
    await driver.press("#sure-yes");
    await until("who was first", () => driver.text("#stale"));
    expect(await driver.text("#stale")).toContain("was put in force meanwhile");
  });
});

test("a squad opens to its assistants; one shows the beat and the closed walk, to be taken along", async () => {
  await open({ address: `${STREETS}&plan=${first}` });
  await driver.page.locator("#plan-bars .load").nth(3).click();
  await until("assistants", async () => (await driver.texts(".people .person")).length > 0);
  const { features } = await ask<{ features: { properties: { squad_id: number; assistant_code: string } }[] }>(`/plans/${first}/beats`);
  const codes = new Set(features.flatMap(({ properties }) => (properties.squad_id === 4 && properties.assistant_code.startsWith("YQ") ? [properties.assistant_code] : [])));
  expect(new Set(await driver.texts(".people .person b"))).toEqual(codes);
  await driver.ready();
  const before = await driver.picture();
  await driver.page.locator(".people .person").nth(1).click();
  await until("the walk", () => driver.text("#walk-gpx"));
  await driver.ready();
  expect((await driver.picture()).equals(before)).toBe(false);
  const assistant = driver.address().get("assistant");
  const walk = await ask<{ properties: { distance_m: number }; geometry: { coordinates: number[][] } }>(`/plans/${first}/route?assistant=${assistant}`);
  expect(walk.geometry.coordinates[0]).toEqual(walk.geometry.coordinates.at(-1));
  expect(await driver.text("#walk p")).toContain(new Intl.NumberFormat("en", { maximumFractionDigits: 1 }).format(walk.properties.distance_m / 1000));
  for (const [link, start] of [["#walk-gpx", "<?xml"], ["#walk-geojson", '{"']] as const) {
    const href = await driver.page.locator(link).getAttribute("href");
    const file = await fetch(inject("base") + href);
    expect((await file.text()).startsWith(start)).toBe(true);
  }
  // The address tells all of it; Escape takes one thing away at a time.
  await driver.page.reload();
  await driver.ready();
  await until("the walk again", () => driver.text("#walk-gpx"));
  for (const [name, value] of [["assistant", null], ["squad", null], ["plan", "list"], ["plan", null]] as const) {
    await driver.page.keyboard.press("Escape");
    await until(`${name} to be left`, async () => driver.address().get(name) === value);
  }
});

test("a place tells who is in charge of it now, and by which plan", async () => {
  await open({ address: STREETS });
  await driver.clickMap(0.55, 0.5);
  const told = await until("who is in charge", () => driver.text("#in-charge dd"));
  const [lat, lon] = (driver.address().get("here") ?? "").split("/");
  const { owner } = await ask<{ owner: { squad_id: number; reason: { plan_id?: number } } }>(`/in-charge?lon=${lon}&lat=${lat}`);
  const squad = await ask<{ properties: Record<string, string> }>(`/collections/squads/items/${owner.squad_id}`);
  expect(told).toContain(squad.properties["name:en"]);
  expect(told).toContain(owner.reason.plan_id === undefined ? "zone" : `plan ${owner.reason.plan_id}`);
});

test("zones of former plans are kept, and not counted among those that hold", async () => {
  const { id, version } = await draft("Once more");
  await ask(`/plans/${id}/publish`, "POST", undefined, version);
  const zones = (await ask<{ features: { properties: { valid_to: string | null } }[] }>("/collections/squad-zones/items?limit=1000")).features;
  const now = zones.filter(({ properties }) => properties.valid_to === null).length;
  expect(now).toBeLessThan(zones.length);
  await open({ address: STREETS });
  await until("the zones to be counted", async () => (await driver.text('#layers li:has(input[value="squad-zones"]) .layer-count'))?.trim() === `${now}`);
});

describe("for everyone", () => {
  for (const dark of [false, true]) {
    for (const [name, size] of [["wide", undefined], ["phone", PHONE]] as const) {
      test(`plans have no barrier by ${dark ? "night" : "day"}, ${name}`, async () => {
        const made = await draft("For everyone");
        const how = { dark, locale: dark ? "zh-CN" : "en-GB", ...(size ? { size } : {}) };
        const fits = () => driver.page.evaluate(() => [document.documentElement, ...document.querySelectorAll(".side-body")].every((each) => each.scrollWidth <= each.clientWidth) && document.documentElement.scrollHeight <= document.documentElement.clientHeight);
        const section = made.changes[0]?.section_ids[0];
        await open({ ...how, address: `${STREETS}&plan=list&locks=${section}:4&wish=pace:50` });
        const show = async (address: string, what: string) => {
          await driver.page.evaluate((hash) => location.replace(hash), `#${STREETS}&${address}`);
          await until(what, async () => (await driver.texts(what)).length > 0);
          await driver.ready();
          expect(await driver.barriers(), address).toEqual([]);
          expect(await fits(), address).toBe(true);
        };
        await show(`plan=list&locks=${section}:4&wish=pace:50`, "#locks > li");
        await show(`plan=${first}&squad=4&assistant=77`, "#walk-gpx");
        await show(`plan=${made.id}&feature=road-sections/${section}&to=4`, "#plan-effect > li");
        await show(`plan=${made.id}&change=${section}&to=4`, "#plan-effect > li");
        await driver.press("#publish");
        await until("the question", () => driver.text("#sure"));
        expect(await driver.barriers()).toEqual([]);
        expect(await fits()).toBe(true);
        await driver.press("#sure-no");
        await driver.press("#close");
        await until("plans to be closed", async () => (await driver.text(".plans")) === null);
      });
    }
  }
});
