// A mode says what a click on the map means. Entering and leaving it are steps of their own.
import type { Map as MapLibreMap } from "maplibre-gl";
import type { LayerName, Place } from "../api/client.ts";

/** What lies under a click, topmost first. */
export interface Hit {
  layer: LayerName;
  id: number;
  geometry: GeoJSON.Geometry;
  /** A bubble of several cases. */
  cluster: boolean;
  source: string;
}

export interface Click {
  place: Place;
  hits: readonly Hit[];
}

export interface Mode {
  name: string;
  enter(map: MapLibreMap): void;
  exit(map: MapLibreMap): void;
  click(map: MapLibreMap, click: Click): void;
}
