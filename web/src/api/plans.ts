// Plans, as the service tells and takes them.
import { ask, type Feature, send } from "./client.ts";

export interface PlanSummary {
  id: number;
  version: number;
  status: "draft" | "published" | "superseded";
  name: string;
  created_at: string;
  published_at: string | null;
  max_deviation: number | null;
  handover_share: number | null;
}

export interface ScoreRow {
  squad_id: number;
  strength: number;
  sections: number;
  km: number;
  shops: number;
  cases: number;
  load_min: { patrol: number; shops: number; violations: number; other: number; total: number };
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

export interface Plan extends PlanSummary {
  figures: Figures;
  changes: Change[] | null;
  changes_against: number | null;
}

interface Cost {
  travel: number;
  seams: number;
  handover: number;
  total: number;
}

export interface SectionProperties {
  name: string | null;
  squad_id: number | null;
  load_min: ScoreRow["load_min"];
  shops: number;
  cases: number;
  base_m?: number | null;
  cost?: Cost;
  changes: boolean;
  was_squad_id: number | null;
  runner_up?: { squad_id: number; change: Cost; is_adjacent: boolean; keeps_pieces_whole: boolean; keeps_band: boolean } | null;
}

export interface Moved {
  version: number;
  sections_moved: number;
  squads_touched: { squad_id: number; deviation_before: number; deviation_after: number }[];
  figures: Figures & { extra_pieces: number };
}

export interface Wish {
  name?: string;
  from?: "fresh" | "published";
  strengths: Record<string, number>;
  limits?: { max_handover_share?: number };
}

export async function plans(): Promise<PlanSummary[]> {
  return ((await ask("/api/plans", {})) as { plans: PlanSummary[] }).plans;
}

export async function plan(id: number, signal?: AbortSignal): Promise<Plan> {
  return (await ask(`/api/plans/${id}`, {}, signal)) as Plan;
}

export async function planSections(id: number, signal?: AbortSignal): Promise<Feature[]> {
  return ((await ask(`/api/plans/${id}/sections`, {}, signal)) as { features: Feature[] }).features;
}

export async function propose(wish: Wish): Promise<Plan> {
  return (await send("POST", "/api/plans", wish)) as Plan;
}

/** What giving a section to another squad would do, or does. */
export async function move(id: number, version: number, section: number, squad: number, dryRun: boolean): Promise<Moved> {
  const body = { sections: [{ section_id: section, squad_id: squad }] };
  return (await send("PATCH", `/api/plans/${id}/sections${dryRun ? "?dry_run=true" : ""}`, body, version)) as Moved;
}

export async function publish(id: number, version: number): Promise<Plan> {
  return (await send("POST", `/api/plans/${id}/publish`, undefined, version)) as Plan;
}

export async function drop(id: number, version: number): Promise<void> {
  await send("DELETE", `/api/plans/${id}`, undefined, version);
}
