// Long work: asked for, waited for, told how far it is, given up.
import { Refusal } from "./client.ts";

export interface Progress {
  /** Per cent. */
  done: number;
  message: string | null;
}

interface Job {
  jobID: string;
  status: "accepted" | "running" | "successful" | "failed" | "dismissed";
  progress: number;
  message: string | null;
  result?: unknown;
  problem?: { status?: number; detail?: string; title?: string };
}

const PAUSE_MS = 250;

async function answered(response: Response): Promise<unknown> {
  const body = (await response.json().catch(() => ({}))) as { detail?: string; title?: string };
  if (response.ok) return body;
  throw new Refusal(response.status, body.detail ?? body.title ?? `${response.status} ${response.statusText}`);
}

/** Posts `body` and waits for what comes of it. Giving up cancels the work. */
export async function work(path: string, body: unknown, told: (progress: Progress) => void, abort?: AbortSignal): Promise<unknown> {
  const first = await fetch(path, {
    method: "POST",
    headers: { accept: "application/json", prefer: "respond-async", ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const begun = await answered(first);
  if (first.status !== 202) return begun;
  let job = begun as Job;
  const own = `/api/jobs/${job.jobID}`;
  for (;;) {
    if (job.status === "successful") return job.result === undefined ? answered(await fetch(`${own}/result`)) : job.result;
    if (job.status === "failed") throw new Refusal(job.problem?.status ?? 500, job.problem?.detail ?? job.problem?.title ?? job.status);
    if (job.status === "dismissed" || abort?.aborted) {
      if (job.status !== "dismissed") await fetch(own, { method: "DELETE" });
      throw new DOMException(job.status, "AbortError");
    }
    told({ done: job.progress, message: job.message });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    job = (await answered(await fetch(own))) as Job;
  }
}
