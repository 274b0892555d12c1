// What the page asks about plans: the list, the open plan with its sections, what it changes, its assistants and their
// walks, and what a move would do. Answers are signals.
import { batch, computed, effect, signal } from "@preact/signals";
import { type Feature, type LayerName, Refusal } from "../api/client.ts";
import type { Progress } from "../api/jobs.ts";
import * as service from "../api/plans.ts";
import { type Person, people } from "../plans/beats.ts";
import { blockOf } from "../plans/changes.ts";
import { asked } from "../plans/figures.ts";
import type { State } from "../state/address.ts";
import { isVoid, sentence, squads, touched } from "../state/facts.ts";
import { NO_LOOK, outwards, type PlanLook, type PlanWish } from "../state/plan-look.ts";
import { drift, language, planLook, state, step } from "../state/state.ts";

export const planList = signal<readonly service.PlanSummary[]>([]);
export const plan = signal<service.Plan | null>(null);
export const planSections = signal<readonly Feature[]>([]);
export const planZones = signal<readonly Feature[]>([]);
/** The open plan beside the one it is set against. */
export const comparison = signal<service.Comparison | null>(null);
/** The plan in force, for what other numbers of people would make of it. */
export const inForce = signal<service.Plan | null>(null);
export const planBeats = signal<readonly Feature[]>([]);
const assistants = signal<readonly Feature[]>([]);
export const walk = signal<Feature | null>(null);
/** What streets are called in English. */
export const streetNames = signal<ReadonlyMap<string, string>>(new Map());
/** Why there is no answer, in the service's sentence. */
export const planTrouble = signal<string | null>(null);
export const planAsking = signal(false);
export const planProgress = signal<Progress | null>(null);
/** Somebody else was first: the plan as it is by now, null when it is gone. */
export const planStale = signal<{ plan: service.PlanSummary | null } | null>(null);
/** The plan that somebody else has put in force meanwhile. */
export const planNews = signal<service.PlanSummary | null>(null);
/** What came of sharing out, to be read. */
export const shared = signal<service.Shared | null>(null);

/** A move that is being tried, and what it would do. */
export const tried = signal<{ moves: readonly service.Move[]; result: service.Moved | null; trouble: string | null } | null>(null);

/** A move that was stored, with the way back. */
export interface Step {
  plan: number;
  back: readonly service.Move[];
  from: number | null;
  to: number;
  street: string | null;
}
const allSteps = signal<readonly Step[]>([]);
/** Moves of the open plan that can be undone, newest last. */
export const steps = computed(() => allSteps.value.filter((each) => each.plan === plan.value?.id));

export const changes = computed<readonly service.Change[]>(() => comparison.value?.changes ?? []);
/** A draft is about what it changes; a plan that holds or held is about the streets. */
export const showsAll = computed(() => planLook.value.all ?? (plan.value?.status !== "draft" || changes.value.length === 0));
export const chosenBlock = computed(() => blockOf(changes.value, planLook.value.change));
export const persons = computed(() => people(assistants.value, planBeats.value, new Set(squads.value.filter((squad) => squad.hasStreets).map((squad) => squad.id))));
export const chosenPerson = computed<Person | null>(() => {
  const { assistant } = planLook.value;
  return [...persons.value.values()].flat().find(({ id }) => id === assistant) ?? null;
});
export const chosenSection = computed<Feature | null>(() => {
  const { feature, plan: id } = state.value;
  if (typeof id !== "number" || feature?.layer !== "road-sections") return null;
  return planSections.value.find((section) => Number(section.id) === feature.id) ?? null;
});

/** Looks at the plan otherwise; a step that can be undone. */
export function lookAt(change: Partial<PlanLook>, more: Partial<State> = {}): void {
  step({ plans: { ...state.value.plans, ...change }, ...more });
}

export function wishFor(change: Partial<PlanWish>): void {
  const { plans } = state.value;
  drift({ plans: { ...plans, wish: { ...plans.wish, ...change } } });
}

/** Marks that would lie over the streets of a plan: their switches go off, for all to see, and on again afterwards. */
const ASIDE: ReadonlySet<LayerName> = new Set<LayerName>(["violations", "parking-points", "construction-sites", "vending-sites", "shops"]);
let setAside: readonly LayerName[] = [];

export function openPlans(): void {
  const { layers } = state.value;
  setAside = layers.filter((name) => ASIDE.has(name));
  step({ plan: "list", hot: null, here: null, feature: null, layers: layers.filter((name) => !ASIDE.has(name)) });
}

