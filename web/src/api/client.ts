// The one way to the service. What it answers is typed by its own description; a problem keeps its own sentence.
import type { components } from "./schema.d.ts";

type Schemas = components["schemas"];
export type LayerName = components["parameters"]["layer"];
export type By = components["parameters"]["by"];
export type ByStreets = components["parameters"]["by_streets"];
export type Kind = Schemas["parking-points"]["properties"]["kind"];
export type Bbox = [west: number, south: number, east: number, north: number];
export type Place = readonly [lon: number, lat: number];

/** A feature as it comes, whatever its layer. */
export type Feature = GeoJSON.Feature<GeoJSON.Geometry | null, Record<string, unknown>>;

export interface Features {
  features: Feature[];
  numberReturned: number;
  /** Exact when it costs the service little; else it is left out. */
  numberMatched?: number;
}

export interface Collection {
  id: LayerName;
  title: string;
  "x-title-zh": string;
  itemCount: number;
  "x-sequence": number;
  extent?: { spatial?: { bbox: Bbox[] } };
}

/** What a layer says about one of its properties. */
export interface Declared {
  title?: string;
  "x-title-zh"?: string;
  "x-titles"?: Record<string, { en: string; zh: string }>;
  "x-ogc-unit"?: string;
  "x-ogc-collectionId"?: LayerName;
  format?: string;
}

