// The feature whose card is open, whole, as the service tells it.
import { effect, signal } from "@preact/signals";
import { type Feature, item, type LayerName } from "../api/client.ts";
import { isVoid, sentence } from "../state/facts.ts";
import { state } from "../state/state.ts";
import { learn } from "../text/names.ts";

export interface Card {
  layer: LayerName;
  id: number;
  /** Null while it is asked for. */
  feature: Feature | null;
  trouble: string | null;
}

export const card = signal<Card | null>(null);

export function watchCard(): void {
  let running: AbortController | undefined;
  let key = "";
  effect(() => {
    const wanted = state.value.feature;
    const next = wanted ? `${wanted.layer}/${wanted.id}` : "";
    if (next === key) return;
    key = next;
    running?.abort();
    if (!wanted) {
      card.value = null;
      return;
    }
    const { layer, id } = wanted;
    card.value = { layer, id, feature: null, trouble: null };
    running = new AbortController();
    Promise.all([item(layer, id, running.signal), learn(layer)]).then(
      ([feature]) => {
        card.value = { layer, id, feature, trouble: null };
      },
      (error: unknown) => {
        if (!isVoid(error)) card.value = { layer, id, feature: null, trouble: sentence(error) };
      },
    );
  });
}
