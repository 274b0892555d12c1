// Plans, as the service tells and takes them.
import { ask, type Feature, items, type Place, send } from "./client.ts";
import { type Progress, work } from "./jobs.ts";

/** A time in which a plan held. */
export interface Term {
  from: string;
  to: string | null;
  actor: string;
}

export interface PlanSummary {
  id: number;
  version: number;
  status: "draft" | "published" | "superseded";
  name: string;
  created_at: string;
  created_by: string;
  published_at: string | null;
  published_by: string | null;
  superseded_at: string | null;
  in_force: Term[];
  max_deviation: number | null;
  handover_share: number | null;
}

export interface Load {
  patrol: number;
  shops: number;
  violations: number;
  other: number;
  total: number;
}

export interface ScoreRow {
  squad_id: number;
  strength: number;
  sections: number;
  km: number;
  shops: number;
  cases: number;
  load_min: Load;
  target_min: number;
  deviation: number;
}

export interface Figures {
  squads: ScoreRow[];
  total_min: number;
  max_deviation: number;
  handover_share: number;
  handover_bound?: { strict: number; flow: number };
  travel_m: number | null;
  travel_gap?: number;
  seams: number;
  notes: string[];
  extra_pieces?: number;
}

export interface Change {
  from_squad_id: number | null;
  to_squad_id: number;
  sections: number;
  section_ids: number[];
  streets: string[];
  km: number;
  load_min: number;
  reason: { kind: string; squad_id?: number; deviation_before?: number; deviation_after?: number; text: string };
}

/** What a plan was asked to heed. */
export interface Parameters {
  from?: string;
  strengths?: Record<string, number>;
  locks?: { section_id?: number; squad_id?: number }[];
  limits?: { max_handover_share?: number; max_squads_touched?: number };
  weights?: { patrol_m_per_min?: number; minutes_per_shop?: number; minutes_per_case?: number };
  band?: number;
  groups?: string;
}

export interface Plan extends PlanSummary {
  parameters: Parameters;
  figures: Figures;
  changes: Change[] | null;
  changes_against: number | null;
}

export interface Comparison {
  with: PlanSummary;
  handover_share: number;
  sections_moved: number;
  /** Without deviations where the squad has no streets any more. */
  squads: { squad_id: number; deviation_before: number | null; deviation_after: number | null; sections_before: number; sections_after: number }[];
  changes: Change[];
}

export interface Cost {
  travel: number;
  seams: number;
  handover: number;
  total: number;
}

export interface SectionProperties {
  name: string | null;
  squad_id: number | null;
  load_min: Load;
  length_m: number;
  shops: number;
  cases: number;
  base_m?: number | null;
  cost?: Cost;
  is_bound?: boolean;
  changes: boolean;
  was_squad_id: number | null;
  runner_up?: { squad_id: number; change: Cost; is_adjacent: boolean; keeps_pieces_whole: boolean; keeps_band: boolean } | null;
}

export interface Move {
  section_id: number;
  squad_id: number;
}

export interface Moved {
  version: number;
  sections_moved: number;
  squads_touched: { squad_id: number; deviation_before: number; deviation_after: number }[];
  figures: Figures;
}

export interface Wish {
  name?: string;
  from: "fresh" | "published" | "given" | "rotate";
  strengths?: Record<string, number>;
  locks?: Move[];
  limits?: { max_handover_share?: number; max_squads_touched?: number };
  weights?: { patrol_m_per_min?: number; minutes_per_shop?: number; minutes_per_case?: number };
  band?: number;
  groups?: "name";
  sections?: Move[];
}

/** A stretch of a section that an assistant answers for. */
export interface Beat {
  section_id: number;
  from_share: number;
  to_share: number;
  assistant_id: number;
  assistant_code: string | null;
  squad_id: number | null;
  load_min: number | null;
}