export function closePlans(): void {
  const { layers, plans } = state.value;
  const back = setAside.filter((name) => !layers.includes(name));
  setAside = [];
  step({ plan: null, feature: null, plans: { ...NO_LOOK, wish: plans.wish }, layers: [...layers, ...back] });
}

export function openPlan(id: number | "list"): void {
  step({ plan: id, feature: null, here: null, plans: { ...NO_LOOK, wish: state.value.plans.wish } });
}

/** One step outwards, as Escape takes it. */
export function leavePlan(): void {
  const { plan: id, plans, feature } = state.value;
  if (id === null) return;
  const next = outwards(id, plans, feature !== null);
  if (next.plan === null) closePlans();
  else step({ plan: next.plan, plans: next.look, ...(next.section ? {} : { feature: null }) });
}

/** Does something that may fail; its failure is told. Says whether it worked. */
async function attempt(work: () => Promise<void>): Promise<boolean> {
  planAsking.value = true;
  planTrouble.value = null;
  planStale.value = null;
  let worked = false;
  try {
    await work();
    worked = true;
  } catch (error) {
    if (error instanceof Refusal && error.status === 412) await tellWhoWasFirst();
    else if (!isVoid(error)) planTrouble.value = sentence(error);
  }
  planAsking.value = false;
  planProgress.value = null;
  return worked;
}

async function tellWhoWasFirst(): Promise<void> {
  try {
    planList.value = await service.plans();
    planStale.value = { plan: planList.value.find((each) => each.id === plan.value?.id) ?? null };
  } catch (error) {
    planTrouble.value = sentence(error);
  }
}

function forget(): void {
  batch(() => {
    plan.value = null;
    planSections.value = [];
    planZones.value = [];
    comparison.value = null;
    planBeats.value = [];
    walk.value = null;
    tried.value = null;
    shared.value = null;
  });
}

async function look(id: number | "list", abort?: AbortSignal): Promise<void> {
  const list = await service.plans();
  const holding = list.find((each) => each.status === "published");
  if (id === "list") {
    const held = holding ? await service.plan(holding.id, abort) : null;
    batch(() => {
      forget();
      planList.value = list;
      inForce.value = held;
    });
    return;
  }
  const document = await service.plan(id, abort);
  const other = state.peek().plans.against ?? document.changes_against;
  const [sections, zones, beside] = await Promise.all([
    service.planSections(id, abort),
    service.planZones(id, abort),
    other === null || other === id ? null : service.compare(id, other, abort),
  ]);
  batch(() => {
    planList.value = list;
    plan.value = document;
    planSections.value = sections;
    planZones.value = zones;
    comparison.value = beside;
    tried.value = null;
    planNews.value = null;
  });
}

/** Looks at what is open as it is by now. */
export const again = (): Promise<boolean> => attempt(async () => {
  const { plan: id } = state.value;
  if (id !== null) await look(id);
});

let running: AbortController | undefined;

export const giveUp = (): void => running?.abort();

function told(progress: Progress): void {
  planProgress.value = progress;
}

export const proposePlan = (name: string): Promise<boolean> => attempt(async () => {
  running = new AbortController();
  const made = await service.propose(asked(state.value.plans.wish, squads.value, name), told, running.signal);
  openPlan(made.id);
});

/** A draft that is the plan in force with these moves alone. */
export const draftWith = (moves: readonly service.Move[], name: string): Promise<boolean> => attempt(async () => {
  running = new AbortController();
  const made = await service.propose({ name, from: "given", sections: [...moves] }, told, running.signal);
  openPlan(made.id);
});

export const publishPlan = (open: service.Plan): Promise<boolean> => attempt(async () => {
  await service.publish(open.id, open.version);
  await look(open.id);
});

export const dropPlan = (open: service.Plan): Promise<boolean> => attempt(async () => {
  await service.drop(open.id, open.version);
  allSteps.value = allSteps.value.filter((each) => each.plan !== open.id);
  openPlan("list");
});

export const shareOut = (open: service.Plan): Promise<boolean> => attempt(async () => {
  running = new AbortController();
  shared.value = await service.shareOut(open.id, told, running.signal);
  planBeats.value = await service.planBeats(open.id);
});

async function store(open: service.Plan, moves: readonly service.Move[]): Promise<void> {
  await service.move(open.id, open.version, moves, false);
  const { plans } = state.value;
  // What hung on the move is told anew: beats of moved sections are dropped.
  if (plans.target !== null || plans.change !== null) drift({ plans: { ...plans, target: null, change: null } });
  planBeats.value = [];
  await look(open.id);
}

