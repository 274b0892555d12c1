// The state of the page: one immutable value. It is mirrored in the address; going back in the browser undoes a step.
import { computed, signal } from "@preact/signals";
import type { LayerName } from "../api/client.ts";
import { DICTIONARY } from "../text/dictionary.ts";
import type { Light } from "../map/palette.ts";
import { DEFAULT, preferredLanguage, read, type State, write } from "./address.ts";

const defaults: State = { ...DEFAULT, language: preferredLanguage(navigator.languages) };
const night = matchMedia("(prefers-color-scheme: dark)");
const deviceIsDark = signal(night.matches);
night.addEventListener("change", () => (deviceIsDark.value = night.matches));

export const state = signal<State>(read(location.hash, defaults));
export const words = computed(() => DICTIONARY[state.value.language]);
export const language = computed(() => state.value.language);
export const light = computed<Light>(() => {
  const { theme } = state.value;
  if (theme === "auto") return deviceIsDark.value ? "dark" : "light";
  return theme;
});
export const shownLayers = computed(() => state.value.layers);
export const planLook = computed(() => state.value.plans);
export const planIsOpen = computed(() => typeof state.value.plan === "number");
/** Layers whose own pieces are drawn: an open plan brings zones of its own. */
export const drawnLayers = computed(() => (planIsOpen.value ? shownLayers.value.filter((name) => name !== "squad-zones") : shownLayers.value));

/** A step that can be undone. */
export function step(change: Partial<State>): void {
  settle(change, "pushState");
}

/** A move that is not worth a step of its own. */
export function drift(change: Partial<State>): void {
  settle(change, "replaceState");
}

function settle(change: Partial<State>, how: "pushState" | "replaceState"): void {
  const next = { ...state.value, ...change };
  const address = `#${write(next, defaults)}`;
  if (address !== location.hash) history[how](null, "", address);
  state.value = next;
}

addEventListener("popstate", () => {
  const was = read(location.hash, defaults);
  state.value = { ...was, view: was.view ?? state.value.view };
});

export function toggleLayer(name: LayerName): void {
  const { layers } = state.value;
  step({ layers: layers.includes(name) ? layers.filter((each) => each !== name) : [...layers, name] });
}
