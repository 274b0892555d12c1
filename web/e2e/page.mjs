// The page in a real browser: it gets ready, lists the layers, draws them, and says nothing on the error console.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

const [base, work] = process.argv.slice(2);

function browser() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(":")) {
      if (existsSync(`${folder}/${name}`)) return `${folder}/${name}`;
    }
  }
  throw new Error("no browser is installed: sh tests/tools.sh installs one");
}

const flags = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
  `--user-data-dir=${work}/profile`, "--remote-debugging-port=0", "--window-size=1280,800", "about:blank",
];
const child = spawn(browser(), flags, { stdio: ["ignore", "ignore", "pipe"] });

/** The address at which the browser takes commands. */
function endpoint() {
  return new Promise((resolve, reject) => {
    let said = "";
    const late = setTimeout(() => reject(new Error(`the browser did not start: ${said}`)), 60_000);
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const found = /DevTools listening on (ws:\S+)/.exec(said);
      if (found) {
        clearTimeout(late);
        resolve(found[1]);
      }
    });
  });
}

/** A page of the browser, spoken to by the DevTools protocol. */
async function open(url) {
  const { port } = new URL(await endpoint());
  const target = await (await fetch(`http://127.0.0.1:${port}/json/new?${encodeURIComponent(url)}`, { method: "PUT" })).json();
  const waiting = new Map();
  const faults = [];
  const socket = await connect(target.webSocketDebuggerUrl);
  let count = 0;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.id) waiting.get(message.id)?.(message);
    if (message.method === "Runtime.exceptionThrown") faults.push(message.params.exceptionDetails.text);
    if (message.method === "Log.entryAdded" && message.params.entry.level === "error") faults.push(message.params.entry.text);
  };
  const send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      const id = ++count;
      waiting.set(id, ({ result, error }) => (error ? reject(new Error(error.message)) : resolve(result)));
      socket.send(JSON.stringify({ id, method, params }));
    });
  await send("Runtime.enable");
  await send("Log.enable");
  const look = async (expression) =>
    (await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true })).result.value;
  return { send, look, faults };
}

async function connect(url) {
  const Socket = globalThis.WebSocket ?? (await import("./socket.mjs")).Socket;
  const socket = new Socket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the browser does not answer"));
  });
  return socket;
}

async function until(what, look) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    if (await look()) return;
    assert.ok(Date.now() < deadline, `${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

try {
  const page = await open(`${base}/`);
  await until("being ready", () => page.look("document.getElementById('state')?.textContent.startsWith('ready')"));
  assert.equal(await page.look("document.querySelectorAll('#layers li').length"), 10);
  assert.ok((await page.look("document.getElementById('layers').textContent")).includes("400"));
  const inked = `(() => { const { width, height } = document.getElementById('canvas');
    const pixels = document.getElementById('canvas').getContext('2d').getImageData(0, 0, width, height).data;
    let count = 0; for (let at = 3; at < pixels.length; at += 4) if (pixels[at]) count++; return count; })()`;
  const before = await page.look(inked);
  assert.ok(before > 3_000, `something is drawn: ${before} pixels`);
  await page.look("document.querySelector('input[value=violations]').click()");
  await until("hiding the violations", async () => (await page.look(inked)) < before);
  await page.look(`(() => { const canvas = document.getElementById('canvas');
    canvas.dispatchEvent(new MouseEvent('click', { clientX: canvas.getBoundingClientRect().x + 300, clientY: 300, bubbles: true })); })()`);
  await until("the nearest parking points", () => page.look("/\\d+ m/.test(document.getElementById('told').textContent)"));
  if (process.env.SCREENSHOT) {
    const { data } = await page.send("Page.captureScreenshot");
    const { writeFileSync } = await import("node:fs");
    writeFileSync(process.env.SCREENSHOT, Buffer.from(data, "base64"));
  }
  assert.deepEqual(page.faults, []);
  console.log("the page works in a real browser");
} finally {
  child.kill();
  await new Promise((resolve) => child.once("exit", resolve));
}