export const moveSections = (open: service.Plan, moves: readonly service.Move[], street: string | null): Promise<boolean> => attempt(async () => {
  const owner = new Map(planSections.value.map(({ id, properties }) => [Number(id), properties.squad_id]));
  const back = moves.flatMap(({ section_id: section }) => {
    const squad = owner.get(section);
    return typeof squad === "number" ? [{ section_id: section, squad_id: squad }] : [];
  });
  await store(open, moves);
  allSteps.value = [...allSteps.value, { plan: open.id, back, from: back[0]?.squad_id ?? null, to: moves[0]?.squad_id ?? 0, street }];
});

export const undo = (open: service.Plan): Promise<boolean> => attempt(async () => {
  const last = steps.value.at(-1);
  if (!last) return;
  await store(open, last.back);
  allSteps.value = allSteps.value.filter((each) => each !== last);
});

let trying: AbortController | undefined;

/** Asks what moves would do, without doing it. */
export function tryMoves(open: service.Plan, moves: readonly service.Move[] | null): void {
  trying?.abort();
  if (!moves || moves.length === 0) {
    tried.value = null;
    return;
  }
  const own = (trying = new AbortController());
  tried.value = { moves, result: null, trouble: null };
  service.move(open.id, open.version, moves, true).then(
    (result) => {
      if (!own.signal.aborted) tried.value = { moves, result, trouble: null };
    },
    (error: unknown) => {
      if (own.signal.aborted) return;
      tried.value = { moves, result: null, trouble: sentence(error) };
      if (error instanceof Refusal && error.status === 412) void tellWhoWasFirst();
    },
  );
}

/** Asks whenever another plan is opened, or set against another. */
export function watchPlans(): void {
  let asking: AbortController | undefined;
  let before = "";
  effect(() => {
    const { plan: id, plans: { against } } = state.value;
    const key = `${id}/${against}`;
    if (key === before) return;
    before = key;
    asking?.abort();
    if (id === null) {
      forget();
      planTrouble.value = null;
      planStale.value = null;
      planNews.value = null;
      planAsking.value = false;
      return;
    }
    if (plan.peek()?.id !== id) forget();
    asking = new AbortController();
    const { signal: abort } = asking;
    void attempt(() => look(id, abort));
  });
  watchBeats();
  watchWalk();
  watchOthers();
  effect(() => {
    if (language.value !== "en" || state.value.plan === null || streetNames.peek().size > 0) return;
    service.streetNames().then((names) => (streetNames.value = names), () => undefined);
  });
}

/** Beats are much: they are asked for when assistants are looked at. */
function watchBeats(): void {
  let have = "";
  effect(() => {
    const { squad, assistant } = planLook.value;
    const open = plan.value;
    if (!open || (squad === null && assistant === null)) {
      if (!open) have = "";
      return;
    }
    const key = `${open.id}/${open.version}`;
    if (key === have) return;
    have = key;
    Promise.all([service.planBeats(open.id), service.assistants()]).then(
      ([beats, all]) => batch(() => {
        assistants.value = all;
        planBeats.value = beats;
      }),
      (error: unknown) => (planTrouble.value = sentence(error)),
    );
  });
}

function watchWalk(): void {
  let asking: AbortController | undefined;
  let before = "";
  effect(() => {
    const { plan: id, plans: { assistant } } = state.value;
    const key = typeof id === "number" && assistant !== null ? `${id}/${assistant}` : "";
    if (key === before) return;
    before = key;
    asking?.abort();
    walk.value = null;
    if (typeof id !== "number" || assistant === null) return;
    asking = new AbortController();
    service.walk(id, assistant, asking.signal).then(
      (found) => (walk.value = found),
      (error: unknown) => {
        if (!isVoid(error)) planTrouble.value = sentence(error);
      },
    );
  });
}

/** Tells when somebody else has put a plan in force while plans are open. */
function watchOthers(): void {
  effect(() => {
    if (!touched.value.some((name) => name === "squad-zones" || name === "road-sections")) return;
    if (state.peek().plan === null || planAsking.peek()) return;
    const held = planList.peek().find((each) => each.status === "published");
    service.plans().then((list) => {
      const now = list.find((each) => each.status === "published");
      if (planAsking.peek() || state.peek().plan === null || !now || now.id === held?.id) return;
      planNews.value = now;
      planList.value = list;
    }, () => undefined);
  });
}
