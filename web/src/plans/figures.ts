// What the figures of a plan say to a person: loads against targets, and what other numbers of people would make of them.
import type { Figures, Load, Parameters, ScoreRow, Wish } from "../api/plans.ts";
import type { Squad } from "../layers/layer.ts";
import { NO_WISH, type PlanWish } from "../state/plan-look.ts";

/** By how much a load may differ from its target unless a plan was asked otherwise, as a share. */
export const USUAL_BAND = 0.02;

/** How a load stands to its band; what rounding makes of an edge is within. */
export function standing(deviation: number, band: number): "over" | "under" | "within" {
  if (deviation > band + 5e-5) return "over";
  return deviation < -band - 5e-5 ? "under" : "within";
}

/** Deviations of the loads of a plan if squads had other people on duty, by squad. */
export function forecast(rows: readonly ScoreRow[], people: ReadonlyMap<number, number>): Map<number, number> {
  const strength = ({ squad_id: id, strength: own }: ScoreRow) => people.get(id) ?? own;
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const work = sum(rows.map((row) => row.load_min.total));
  const all = sum(rows.map(strength));
  return new Map(rows.map((row) => [row.squad_id, row.load_min.total / ((work * strength(row)) / all) - 1]));
}

/** The share of the target that a bar as long as its place stands for: one scale for all bars, so that targets align. */
export function barEnd(ratios: readonly number[], band: number): number {
  return Math.max(1 + 3 * band, ...ratios) * 1.02;
}

export const PARTS = ["patrol", "shops", "violations", "other"] as const satisfies readonly (keyof Load)[];

/** Parts of a load as shares of the target, each with where it begins. */
export function parts(row: ScoreRow): { part: (typeof PARTS)[number]; from: number; share: number }[] {
  let from = 0;
  return PARTS.flatMap((part) => {
    const share = row.load_min[part] / row.target_min;
    const found = { part, from, share };
    from += share;
    return share > 0 ? [found] : [];
  });
}

/** What the service is asked. */
export function asked(wish: PlanWish, squads: readonly Squad[], name: string): Wish {
  const codes = new Map(squads.map((squad) => [squad.id, squad]));
  const strengths = Object.fromEntries(wish.people.flatMap(([id, people]) => {
    const squad = codes.get(id);
    return squad && squad.strength !== people ? [[squad.code, people]] : [];
  }));
  const limits = {
    ...(wish.hand !== null && wish.hand < 100 ? { max_handover_share: wish.hand / 100 } : {}),
    ...(wish.touch === null ? {} : { max_squads_touched: wish.touch }),
  };
  const weights = {
    ...(wish.pace === null ? {} : { patrol_m_per_min: wish.pace }),
    ...(wish.shop === null ? {} : { minutes_per_shop: wish.shop }),
    ...(wish.case === null ? {} : { minutes_per_case: wish.case }),
  };
  return {
    name,
    from: wish.from,
    strengths,
    ...(wish.locks.length > 0 ? { locks: wish.locks.map(([section, squad]) => ({ section_id: section, squad_id: squad })) } : {}),
    // Limits are about what changes: from scratch there is nothing to change, in a rotation everything does.
    ...(Object.keys(limits).length > 0 && wish.from === "published" ? { limits } : {}),
    ...(Object.keys(weights).length > 0 ? { weights } : {}),
    ...(wish.band === null ? {} : { band: wish.band / 100 }),
    ...(wish.whole ? { groups: "name" as const } : {}),
  };
}

/** What a plan was asked, as a wish to begin the next one from. */
export function wishOf(parameters: Parameters, squads: readonly Squad[]): PlanWish {
  const { strengths = {}, locks = [], limits = {}, weights = {}, band, groups, from } = parameters;
  const hand = limits.max_handover_share;
  const percent = (share: number | undefined) => (share === undefined ? null : Math.round(1000 * share) / 10);
  return {
    ...NO_WISH,
    people: squads.flatMap(({ id, code }): [number, number][] => (strengths[code] === undefined ? [] : [[id, strengths[code]]])),
    locks: locks.flatMap(({ section_id: section, squad_id: squad }): [number, number][] => (section && squad ? [[section, squad]] : [])),
    hand: percent(hand),
    touch: limits.max_squads_touched ?? null,
    band: percent(band),
    pace: weights.patrol_m_per_min ?? null,
    shop: weights.minutes_per_shop ?? null,
    case: weights.minutes_per_case ?? null,
    from: from === "fresh" || from === "rotate" ? from : "published",
    whole: groups === "name",
  };
}

/** What a change by hand does to the measures of the whole. */
export function differences(before: Figures, after: Figures): { travel: number | null; seams: number; handover: number } {
  return {
    travel: before.travel_m === null || after.travel_m === null ? null : after.travel_m - before.travel_m,
    seams: after.seams - before.seams,
    handover: after.handover_share - before.handover_share,
  };
}
