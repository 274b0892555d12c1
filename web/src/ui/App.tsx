// The page: the map, and over it the panel of layers, the card, and the buttons.
import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { openMap, chart, drawn } from "../map/map.ts";
import { layerOf } from "../layers/index.ts";
import { haveAll } from "../map/windows.ts";
import { card } from "../modes/card.ts";
import { asking } from "../modes/here.ts";
import { hotAsking } from "../modes/hot.ts";
import { planAsking } from "../modes/plans.ts";
import { askingReach } from "../modes/reach.ts";
import { begin, collections, trouble } from "../state/facts.ts";
import { language, light, shownLayers, state, words } from "../state/state.ts";
import { Buttons } from "./Buttons.tsx";
import { Side } from "./Side.tsx";
import { Panel } from "./Panel.tsx";

effect(() => {
  const root = document.documentElement;
  root.lang = language.value;
  root.dataset.theme = light.value;
  document.title = words.value.title;
});

/** The map fills the page; it is made once. */
function Chart() {
  const container = useRef<HTMLDivElement>(null);
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    if (!container.current) return undefined;
    try {
      const map = openMap(container.current);
      return () => map.remove();
    } catch {
      setBroken(true);
      return undefined;
    }
  }, []);
  return (
    <main class="chart">
      <div ref={container} class="chart-canvas" />
      <div class="crosshair" aria-hidden="true" />
      {broken && <p class="broken" role="alert">{words.value.noWebgl}</p>}
    </main>
  );
}

function Trouble() {
  if (trouble.value === null) return null;
  return (
    <div class="trouble" role="alert">
      <span>{trouble.value}</span>
      {collections.value.length === 0 && (
        <button type="button" onClick={() => void begin()}>{words.value.again}</button>
      )}
    </div>
  );
}

export function App() {
  const asked = state.value.here !== null || card.value !== null || state.value.hot !== null || state.value.plan !== null;
  const known = shownLayers.value.filter((name) => layerOf(name));
  const ready = chart.value !== null && drawn.value && collections.value.length > 0 && !asking.value && !hotAsking.value && !planAsking.value && !askingReach.value && haveAll(known);
  return (
    <>
      <Chart />
      <Panel folded={asked} />
      <Buttons />
      <Side />
      <Trouble />
      <p class="unseen" role="status" id="state">{ready ? words.value.ready : words.value.loading}</p>
    </>
  );
}
