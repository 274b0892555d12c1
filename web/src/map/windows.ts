// Which part of a layer is loaded: small layers whole, large ones by the window that the map looks through.
//
// A window is asked for somewhat larger than the view, so that small moves ask nothing; a newer question makes an older
// one void. What a window cannot hold is left out, and told.
import { signal } from "@preact/signals";
import { type Bbox, type Feature, items, type LayerName } from "../api/client.ts";
import type { MapLayer } from "../layers/layer.ts";
import { isVoid, sentence, trouble } from "../state/facts.ts";
import { type Loaded, padded, serves } from "./bounds.ts";

export const loaded = signal<Partial<Record<LayerName, Loaded>>>({});

/** Whether all that is to be shown has come. */
export function haveAll(names: readonly LayerName[]): boolean {
  return names.every((name) => loaded.value[name]?.loading === false);
}

/** A layer with no more features than this is never windowed. */
const WHOLE = 2_500;
const PAUSE_MS = 120;
export type Put = (layer: MapLayer, features: Feature[]) => void;

export class Windows {
  readonly #put: Put;
  readonly #running = new Map<LayerName, AbortController>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(put: Put) {
    this.#put = put;
  }

  /** Looks, after a short pause, what the view lacks. */
  look(layers: readonly { layer: MapLayer; count: number }[], view: Bbox, zoom: number, pause = PAUSE_MS): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const { layer, count } of layers) {
        const have = loaded.value[layer.name];
        if (have && serves(have, view, zoom)) continue;
        void this.#load(layer, count > Math.min(WHOLE, layer.source.limit) ? padded(view) : null, zoom);
      }
    }, pause);
  }

  /** Makes what is loaded void: the layer has changed. */
  forget(name: LayerName): void {
    const { [name]: _, ...rest } = loaded.value;
    loaded.value = rest;
  }

  async #load(layer: MapLayer, bbox: Bbox | null, zoom: number): Promise<void> {
    const { name, source } = layer;
    this.#running.get(name)?.abort();
    const controller = new AbortController();
    this.#running.set(name, controller);
    const before = loaded.value[name];
    note(name, { bbox: before?.bbox ?? [0, 0, 0, 0], zoom, shown: before?.shown ?? 0, matched: before?.matched ?? null, loading: true });
    try {
      const { limit, sortby, properties, current } = source;
      const answer = await items(name, { bbox: bbox ?? undefined, limit, sortby, properties, current }, controller.signal);
      this.#put(layer, answer.features);
      const shown = answer.features.length;
      const matched = answer.numberMatched ?? (shown < limit ? shown : null);
      note(name, { bbox, zoom, shown, matched, loading: false });
      trouble.value = null;
    } catch (error) {
      if (isVoid(error)) return;
      this.forget(name);
      trouble.value = sentence(error);
    } finally {
      if (this.#running.get(name) === controller) this.#running.delete(name);
    }
  }
}

function note(name: LayerName, what: Loaded): void {
  loaded.value = { ...loaded.value, [name]: what };
}
