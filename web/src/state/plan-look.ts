// How plans are looked at, and what the next proposal is asked to heed, as the address tells it. Pure, both ways.

/** A section, and the squad it shall stay with. */
export type Lock = readonly [section: number, squad: number];

export const BEGINNINGS = ["published", "fresh", "rotate"] as const;

/** What the next proposal heeds; null is as usual. */
export interface PlanWish {
  /** People on duty by squad, where that is not its strength. */
  people: readonly (readonly [squad: number, people: number])[];
  locks: readonly Lock[];
  /** Work that may change hands, per cent. */
  hand: number | null;
  /** Squads that may be touched. */
  touch: number | null;
  /** By how much a load may differ from its target, per cent. */
  band: number | null;
  /** Metres a minute on patrol; minutes a shop; minutes a case. */
  pace: number | null;
  shop: number | null;
  case: number | null;
  /** Where it begins: the plan in force changed little, nothing at all, or squads changing places by lot. */
  from: (typeof BEGINNINGS)[number];
  /** Streets of a name stay whole. */
  whole: boolean;
}

export interface PlanLook {
  /** The plan it is set against, where that is not the one before it. */
  against: number | null;
  /** Every street in full colour, or what changes; null as is usual for the plan. */
  all: boolean | null;
  /** The change that is looked at, by its first section. */
  change: number | null;
  /** The squad that is looked at, and one of its assistants. */
  squad: number | null;
  assistant: number | null;
  /** The squad that what is looked at might go to. */
  target: number | null;
  wish: PlanWish;
}

export const NO_WISH: PlanWish = { people: [], locks: [], hand: null, touch: null, band: null, pace: null, shop: null, case: null, from: "published", whole: false };
export const NO_LOOK: PlanLook = { against: null, all: null, change: null, squad: null, assistant: null, target: null, wish: NO_WISH };

/** Numbers of a wish with the range they are taken from. */
export const RANGES = { hand: [0, 100], touch: [2, 99], band: [1, 30], pace: [10, 200], shop: [0, 10], case: [0, 120] } as const;
type Ranged = keyof typeof RANGES;
const RANGED = Object.keys(RANGES) as Ranged[];
const PEOPLE: readonly [number, number] = [1, 999];
/** An address holds no more locks than this. */
const MOST = 200;

/** Parts of the address; what is as usual is left out. */
export function writeLook({ against, all, change, squad, assistant, target, wish }: PlanLook): string[] {
  const parts: string[] = [];
  for (const [name, value] of Object.entries({ against, change, squad, assistant, to: target })) {
    if (value !== null) parts.push(`${name}=${value}`);
  }
  if (all !== null) parts.push(`show=${all ? "all" : "changes"}`);
  const joined = (numbers: readonly (readonly [number, number])[]) => numbers.map((pair) => pair.join(":")).join(",");
  if (wish.people.length > 0) parts.push(`people=${joined(wish.people)}`);
  if (wish.locks.length > 0) parts.push(`locks=${joined(wish.locks)}`);
  const said = [...RANGED.filter((name) => wish[name] !== null).map((name) => `${name}:${wish[name]}`), ...(wish.from === "published" ? [] : [wish.from]), ...(wish.whole ? ["whole"] : [])];
  if (said.length > 0) parts.push(`wish=${said.join(",")}`);
  return parts;
}

/** What cannot be read is as usual: an address may come from anywhere. */
export function readLook(given: URLSearchParams): PlanLook {
  const words = (given.get("wish") ?? "").split(",");
  const ranged = Object.fromEntries(RANGED.map((name) => {
    const [, text] = words.map((word) => word.split(":")).find(([own]) => own === name) ?? [];
    return [name, number(text, RANGES[name])];
  })) as Record<Ranged, number | null>;
  return {
    against: id(given.get("against")),
    all: given.get("show") === "all" ? true : given.get("show") === "changes" ? false : null,
    change: id(given.get("change")),
    squad: id(given.get("squad")),
    assistant: id(given.get("assistant")),
    target: id(given.get("to")),
    wish: {
      ...ranged,
      from: BEGINNINGS.find((from) => words.includes(from)) ?? "published",
      whole: words.includes("whole"),
      people: pairs(given.get("people")).filter(([, people]) => people >= PEOPLE[0] && people <= PEOPLE[1]),
      locks: pairs(given.get("locks")),
    },
  };
}

function id(text: string | null | undefined): number | null {
  return text && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}

function number(text: string | undefined, [least, most]: readonly [number, number]): number | null {
  const value = text === undefined || !/^\d{1,3}(\.\d)?$/.test(text) ? null : Number(text);
  return value !== null && value >= least && value <= most ? value : null;
}

/** Each first number once. */
function pairs(text: string | null): (readonly [number, number])[] {
  const found = new Map<number, number>();
  for (const pair of (text ?? "").split(",").slice(0, MOST)) {
    const [one, other, ...rest] = pair.split(":").map(id);
    if (one && other && rest.length === 0) found.set(one, other);
  }
  return [...found];
}

/** Locks with one more, or with another squad; without the section's where no squad is given. */
export function locked(locks: readonly Lock[], section: number, squad: number | null): readonly Lock[] {
  const others = locks.filter(([own]) => own !== section);
  return squad === null ? others : [...others, [section, squad]];
}

/** What Escape takes away while plans are open: the innermost thing that is looked at. */
export function outwards(plan: number | "list", look: PlanLook, hasSection: boolean): { look: PlanLook; section: boolean; plan: number | "list" | null } {
  const stay = { look, section: hasSection, plan };
  if (look.target !== null) return { ...stay, look: { ...look, target: null } };
  if (hasSection) return { ...stay, section: false };
  if (look.assistant !== null) return { ...stay, look: { ...look, assistant: null } };
  if (look.change !== null) return { ...stay, look: { ...look, change: null } };
  if (look.squad !== null) return { ...stay, look: { ...look, squad: null } };
  return { look: { ...NO_LOOK, wish: look.wish }, section: false, plan: plan === "list" ? null : "list" };
}
