// The map: MapLibre bound to the state of the page. The style follows the state, the state follows the map's moves.
import { type GeoJSONSource, Map as MapLibreMap, ScaleControl, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { batch, effect, signal, untracked } from "@preact/signals";
import type { Bbox, Feature, LayerName, Place } from "../api/client.ts";
import { drawnHotspots, hotspotBounds, HOTSPOTS } from "../layers/hotspots.ts";
import { LAYERS } from "../layers/index.ts";

import type { MapLayer } from "../layers/layer.ts";
import { card } from "../modes/card.ts";
import { nearest } from "../modes/here.ts";
import { hotspots } from "../modes/hot.ts";
import { reaching } from "../modes/reach.ts";
import type { Hit, Mode } from "../modes/mode.ts";
import { street } from "../modes/street.ts";
import { begin, collections, district, touched } from "../state/facts.ts";
import { look } from "../state/look.ts";
import { drawnLayers, drift, language, light, shownLayers, state, words } from "../state/state.ts";
import { answerBounds, answerFeatures } from "./answer.ts";
import { boundsOf } from "./bounds.ts";
import { addMarks } from "./marks.ts";
import { drawPlans } from "./plans.ts";
import { REACH, reachBounds, reachFeatures } from "./reach.ts";
import { ANSWER, hits, restyle, styleOf } from "./style.ts";
import { Windows } from "./windows.ts";

const REACH_PX = 5;

/** The map that is open; the buttons of the page speak to it. */
export const chart = signal<MapLibreMap | null>(null);
/** True once all that is shown has been drawn. */
export const drawn = signal(false);

export function openMap(container: HTMLElement): MapLibreMap {
  setWorkerUrl(workerUrl);
  const first = untracked(() => styleOf(look(), drawnLayers.value));
  const { view } = state.peek();
  const map = new MapLibreMap({
    container,
    style: first,
    center: view ? ([...view.centre] as [number, number]) : [105.72, 34.58],
    zoom: view?.zoom ?? 11,
    maxZoom: 20,
    minZoom: 3,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 150,
    renderWorldCopies: false,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-left");
  // The style is complete as it stands; only its marks are to come, before anything is drawn with them.
  map.once("style.load", () => bind(map, first));
  return map;
}

function bind(map: MapLibreMap, first: StyleSpecification): void {
  const windows = new Windows((layer, features) => put(map, layer, features));
  let before = first;
  effect(() => addMarks(map, light.value));
  effect(() => {
    const after = styleOf(look(), drawnLayers.value);
    restyle(map, before, after);
    before = after;
  });
  effect(() => {
    const wanted = LAYERS.filter((layer) => shownLayers.value.includes(layer.name)).map((layer) => ({
      layer,
      count: collections.value.find((collection) => collection.id === layer.name)?.itemCount ?? 0,
    }));
    if (collections.value.length === 0) return;
    const ask = (pause?: number) => windows.look(wanted, bounds(map), map.getZoom(), pause);
    const moved = () => ask();
    map.on("move", moved);
    ask(0);
    return () => map.off("move", moved);
  });
  effect(() => {
    const features = answerFeatures(nearest.value, state.value.here, card.value);
    drawn.value = false;
    map.getSource<GeoJSONSource>(ANSWER)?.setData({ type: "FeatureCollection", features });
  });
  effect(() => {
    const features = drawnHotspots(hotspots.value?.features ?? []);
    drawn.value = false;
    map.getSource<GeoJSONSource>(HOTSPOTS)?.setData({ type: "FeatureCollection", features });
    const bbox = hotspotBounds(features);
    if (bbox) untracked(() => reveal(map, bbox));
  });
  drawPlans(map, (bbox) => reveal(map, bbox), (bbox) => fly(map, bbox));
  effect(() => {
    const features = reaching.value ? reachFeatures(reaching.value, language.value) : [];
    drawn.value = false;
    map.getSource<GeoJSONSource>(REACH)?.setData({ type: "FeatureCollection", features });
  });
  effect(() => {
    const bbox = nearest.value && answerBounds(nearest.value);
    if (bbox) reveal(map, bbox);
  });
  effect(() => {
    if (reaching.value) reveal(map, reachBounds(reaching.value), 16);
  });
  effect(() => {
    const geometry = card.value?.feature?.geometry;
    const bbox = geometry?.type === "Point" && !untracked(() => state.value.here) ? boundsOf(geometry) : null;
    if (bbox) reveal(map, bbox);
  });
  effect(() => {
    map.getCanvas().setAttribute("aria-label", words.value.map);
  });
  follow(map);
  clicks(map, street);
  chart.value = map;
  live(windows);
}

/** Keeps view and address together, and shows the district when no view was given. */
function follow(map: MapLibreMap): void {
  map.on("moveend", () => {
    const { lng, lat } = map.getCenter();
    drift({ view: { zoom: map.getZoom(), centre: [lng, lat] } });
  });
  map.on("idle", () => (drawn.value = true));
  map.on("dataloading", () => (drawn.value = false));
  effect(() => {
    const { view } = state.value;
    if (!view) {
      if (district.value) fit(map, district.value, false);
      return;
    }
    const { lng, lat } = map.getCenter();
    const still = Math.abs(lng - view.centre[0]) < 1e-4 && Math.abs(lat - view.centre[1]) < 1e-4 && Math.abs(map.getZoom() - view.zoom) < 0.02;
    if (!still && !map.isMoving()) map.jumpTo({ center: [...view.centre] as [number, number], zoom: view.zoom });
  });
}

/** Room that the panels take from the map, with an answer beside it or without. */
function panels(answered: boolean): { top: number; right: number; bottom: number; left: number } {
  const wide = matchMedia("(min-width: 48rem)").matches;
  if (wide) return { top: 30, right: answered ? 376 : 30, bottom: 30, left: 356 };
  return { top: 110, right: 64, bottom: answered ? Math.round(innerHeight * 0.56) + 20 : 90, left: 20 };
}

export function fit(map: MapLibreMap, [west, south, east, north]: Bbox, animate = true): void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  map.fitBounds([west, south, east, north], { padding: panels(false), animate: animate && !calm, maxZoom: 17 });
}

/** Goes where something lies beside the panels, near enough to see its streets. */
function fly(map: MapLibreMap, [west, south, east, north]: Bbox): void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const { top, right, bottom, left } = panels(true);
  map.fitBounds([west, south, east, north], { padding: { top: top + 16, right: right + 16, bottom: bottom + 16, left: left + 16 }, animate: !calm, maxZoom: 16 });
}

/** An answer that takes less than this share of the free map, across and down, is too small to be read. */
const SMALL = 0.4;

/** Moves the map when an answer would lie under a panel or outside. It comes no nearer than it is, unless it may and the
 *  answer is too small. */
function reveal(map: MapLibreMap, bbox: Bbox, nearerTo = 0): void {
  const { top, right, bottom, left } = panels(true);
  const { clientWidth, clientHeight } = map.getCanvas();
  const [west, south, east, north] = bbox;
  const corners = [map.project([west, south]), map.project([east, north])];
  const seen = corners.every(({ x, y }) => x >= left && x <= clientWidth - right && y >= top && y <= clientHeight - bottom);
  const [across, down] = [(corners[1]?.x ?? 0) - (corners[0]?.x ?? 0), (corners[0]?.y ?? 0) - (corners[1]?.y ?? 0)];
  const small = across < SMALL * (clientWidth - left - right) && down < SMALL * (clientHeight - top - bottom);
  if (seen && !(small && map.getZoom() < nearerTo)) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const maxZoom = small ? Math.max(map.getZoom(), nearerTo) : map.getZoom();
  map.fitBounds([west, south, east, north], { padding: { top: top + 20, right: right + 20, bottom: bottom + 20, left: left + 20 }, animate: !calm, maxZoom });
}

function bounds(map: MapLibreMap): Bbox {
  const box = map.getBounds();
  return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
}

function put(map: MapLibreMap, layer: MapLayer, features: Feature[]): void {
  drawn.value = false;
  const parts = layer.source.divide?.(features) ?? { [layer.name]: features };
  for (const [id, part] of Object.entries(parts)) {
    const placed = part.filter((feature) => feature.geometry !== null) as GeoJSON.Feature[];
    map.getSource<GeoJSONSource>(id)?.setData({ type: "FeatureCollection", features: placed });
  }
}

function clicks(map: MapLibreMap, mode: Mode): void {
  const wanted = untracked(() => hits(look()));
  const at = (x: number, y: number): Hit[] => {
    const found = map.queryRenderedFeatures(
      [
        [x - REACH_PX, y - REACH_PX],
        [x + REACH_PX, y + REACH_PX],
      ],
      { layers: [...wanted.keys()] },
    );
    const seen = new Set<string>();
    return found.flatMap((feature) => {
      const layer = wanted.get(feature.layer.id) as LayerName;
      const cluster = feature.properties.cluster === true;
      const id = Number(cluster ? feature.properties.cluster_id : feature.id);
      const key = `${layer}/${id}/${cluster}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ layer, id, geometry: feature.geometry, cluster, source: feature.source }];
    });
  };
  const click = (place: Place, x: number, y: number) => batch(() => mode.click(map, { place, hits: at(x, y) }));
  mode.enter(map);
  map.on("click", ({ lngLat, point }) => click([lngLat.lng, lngLat.lat], point.x, point.y));
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const { lng, lat } = map.getCenter();
    const { x, y } = map.project([lng, lat]);
    click([lng, lat], x, y);
  });
  map.on("mousemove", ({ point }) => {
    const [first] = at(point.x, point.y);
    map.getCanvas().style.cursor = first && (first.layer !== "road-sections" || typeof state.peek().plan === "number") ? "pointer" : "crosshair";
  });
}

/** Layers that others change are loaded again. */
function live(windows: Windows): void {
  let soon: ReturnType<typeof setTimeout> | undefined;
  let changes: EventSource | undefined;
  effect(() => {
    const since = collections.value[0]?.["x-sequence"];
    if (since === undefined || changes) return;
    changes = new EventSource(`/api/changes?since=${since}`);
    changes.addEventListener("commit", ({ data }: MessageEvent<string>) => {
      const commit = JSON.parse(data) as { changes: { layer: LayerName }[] };
      touched.value = [...new Set(commit.changes.map((change) => change.layer))];
      for (const name of touched.value) windows.forget(name);
      // Counts are told anew; that they changed makes the map look what it lacks.
      clearTimeout(soon);
      soon = setTimeout(() => void begin(), 300);
    });
    // The log no longer reaches back so far, or the service has gone: what is shown stays.
    changes.addEventListener("error", () => {
      if (changes?.readyState === EventSource.CLOSED) changes = undefined;
    });
  });
}
