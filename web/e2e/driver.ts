// The one hand that tests have on the page: a browser, a page in it, and what a person does and sees there.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { expect } from "vitest";
import { type Browser, type BrowserContextOptions, chromium, type Page as BrowserPage } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function openBrowser(): Promise<Browser> {
  const folders = (process.env.PATH ?? "").split(":");
  const executablePath = NAMES.flatMap((name) => folders.map((folder) => `${folder}/${name}`)).find((path) => existsSync(path));
  if (!executablePath) throw new Error("no browser is installed: sh tests/tools.sh installs one");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage"] });
}

export const WIDE = { width: 1360, height: 850 };
export const PHONE = { width: 390, height: 844 };

export interface Opened {
  size?: typeof WIDE;
  locale?: string;
  dark?: boolean;
  /** Text after the `#`. */
  address?: string;
}

/** Looks until something holds, and says what did not come about. `waitForFunction` needs what the policy forbids. */
export async function until<T>(what: string, look: () => Promise<T | false | null | undefined>, seconds = 30): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}

export class Driver {
  readonly page: BrowserPage;
  /** Errors on the console, in the page, and of its policy. */
  readonly faults: string[] = [];
  /** Requests to anywhere but the service. */
  readonly strangers: string[] = [];
  /** Requests to the service, as path and query. */
  readonly asked: string[] = [];
  readonly #base: string;

  private constructor(page: BrowserPage, base: string) {
    this.page = page;
    this.#base = base;
  }

  static async open(browser: Browser, base: string, { size = WIDE, locale = "zh-CN", dark = false, address = "" }: Opened = {}): Promise<Driver> {
    const options: BrowserContextOptions = { viewport: size, locale, colorScheme: dark ? "dark" : "light", reducedMotion: "reduce", timezoneId: "Asia/Shanghai" };
    const context = await browser.newContext(options);
    const driver = new Driver(await context.newPage(), base);
    driver.#listen();
    await driver.page.addInitScript(() => {
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        // The one place from which it reaches the test.
        setTimeout(() => {
          throw new Error(`policy violated: ${violatedDirective} ${blockedURI}`);
        });
      });
    });
    await driver.page.goto(`${base}/${address ? `#${address}` : ""}`);
    await driver.ready();
    return driver;
  }

  #listen(): void {
    this.page.on("console", (message) => {
      // Of software rendering; and what the browser says of itself when a service without streets refuses ways.
      const noise = /GPU stall due to ReadPixels|GL Driver Message/.test(message.text()) || /nearest\?.*by=(walk|bicycle|drive)/.test(message.location().url);
      if (!noise && (message.type() === "error" || message.type() === "warning")) this.faults.push(message.text());
    });
    this.page.on("pageerror", (error) => this.faults.push(String(error)));
    this.page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.origin === this.#base) this.asked.push(decodeURIComponent(url.pathname + url.search));
      else if (url.protocol !== "blob:" && url.protocol !== "data:") this.strangers.push(request.url());
    });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** The end of every test: the page has asked no stranger, broken no policy and logged no error. */
  async leave(): Promise<void> {
    await this.close();
    expect(this.strangers).toEqual([]);
    expect(this.faults).toEqual([]);
  }

  /** The map has drawn all that it was given. */
  async ready(): Promise<void> {
    await until("being ready", async () => /^(Ready|就绪)$/.test((await this.text("#state")) ?? ""));
  }

  async text(selector: string): Promise<string | null> {
    return this.page.evaluate((given) => document.querySelector(given)?.textContent ?? null, selector);
  }

  async texts(selector: string): Promise<string[]> {
    return this.page.evaluate((given) => [...document.querySelectorAll(given)].map((each) => each.textContent), selector);
  }

  address(): URLSearchParams {
    return new URLSearchParams(new URL(this.page.url()).hash.slice(1));
  }

  async press(selector: string): Promise<void> {
    await this.page.locator(selector).click();
  }

  async switchLayer(name: string): Promise<void> {
    await this.page.locator(`#layers input[value="${name}"]`).click();
  }

  /** What the panel tells of a layer. */
  async row(layer: string): Promise<string> {
    return (await this.text(`#layers li:has(input[value="${layer}"])`)) ?? "";
  }

  /** Clicks the map at a place on the screen, in shares of its width and height. */
  async clickMap(across: number, down: number): Promise<void> {
    const { width, height } = this.page.viewportSize() ?? WIDE;
    await this.page.mouse.click(width * across, height * down);
  }

  /** Bytes of the picture of the map as the person sees it. */
  async picture(): Promise<Buffer> {
    return this.page.screenshot({ animations: "disabled" });
  }

  /** Counts the colours in the middle of the map: an empty map has few. */
  async colours(): Promise<number> {
    const { width, height } = this.page.viewportSize() ?? WIDE;
    const clip = { x: width * 0.35, y: height * 0.3, width: width * 0.3, height: height * 0.4 };
    const base64 = (await this.page.screenshot({ clip, animations: "disabled" })).toString("base64");
    return this.page.evaluate(async (data) => {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.codePointAt(0) ?? 0);
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      if (!pen) return 0;
      pen.drawImage(bitmap, 0, 0);
      const pixels = new Uint32Array(pen.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer);
      return new Set(pixels).size;
    }, base64);
  }

  /** Ways in which the page fails people, in words; none is right. */
  async barriers(): Promise<string[]> {
    // The debugger's own evaluation is not under the page's policy; nothing is added to the page's sources.
    await this.page.evaluate(axe);
    return this.page.evaluate(async () => {
      interface Axe {
        run(options: object): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
      }
      const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run({ resultTypes: ["violations"] });
      return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`));
    });
  }
}
