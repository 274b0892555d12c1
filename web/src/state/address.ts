// The state of the page as the address tells it: `#at=14.20/34.58000/105.72000&layers=...`. Pure, both ways.
import type { By, Kind, LayerName, Place } from "../api/client.ts";
import { LANGUAGES, type Language } from "../text/dictionary.ts";
import { NO_LOOK, type PlanLook, readLook, writeLook } from "./plan-look.ts";
import { type Reach, readReach, writeReach } from "./reach.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export const WAYS = ["walk", "bicycle", "drive", "line"] as const satisfies readonly By[];
export const KINDS = ["bicycle", "motor", "motorcycle"] as const satisfies readonly Kind[];

/** Methods that the page offers; the interface has more. */
export const HOT_METHODS = ["ranking", "excess", "gi-star", "emerging", "network-density"] as const;
export type HotMethod = (typeof HOT_METHODS)[number];

/** What is asked about hotspots. */
export interface Hot {
  method: HotMethod;
  category: string | null;
  /** Days, `2026-01-31`; from inclusive, to exclusive. */
  from: string | null;
  to: string | null;
  /** Hours of the day and days of the week as the service reads them; null is all of them. */
  hours: string | null;
  weekdays: string | null;
}

/** Parts of the day and of the week that can be chosen. */
export const HOURS = ["6-10", "11-13", "14-16", "17-21", "22-5"] as const;
export const WEEKDAYS = ["1-5", "6-7"] as const;

/** The question when hotspots are opened. */
export const FIRST_HOT: Hot = { method: "ranking", category: null, from: null, to: null, hours: null, weekdays: null };

/** Where the map looks. */
export interface View {
  zoom: number;
  centre: Place;
}

/** What the page shows, whole. It is replaced, never changed. */
export interface State {
  /** Null until the district is known. */
  view: View | null;
  layers: readonly LayerName[];
  language: Language;
  theme: Theme;
  /** The place that was asked about. */
  here: Place | null;
  /** The feature whose card is open. */
  feature: { layer: LayerName; id: number } | null;
  by: By;
  /** Parking of these kinds, in the order of `KINDS`; of any when there are none. */
  kinds: readonly Kind[];
  onlyRoom: boolean;
  /** Null while hotspots are not asked for. */
  hot: Hot | null;
  /** The plan that is open, or all of them; null while plans are not asked for. */
  plan: number | "list" | null;
  /** How plans are looked at. */
  plans: PlanLook;
  /** Without points that say that they are closed now. */
  openNow: boolean;
  /** The limits of reach, when that is asked in place of the nearest parking. */
  reach: Reach | null;
}

export const DEFAULT: State = {
  view: null,
  layers: [
    "jurisdictions", "squad-zones", "road-sections", "parking-points", "violations", "construction-sites", "vending-sites",
  ],
  language: "zh-CN",
  theme: "auto",
  here: null,
  feature: null,
  by: "walk",
  kinds: [],
  onlyRoom: false,
  hot: null,
  plan: null,
  plans: NO_LOOK,
  openNow: false,
  reach: null,
};

/** Kinds in their order; all of them are as good as none. */
export function some(kinds: readonly string[]): readonly Kind[] {
  const chosen = KINDS.filter((kind) => kinds.includes(kind));
  return chosen.length < KINDS.length ? chosen : [];
}

/** The language of the page for a person who reads these, best first. */
export function preferredLanguage(languages: readonly string[]): Language {
  for (const language of languages) {
    if (/^zh\b/i.test(language)) return "zh-CN";
    if (/^en\b/i.test(language)) return "en";
  }
  return languages.length > 0 ? "en" : "zh-CN";
}

const LAYER = /^[a-z]+(-[a-z]+)*$/;

