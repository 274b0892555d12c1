// Plans on the map: what is looked at is drawn and flown to.
import type { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";
import { effect, untracked } from "@preact/signals";
import type { Bbox, Feature } from "../api/client.ts";
import { BEATS, drawnBeats } from "../layers/beats.ts";
import { boundsOfAll, drawnPlan, drawnZones, PLAN, PLAN_MARKS, PLAN_ZONE_NAMES, PLAN_ZONES, planMarks } from "../layers/plan.ts";
import { changes, chosenBlock, chosenPerson, chosenSection, persons, plan, planBeats, planSections, planZones, showsAll, tried, walk } from "../modes/plans.ts";
import { roles } from "../plans/changes.ts";
import { district } from "../state/facts.ts";
import { look } from "../state/look.ts";
import { planIsOpen, planLook, shownLayers, state } from "../state/state.ts";

/** Draws what plans are about as long as the map lives. `reveal` moves the map only if it must, `fly` in any case. */
export function drawPlans(map: MapLibreMap, reveal: (bbox: Bbox) => void, fly: (bbox: Bbox) => void): void {
  const put = (source: string, features: GeoJSON.Feature[]): void => {
    void map.getSource<GeoJSONSource>(source)?.setData({ type: "FeatureCollection", features });
  };
  effect(() => {
    const { squad } = planLook.value;
    // Told are changes, where they are what is looked at.
    const told = showsAll.value && chosenBlock.value === null ? [] : changes.value;
    const isGround = planBeats.value.length > 0 && (squad !== null || chosenPerson.value !== null) && chosenBlock.value === null;
    const focus = { roles: roles(told), block: chosenBlock.value?.block ?? null, squad, isGround, moves: tried.value?.moves ?? [] };
    put(PLAN, drawnPlan(planSections.value, focus));
  });
  effect(() => {
    const { squad, assistant, wish } = planLook.value;
    const isAside = chosenBlock.value === null && (showsAll.value || squad !== null || assistant !== null);
    put(PLAN_MARKS, planMarks(planSections.value, isAside ? [] : changes.value, plan.value ? wish.locks : [], chosenBlock.value?.block ?? null));
  });
  effect(() => {
    const { areas, names } = drawnZones(shownLayers.value.includes("squad-zones") ? planZones.value : [], look());
    put(PLAN_ZONES, areas);
    put(PLAN_ZONE_NAMES, names);
  });
  effect(() => {
    const { squad } = planLook.value;
    const own = chosenBlock.value ? [] : (persons.value.get(chosenPerson.value?.squad ?? squad ?? 0) ?? []);
    put(BEATS, drawnBeats(own.length > 0 ? planBeats.value : [], own, chosenPerson.value?.id ?? null, walk.value));
  });
  goThere(reveal, fly);
}

/** Once for each thing that is looked at. */
function goThere(reveal: (bbox: Bbox) => void, fly: (bbox: Bbox) => void): void {
  // An address that tells where to look is obeyed.
  const isTold = untracked(() => state.value.view !== null);
  const go = (key: () => string, what: () => readonly Feature[], move: (bbox: Bbox) => void) => {
    let before = isTold ? untracked(key) : "";
    effect(() => {
      const now = key();
      if (now === "") before = "";
      if (now === before) return;
      // Waited for, until there is anything to see.
      const bbox = boundsOfAll(what());
      if (!bbox) return;
      before = now;
      untracked(() => move(bbox));
    });
  };
  go(() => (state.value.plan === "list" ? "list" : ""), () => (district.value ? [boxed(district.value)] : []), reveal);
  const whole = () => {
    const { change, squad, assistant } = planLook.value;
    return planIsOpen.value && change === null && squad === null && assistant === null ? `${state.value.plan}` : "";
  };
  go(whole, () => planSections.value, reveal);
  const section = () => (planIsOpen.value && state.value.feature?.layer === "road-sections" ? `${state.value.feature.id}` : "");
  go(section, () => (chosenSection.value ? [chosenSection.value] : []), reveal);
  go(
    () => `${planLook.value.change ?? ""}`,
    () => {
      const own = new Set(chosenBlock.value?.change.section_ids ?? []);
      return planSections.value.filter(({ id }) => own.has(Number(id)));
    },
    fly,
  );
  go(
    () => (planLook.value.assistant === null ? `${planLook.value.squad ?? ""}` : ""),
    () => planSections.value.filter(({ properties }) => properties.squad_id === planLook.value.squad),
    fly,
  );
  go(() => `${planLook.value.assistant ?? ""}`, () => (walk.value ? [walk.value] : []), fly);
}

function boxed([west, south, east, north]: Bbox): Feature {
  return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: [[west, south], [east, north]] } };
}
