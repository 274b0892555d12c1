// The panel of layers: a switch for each, how many of its features are shown, its legend. A sheet at the foot of phones.
import { useState } from "preact/hooks";
import type { Collection } from "../api/client.ts";
import { LAYERS } from "../layers/index.ts";
import type { MapLayer } from "../layers/layer.ts";
import { loaded } from "../map/windows.ts";
import { closePlans, openPlans } from "../modes/plans.ts";
import { FIRST_HOT, type State } from "../state/address.ts";
import { collections } from "../state/facts.ts";
import { look } from "../state/look.ts";
import { language, shownLayers, state, step, toggleLayer, words } from "../state/state.ts";
import { count, layerTitle } from "../text/names.ts";
import { Chevron, Flame, Sheet } from "./icons.tsx";
import { Swatch } from "./Swatch.tsx";

/** `n of m` when the map cannot hold them all. */
function shownCount(layer: MapLayer, collection: Collection, on: boolean): string {
  const text = words.value;
  const number = (value: number) => count(value, language.value);
  if (collection.itemCount === 0) return text.empty;
  const have = loaded.value[layer.name];
  if (!on || !have || have.loading) return number(collection.itemCount);
  const of = have.matched ?? collection.itemCount;
  if (have.shown >= of) return number(of);
  return (layer.source.sortby ? text.showingNewest : text.showing)(number(have.shown), number(of));
}

function Layer({ layer, collection }: { layer: MapLayer; collection: Collection }) {
  const on = shownLayers.value.includes(layer.name);
  const entries = layer.legend(look());
  const title = layerTitle(collection, language.value);
  const [only] = entries;
  const single = entries.length === 1 ? only : undefined;
  return (
    <li class={on ? "layer on" : "layer"}>
      <label>
        <input type="checkbox" role="switch" value={layer.name} checked={on} onChange={() => toggleLayer(layer.name)} />
        <span class="layer-title">
          {single && <Swatch entry={single} />}
          {title}
        </span>
        <span class="layer-count">{shownCount(layer, collection, on)}</span>
      </label>
      {on && !single && collection.itemCount > 0 && (
        <ul class="legend">
          {entries.map((entry) => (
            <li key={entry.text}>
              <Swatch entry={entry} />
              {entry.text}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** Single cases and parking would lie over the streets that stand out: their switches go off, for all to see. */
function openedHot(): Partial<State> {
  const layers = state.value.layers.filter((name) => name !== "violations" && name !== "parking-points");
  return { hot: FIRST_HOT, plan: null, here: null, feature: null, layers };
}

export function Panel({ folded }: { folded: boolean }) {
  const text = words.value;
  // Only phones fold it: see the style sheet.
  const [open, setOpen] = useState(false);
  return (
    <section class={`panel${open ? " open" : ""}${folded ? " behind" : ""}`} aria-labelledby="title">
      <header>
        <div>
          <h1 id="title">{text.title}</h1>
          <p>{text.subtitle}</p>
        </div>
        <button type="button" class="fold" aria-expanded={open} aria-label={open ? text.collapse : text.expand} onClick={() => setOpen(!open)}>
          <Chevron />
        </button>
      </header>
      <div class="panel-body">
        <h2 class="unseen">{text.layers}</h2>
        <ul class="layers" id="layers">
          {LAYERS.map((layer) => {
            const collection = collections.value.find((each) => each.id === layer.name);
            return collection && <Layer key={layer.name} layer={layer} collection={collection} />;
          })}
        </ul>
        <div class="panel-action">
          <button
            type="button"
            class="action"
            id="hotspots"
            aria-pressed={state.value.hot !== null}
            onClick={() => step(state.value.hot ? { hot: null } : openedHot())}
          >
            <Flame />
            {text.hot.title}
          </button>
          <button
            type="button"
            class="action"
            id="plans"
            aria-pressed={state.value.plan !== null}
            onClick={() => (state.value.plan === null ? openPlans() : closePlans())}
          >
            <Sheet />
            {text.plans.title}
          </button>
        </div>
        <footer>
          <a href="/api/docs">{text.interface}</a>
          <span>{text.copyright}</span>
        </footer>
      </div>
    </section>
  );
}
