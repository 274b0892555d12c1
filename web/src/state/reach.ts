// The limits of reach: what may be chosen, how a choice changes, how the address tells them. Pure.

export const UNITS = ["metres", "minutes"] as const;
export type Unit = (typeof UNITS)[number];

/** Limits of one unit, ascending, none twice. */
export interface Reach {
  unit: Unit;
  limits: readonly number[];
}

/** As many bands as can be told apart by their colours. */
export const MOST_LIMITS = 5;
const FARTHEST: Record<Unit, number> = { metres: 20_000, minutes: 120 };

/** Those that a press chooses; any other can be typed. */
export const OFFERED: Record<Unit, readonly number[]> = { metres: [300, 600, 1_200, 2_000, 5_000], minutes: [5, 10, 15, 30] };
const FIRST: Record<Unit, readonly number[]> = { metres: [300, 600, 1_200], minutes: [5, 10, 15] };

export function firstReach(unit: Unit = "metres"): Reach {
  return { unit, limits: FIRST[unit] };
}

/** Whether a number may be a limit: to the whole metre, to the tenth of a minute. */
export function isLimit(unit: Unit, limit: number): boolean {
  const steps = unit === "metres" ? limit : limit * 10;
  return limit > 0 && limit <= FARTHEST[unit] && Math.abs(steps - Math.round(steps)) < 1e-9;
}

export function farthest(unit: Unit): number {
  return FARTHEST[unit];
}

/** All that are offered or chosen, ascending. */
export function choices({ unit, limits }: Reach): readonly number[] {
  return ascending([...OFFERED[unit], ...limits]);
}

/** Takes a limit in or out. The last one stays, and there are never too many. */
export function toggled({ unit, limits }: Reach, limit: number): Reach {
  const others = limits.filter((each) => each !== limit);
  if (others.length < limits.length) return { unit, limits: others.length > 0 ? others : limits };
  return isLimit(unit, limit) && limits.length < MOST_LIMITS ? { unit, limits: ascending([...limits, limit]) } : { unit, limits };
}

const SUFFIX: Record<Unit, string> = { metres: "m", minutes: "min" };

/** `300,600,1200m`, `5,10min`. */
export function writeReach({ unit, limits }: Reach): string {
  return `${limits.join(",")}${SUFFIX[unit]}`;
}

/** Null where the text is no list of limits. */
export function readReach(text: string | null): Reach | null {
  const [, list = "", suffix] = /^([\d.]+(?:,[\d.]+)*)(m|min)$/.exec(text ?? "") ?? [];
  const unit = UNITS.find((each) => SUFFIX[each] === suffix);
  if (!unit) return null;
  const limits = ascending(list.split(",").map(Number));
  return limits.length <= MOST_LIMITS && limits.every((limit) => isLimit(unit, limit)) ? { unit, limits } : null;
}

function ascending(limits: readonly number[]): readonly number[] {
  return [...new Set(limits)].toSorted((a, b) => a - b);
}
