// Takes pictures of the page, to be looked at: by day and night, in both languages, wide and on a phone.
import { mkdirSync } from "node:fs";
import { inject, test } from "vitest";
import { Driver, openBrowser, PHONE, until, WIDE } from "./driver.ts";

const folder = process.env.PICTURES ?? "pictures";
const views = [
  { name: "wide-light-zh", size: WIDE, locale: "zh-CN", dark: false },
  { name: "wide-dark-en", size: WIDE, locale: "en-GB", dark: true },
  { name: "phone-light-en", size: PHONE, locale: "en-GB", dark: false },
  { name: "phone-dark-zh", size: PHONE, locale: "zh-CN", dark: true },
];

test("pictures are taken", async () => {
  mkdirSync(folder, { recursive: true });
  const browser = await openBrowser();
  for (const { name, ...opened } of views) {
    const phone = opened.size === PHONE;
    const driver = await Driver.open(browser, inject("base"), opened);
    const take = async (what: string) => {
      await driver.ready();
      await driver.page.screenshot({ path: `${folder}/${name}${what}.png` });
    };
    await take("");
    if (phone) {
      await driver.press(".fold");
      await take("-layers");
      await driver.press(".fold");
    }
    await driver.clickMap(phone ? 0.5 : 0.55, phone ? 0.25 : 0.5);
    await until("an answer", () => driver.text("#nearest .found"));
    await take("-nearest");
    await driver.press('.choices:has(input[value="reach"]) label >> nth=1');
    await until("bands", async () => (await driver.texts("#bands li")).length === 3);
    await take("-reach");
    await driver.press('.choices:has(input[value="reach"]) label >> nth=0');
    await until("an answer", () => driver.text("#nearest .found"));
    await driver.page.locator("#nearest .found").nth(1).click();
    await until("a card", () => driver.text(".card dl"));
    await take("-card");
    await driver.press("#close");
    for (let step = 0; step < 3; step++) await driver.press("#zoom-in");
    await driver.switchLayer("shops").catch(() => undefined);
    await take("-near");
    await driver.page.goto("about:blank");
    await driver.page.goto(`${inject("base")}/#hot=${phone ? "excess/mobile-vendor" : "ranking"}`);
    await until("streets", () => driver.text("#hot-streets .found"));
    await take("-hot");
    await driver.page.locator("#months").scrollIntoViewIfNeeded();
    await take("-hot-when");
    await driver.page.goto("about:blank");
    await driver.page.goto(`${inject("base")}/#plan=list&layers=jurisdictions,squad-zones,road-sections`);
    await until("plans", () => driver.text("#plan-list .found"));
    await driver.page.locator('#proposal input[name="YQ"]').fill("14");
    await take("-plans");
    await driver.press("#propose");
    await until("changes", () => driver.text("#plan-changes .found"));
    await take("-plan");
    await driver.page.locator("#plan-changes .found").first().click();
    await take("-plan-change");
    await driver.page.locator("#plan-sheet").scrollIntoViewIfNeeded();
    await take("-plan-loads");
    await driver.press("#drop");
    await driver.press("#sure-drop-yes");
    await until("the list", () => driver.text("#plan-list .found"));
    await driver.page.locator("#plan-list .found").first().click();
    await driver.page.locator("#plan-bars .load").nth(2).click();
    await driver.page.locator(".people .person").nth(2).click();
    await until("a walk", () => driver.text("#walk-gpx"));
    await take("-plan-walk");
    if (driver.faults.length + driver.strangers.length > 0) console.log(name, driver.faults, driver.strangers);
    await driver.close();
  }
  await browser.close();
}, 900_000);