export interface Walk {
  assistant_id: number;
  code: string;
  distance_m: number;
  own_m: number;
  passed_m: number;
  duration_s: number;
  is_shortest: boolean;
}

export interface Shared {
  squads: { squad_id: number; max_deviation?: number; notes: string[]; cuts?: unknown[] }[];
}

interface InChargeSquad {
  squad_id: number;
  reason: { kind: string; plan_id?: number; name?: string | null; text: string };
}

export interface InCharge {
  at: string;
  owner: InChargeSquad | null;
  on_duty: InChargeSquad[];
}

export async function plans(): Promise<PlanSummary[]> {
  return ((await ask("/api/plans", {})) as { plans: PlanSummary[] }).plans;
}

export async function plan(id: number, signal?: AbortSignal): Promise<Plan> {
  return (await ask(`/api/plans/${id}`, {}, signal)) as Plan;
}

async function features(path: string, signal?: AbortSignal): Promise<Feature[]> {
  return ((await ask(path, {}, signal)) as { features: Feature[] }).features;
}

export const planSections = (id: number, signal?: AbortSignal) => features(`/api/plans/${id}/sections`, signal);
export const planZones = (id: number, signal?: AbortSignal) => features(`/api/plans/${id}/zones`, signal);
export const planBeats = (id: number, signal?: AbortSignal) => features(`/api/plans/${id}/beats`, signal);

/** A plan beside another, loads counted with the minutes of the first. */
export async function compare(id: number, other: number, signal?: AbortSignal): Promise<Comparison> {
  return (await ask(`/api/plans/${id}/compare`, { with: other }, signal)) as Comparison;
}

/** Where the closed walk of an assistant stands, for a link, too. */
export function walkPath(id: number, assistant: number, format?: "gpx"): string {
  return `/api/plans/${id}/route?assistant=${assistant}${format ? `&f=${format}` : ""}`;
}

export async function walk(id: number, assistant: number, signal?: AbortSignal): Promise<Feature> {
  return (await ask(walkPath(id, assistant), {}, signal)) as Feature;
}

export async function assistants(signal?: AbortSignal): Promise<Feature[]> {
  return (await items("assistants", { limit: 10_000 }, signal)).features;
}

/** What streets are called in English, by their own name, as far as the data say. */
export async function streetNames(): Promise<Map<string, string>> {
  const { features: all } = await items("road-sections", { limit: 10_000, properties: "name,name:en" });
  const named = all.map(({ properties }) => [properties.name, properties["name:en"]]);
  return new Map(named.filter((pair): pair is [string, string] => typeof pair[0] === "string" && typeof pair[1] === "string"));
}

export async function propose(wish: Wish, told: (progress: Progress) => void, abort?: AbortSignal): Promise<Plan> {
  return (await work("/api/plans", wish, told, abort)) as Plan;
}

/** Shares the sections of every squad out among its assistants. */
export async function shareOut(id: number, told: (progress: Progress) => void, abort?: AbortSignal): Promise<Shared> {
  return (await work(`/api/plans/${id}/beats`, undefined, told, abort)) as Shared;
}

/** What giving sections to other squads would do, or does. */
export async function move(id: number, version: number, moves: readonly Move[], dryRun: boolean): Promise<Moved> {
  return (await send("PATCH", `/api/plans/${id}/sections${dryRun ? "?dry_run=true" : ""}`, { sections: moves }, version)) as Moved;
}

export async function publish(id: number, version: number): Promise<Plan> {
  return (await send("POST", `/api/plans/${id}/publish`, undefined, version)) as Plan;
}

export async function drop(id: number, version: number): Promise<void> {
  await send("DELETE", `/api/plans/${id}`, undefined, version);
}

/** Who is in charge of a place, now. */
export async function inCharge([lon, lat]: Place, signal?: AbortSignal): Promise<InCharge> {
  return (await ask("/api/in-charge", { lon: lon.toFixed(7), lat: lat.toFixed(7) }, signal)) as InCharge;
}