/** Text after the `#`. What equals `defaults` is left out, but for the view. */
export function write(state: State, defaults: State): string {
  const parts: string[] = [];
  if (state.view) {
    const [lon, lat] = state.view.centre;
    parts.push(`at=${state.view.zoom.toFixed(2)}/${lat.toFixed(5)}/${lon.toFixed(5)}`);
  }
  if (state.layers.join() !== defaults.layers.join()) parts.push(`layers=${state.layers.join(",")}`);
  if (state.language !== defaults.language) parts.push(`lang=${state.language}`);
  if (state.theme !== defaults.theme) parts.push(`theme=${state.theme}`);
  if (state.here) parts.push(`here=${state.here[1].toFixed(6)}/${state.here[0].toFixed(6)}`);
  if (state.feature) parts.push(`feature=${state.feature.layer}/${state.feature.id}`);
  if (state.by !== defaults.by) parts.push(`by=${state.by}`);
  if (state.kinds.length > 0) parts.push(`kind=${state.kinds.join(",")}`);
  if (state.onlyRoom) parts.push("room=yes");
  if (state.hot) {
    const { method, category, from, to, hours, weekdays } = state.hot;
    parts.push(`hot=${[method, category, from, to, hours, weekdays].map((part) => part ?? "").join("/").replace(/\/+$/, "")}`);
  }
  if (state.plan !== null) parts.push(`plan=${state.plan}`);
  parts.push(...writeLook(state.plans));
  if (state.openNow) parts.push("open=now");
  if (state.reach) parts.push(`reach=${writeReach(state.reach)}`);
  return parts.join("&");
}

/** What cannot be read is as in `defaults`: an address may come from anywhere. */
export function read(text: string, defaults: State): State {
  const given = new URLSearchParams(text.replace(/^#/, ""));
  const at = numbers(given.get("at"));
  const here = numbers(given.get("here"));
  const layers = given.get("layers");
  const [layer, id] = (given.get("feature") ?? "").split("/");
  return {
    view: view(at) ?? defaults.view,
    layers: layers === null ? defaults.layers : (layers.split(",").filter((name) => LAYER.test(name)) as LayerName[]),
    language: one(given.get("lang"), LANGUAGES) ?? defaults.language,
    theme: one(given.get("theme"), THEMES) ?? defaults.theme,
    here: here.length === 2 ? place(here[1], here[0]) : null,
    feature: layer && LAYER.test(layer) && /^[1-9]\d{0,15}$/.test(id ?? "") ? { layer: layer as LayerName, id: Number(id) } : null,
    by: one(given.get("by"), WAYS) ?? defaults.by,
    kinds: some((given.get("kind") ?? "").split(",")),
    onlyRoom: given.get("room") === "yes",
    hot: hot(given.get("hot")),
    plan: plan(given.get("plan")),
    plans: readLook(given),
    openNow: given.get("open") === "now",
    reach: readReach(given.get("reach")),
  };
}

const DAY = /^\d{4}-\d\d-\d\d$/;

function plan(text: string | null): number | "list" | null {
  if (text === "list") return "list";
  return text !== null && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
}

function hot(text: string | null): Hot | null {
  if (text === null) return null;
  const [method, category, from, to, hours, weekdays] = text.split("/");
  const day = (given?: string) => (given && DAY.test(given) ? given : null);
  return {
    method: one(method ?? null, HOT_METHODS) ?? "ranking",
    category: category && LAYER.test(category) ? category : null,
    from: day(from),
    to: day(to),
    hours: one(hours ?? null, HOURS),
    weekdays: one(weekdays ?? null, WEEKDAYS),
  };
}

function numbers(text: string | null): number[] {
  const parts = (text ?? "").split("/");
  return parts.every((part) => part.trim() !== "" && Number.isFinite(Number(part))) ? parts.map(Number) : [];
}

function view([zoom, lat, lon, ...rest]: number[]): View | null {
  const centre = place(lon, lat);
  if (zoom === undefined || zoom < 0 || zoom > 22 || !centre || rest.length > 0) return null;
  return { zoom, centre };
}

function place(lon?: number, lat?: number): Place | null {
  if (lon === undefined || lat === undefined || Math.abs(lon) > 180 || Math.abs(lat) > 85) return null;
  return [lon, lat];
}

function one<const T extends string>(text: string | null, all: readonly T[]): T | null {
  return all.find((each) => each === text) ?? null;
}
