// What the page asks about plans: the list, the open plan with its sections, and what a move would do. Answers are signals.
import { effect, signal } from "@preact/signals";
import type { Feature } from "../api/client.ts";
import * as service from "../api/plans.ts";
import { isVoid, sentence } from "../state/facts.ts";
import { state, step } from "../state/state.ts";

export const planList = signal<readonly service.PlanSummary[]>([]);
export const plan = signal<service.Plan | null>(null);
export const planSections = signal<readonly Feature[]>([]);
/** Why there is no answer, in the service's sentence. */
export const planTrouble = signal<string | null>(null);
export const planAsking = signal(false);

/** Does something that may fail; its failure is told. */
export async function attempt(work: () => Promise<void>): Promise<void> {
  planAsking.value = true;
  planTrouble.value = null;
  try {
    await work();
  } catch (error) {
    if (isVoid(error)) return;
    planTrouble.value = sentence(error);
  }
  planAsking.value = false;
}

async function look(id: number | "list", abort?: AbortSignal): Promise<void> {
  planList.value = await service.plans();
  if (id === "list") {
    plan.value = null;
    planSections.value = [];
    return;
  }
  const [document, sections] = await Promise.all([service.plan(id, abort), service.planSections(id, abort)]);
  plan.value = document;
  planSections.value = sections;
}

export async function again(): Promise<void> {
  const { plan: id } = state.value;
  if (id !== null) await look(id);
}

export const proposePlan = (wish: service.Wish) => attempt(async () => {
  const made = await service.propose(wish);
  step({ plan: made.id, feature: null });
});

export const publishPlan = (open: service.Plan) => attempt(async () => {
  await service.publish(open.id, open.version);
  await again();
});

export const dropPlan = (open: service.Plan) => attempt(async () => {
  await service.drop(open.id, open.version);
  step({ plan: "list", feature: null });
});

export const moveSection = (open: service.Plan, section: number, squad: number) => attempt(async () => {
  await service.move(open.id, open.version, section, squad, false);
  await again();
});

/** Asks whenever another plan is opened. */
export function watchPlans(): void {
  let running: AbortController | undefined;
  let before: number | "list" | null = null;
  effect(() => {
    const { plan: id } = state.value;
    if (id === before) return;
    before = id;
    running?.abort();
    if (id === null) {
      plan.value = null;
      planSections.value = [];
      planTrouble.value = null;
      planAsking.value = false;
      return;
    }
    running = new AbortController();
    const { signal: abort } = running;
    void attempt(() => look(id, abort));
  });
}