/** What the service said went wrong, in its own sentence. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

export async function ask(path: string, query: Record<string, string | number | readonly string[] | undefined>, signal?: AbortSignal): Promise<unknown> {
  // A list is a parameter that stands several times.
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [value].flat().map((each) => [name, String(each)])));
  const search = new URLSearchParams(given).toString();
  const response = await fetch(search ? `${path}?${search}` : path, {
    headers: { accept: "application/geo+json, application/schema+json, application/json" },
    ...(signal ? { signal } : {}),
  });
  if (response.ok) return response.json();
  const problem = (await response.json().catch(() => ({}))) as Partial<Schemas["problem"]>;
  throw new Refusal(response.status, problem.detail ?? problem.title ?? `${response.status} ${response.statusText}`);
}

/** Writes something; `version` is the one that was seen, so that nobody's change is lost. */
export async function send(method: string, path: string, body?: unknown, version?: number): Promise<unknown> {
  const response = await fetch(path, {
    method,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(version === undefined ? {} : { "if-match": `"${version}"` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = (await response.json().catch(() => ({}))) as Partial<Schemas["problem"]>;
  throw new Refusal(response.status, problem.detail ?? problem.title ?? `${response.status} ${response.statusText}`);
}

export async function collections(): Promise<Collection[]> {
  const answer = (await ask("/api/collections", {})) as { collections: Collection[] };
  return answer.collections;
}

interface Wanted {
  bbox?: Bbox | undefined;
  limit: number;
  sortby?: string | undefined;
  properties?: string | undefined;
  /** What has ended is left out, where the layer keeps it. */
  current?: boolean | undefined;
}

/** Features of a layer; the bounds are rounded outwards, so that a window is the same text when it is the same. */
export async function items(layer: LayerName, { current, ...wanted }: Wanted, signal?: AbortSignal): Promise<Features> {
  const bbox = wanted.bbox?.map((degree) => degree.toFixed(5)).join(",");
  const datetime = current ? `${new Date().toISOString()}/..` : undefined;
  return (await ask(`/api/collections/${layer}/items`, { ...wanted, bbox, datetime }, signal)) as Features;
}

/** Where the JSON of a feature stands. */
export function itemPath(layer: LayerName, id: number): string {
  return `/api/collections/${layer}/items/${id}`;
}

export async function item(layer: LayerName, id: number, signal?: AbortSignal): Promise<Feature> {
  return (await ask(itemPath(layer, id), {}, signal)) as Feature;
}

/** What the properties of a layer are called, in both languages. */
export async function declared(layer: LayerName): Promise<Record<string, Declared>> {
  const schema = (await ask(`/api/collections/${layer}/schema`, {})) as {
    properties?: Record<string, Declared> & { properties?: { properties?: Record<string, Declared> } };
  };
  return schema.properties?.properties?.properties ?? schema.properties ?? {};
}

interface NearestQuestion {
  from: Place;
  k: number;
  by: By;
  kinds: readonly Kind[];
  minRoom?: number | undefined;
  /** A time at which they must not say that they are closed. */
  openAt?: string | undefined;
}

export async function nearestParking(question: NearestQuestion, signal?: AbortSignal): Promise<Features> {
  const [lon, lat] = question.from;
  const query = {
    lon: lon.toFixed(7),
    lat: lat.toFixed(7),
    k: question.k,
    by: question.by,
    kind: question.kinds,
    min_room: question.minRoom,
    open_at: question.openAt,
    // The way itself; the straight line has none.
    route: question.by === "line" ? undefined : "true",
  };
  return (await ask("/api/collections/parking-points/nearest", query, signal)) as Features;
}

interface Score {
  share: number;
  pai: number;
  pei: number;
  hit_rate: number;
}

/** An answer about hotspots; a ranking says how it was chosen. */
export interface Hotspots {
  features: Feature[];
  method: string;
  cases: { selected: number; used: number };
  note?: string;
  winner?: string;
  beats_counts?: boolean;
  backtest?: { held_back: [string, string]; methods: { method: string; rolling: Score[]; held_back: Score[] }[] } | null;
}

export interface TimePatterns {
  weekdays: { weekday: number; days: number; count: number; by_hour: number[] }[];
  months: { month: string; count: number; days: number; whole: boolean; per_day: number | null }[];
  trend: { direction: "rising" | "falling" | "none"; p: number } | null;
  season: { index: (number | null)[]; high_months: number[]; strength: number | null } | null;
}

interface CasesQuestion {
  method: string;
  category: string | null;
  from: string | null;
  to: string | null;
  hours: string | null;
  weekdays: string | null;
}

/** How often what was put right comes back. */
export interface Recurrence {
  recurrence: { groups_of_3: number; share_in_groups_of_3: number | null; days_to_recur: { median: number | null } };
  months: { month: string; count: number; share: number | null }[];
}

/** Which cases are asked about. */
function selection({ category, from, to, hours, weekdays }: CasesQuestion): Record<string, string | undefined> {
  return { category: category ?? undefined, from: from ?? undefined, to: to ?? undefined, hours: hours ?? undefined, weekdays: weekdays ?? undefined };
}

export async function hotspots(question: CasesQuestion, signal?: AbortSignal): Promise<Hotspots> {
  return (await ask("/api/hotspots", { method: question.method, ...selection(question) }, signal)) as Hotspots;
}

export async function timePatterns(question: CasesQuestion, signal?: AbortSignal): Promise<TimePatterns> {
  return (await ask("/api/time-patterns", selection(question), signal)) as TimePatterns;
}

export async function recurrence(question: CasesQuestion, signal?: AbortSignal): Promise<Recurrence> {
  return (await ask("/api/recurrence", selection(question), signal)) as Recurrence;
}

export interface Reached {
  features: GeoJSON.Feature<GeoJSON.Geometry | null, { what: "area" | "streets"; metres?: number; minutes?: number; street_m: number }>[];
  /** Where the place meets the streets. */
  origin: { access_m: number; on_island: boolean };
}

/** Streets that can be reached within each limit, and an area that holds them. */
export async function reach(from: Place, by: ByStreets, unit: "metres" | "minutes", limits: readonly number[], signal?: AbortSignal): Promise<Reached> {
  const query = { lon: from[0].toFixed(7), lat: from[1].toFixed(7), by, [unit]: limits.join(",") };
  return (await ask("/api/reach", query, signal)) as Reached;
}

/** The street section at a place, if one lies within reach. */
export async function sectionAt([lon, lat]: Place, withinM: number, signal?: AbortSignal): Promise<Feature | null> {
  const query = { lon: lon.toFixed(7), lat: lat.toFixed(7), k: 1, by: "line", max_m: withinM };
  const answer = (await ask("/api/collections/road-sections/nearest", query, signal)) as Features;
  return answer.features[0] ?? null;
}
