// What the page asks about a place: its street, its zone, and the nearest parking points. Answers are signals.
import { effect, signal } from "@preact/signals";
import { type By, type Feature, items, nearestParking, type Place, Refusal, sectionAt } from "../api/client.ts";
import { holds } from "../layers/squad-zones.ts";
import { within } from "../map/bounds.ts";
import { isVoid, sentence } from "../state/facts.ts";
import { state } from "../state/state.ts";

/** How many parking points are told. */
const K = 5;
/** A street within so many metres is the street of the place. */
const REACH_M = 50;

export interface Found {
  feature: Feature;
  rank: number;
  /** All of the way; null when there is none. */
  distanceM: number | null;
  durationS: number | null;
  reason: string | null;
  /** Whether it is open when that was asked; null when nobody knows. */
  open?: boolean | null;
  /** It may be otherwise if the day is a holiday. */
  ifNoHoliday?: boolean;
  way: GeoJSON.LineString | GeoJSON.MultiLineString | null;
}

export interface Nearest {
  from: Place;
  /** Why it was answered by the straight line, when another way was asked for. */
  refused: string | null;
  found: readonly Found[];
}

export interface Surroundings {
  section: Feature | null;
  zone: Feature | null;
}

export const nearest = signal<Nearest | null>(null);
/** Why there is no answer, in the service's sentence. */
export const nearestTrouble = signal<string | null>(null);
export const asking = signal(false);
export const surroundings = signal<Surroundings | null>(null);

export function found(feature: Feature, position: number): Found {
  const { rank, distance_m: distance, line_m: line, duration_s: duration, reason, route, open } = feature.properties;
  const way = (route ?? (feature as unknown as { route?: unknown }).route) as GeoJSON.Geometry | undefined;
  const metres = distance === undefined ? line : distance;
  return {
    feature,
    rank: typeof rank === "number" ? rank : position + 1,
    distanceM: typeof metres === "number" ? metres : null,
    durationS: typeof duration === "number" ? duration : null,
    reason: typeof reason === "string" ? reason : null,
    ...(open === undefined ? {} : { open: typeof open === "boolean" ? open : null }),
    ifNoHoliday: "open_on_public_holiday" in feature.properties || "open_on_school_holiday" in feature.properties,
    way: way?.type === "LineString" || way?.type === "MultiLineString" ? way : null,
  };
}

async function ask(from: Place, by: By, abort: AbortSignal): Promise<Nearest> {
  const { kinds, onlyRoom, openNow } = state.peek();
  // To the minute, as hours are told.
  const now = `${new Date().toISOString().slice(0, 16)}Z`;
  const question = { from, k: K, kinds, minRoom: onlyRoom ? 1 : undefined, openAt: openNow ? now : undefined };
  const answer = async (way: By, refused: string | null): Promise<Nearest> => {
    const { features } = await nearestParking({ ...question, by: way }, abort);
    return { from, refused, found: features.map(found) };
  };
  try {
    return await answer(by, null);
  } catch (error) {
    // A service without streets refuses ways along them; the straight line always answers.
    if (!(error instanceof Refusal) || error.status !== 422 || by === "line") throw error;
    return answer("line", error.message);
  }
}

let running: AbortController | undefined;
let looking: AbortController | undefined;

async function answerNearest(from: Place, by: By, abort: AbortSignal): Promise<void> {
  asking.value = true;
  try {
    nearest.value = await ask(from, by, abort);
    nearestTrouble.value = null;
  } catch (error) {
    if (isVoid(error)) return;
    nearest.value = null;
    nearestTrouble.value = sentence(error);
  }
  asking.value = false;
}

async function look(place: Place, abort: AbortSignal): Promise<void> {
  const [lon, lat] = place;
  try {
    const window = { bbox: [lon - 1e-5, lat - 1e-5, lon + 1e-5, lat + 1e-5] as [number, number, number, number], limit: 20, current: true };
    const [section, zones] = await Promise.all([sectionAt(place, REACH_M, abort), items("squad-zones", window, abort)]);
    const zone = zones.features.find((each) => within(place, each.geometry) && holds(each));
    surroundings.value = { section, zone: zone ?? null };
  } catch (error) {
    if (!isVoid(error)) surroundings.value = null;
  }
}

/** Asks whenever place, way, kinds, room or hours change; for parking only while nothing else is asked of the place. */
export function watchPlace(): void {
  const key = signal("");
  effect(() => {
    const { here, by, kinds, onlyRoom, openNow, reach } = state.value;
    key.value = JSON.stringify([here, by, reach !== null, kinds, onlyRoom, openNow]);
  });
  let looked = "";
  effect(() => {
    const [here, by, otherwise] = JSON.parse(key.value) as [Place | null, By, boolean];
    running?.abort();
    if (!here || otherwise) {
      nearest.value = null;
      nearestTrouble.value = null;
      asking.value = false;
    } else {
      running = new AbortController();
      void answerNearest(here, by, running.signal);
    }
    if (!here) {
      surroundings.value = null;
      looked = "";
      return;
    }
    if (looked === here.join()) return;
    looked = here.join();
    surroundings.value = null;
    looking?.abort();
    looking = new AbortController();
    void look(here, looking.signal);
  });
}
