// Starts the demonstration for the tests, unless SERVICE names one that runs.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    base: string;
  }
}

const BASE = /listening at (http:\/\/[^/\s]+)/;

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const running = process.env.SERVICE;
  if (running) {
    project.provide("base", new URL(running).origin);
    return undefined;
  }
  const place = mkdtempSync(join(tmpdir(), "patrolmap-page-"));
  const program = join(resolve(import.meta.dirname, "../..", process.env.CARGO_TARGET_DIR ?? "target"), "debug/patrolmap");
  const service = spawn(program, ["demo", "--data", place, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((done) => service.once("exit", done));
  let said = "";
  await new Promise<void>((ready, failed) => {
    service.stderr.on("data", (chunk) => {
      said += chunk;
      if (/^ready/m.test(said)) ready();
    });
    service.once("error", failed);
    ended.then(() => failed(new Error(`the service ended: ${said}`)), failed);
  });
  project.provide("base", BASE.exec(said)?.[1] ?? "");
  return async () => {
    service.kill("SIGTERM");
    await ended;
    rmSync(place, { recursive: true, force: true });
  };
}
