// The layers that the page draws, in the order of the panel.
import type { LayerName } from "../api/client.ts";
import { constructionSites } from "./construction-sites.ts";
import { jurisdictions } from "./jurisdictions.ts";
import type { MapLayer } from "./layer.ts";
import { parkingPoints } from "./parking-points.ts";
import { roadSections } from "./road-sections.ts";
import { shops } from "./shops.ts";
import { squadZones } from "./squad-zones.ts";
import { squads } from "./squads.ts";
import { vendingSites } from "./vending-sites.ts";
import { violations } from "./violations.ts";

export const LAYERS: readonly MapLayer[] = [
  violations, parkingPoints, squadZones, squads, roadSections, shops, vendingSites, constructionSites, jurisdictions,
];

export function layerOf(name: LayerName): MapLayer | undefined {
  return LAYERS.find((layer) => layer.name === name);
}
