// Which squad answers for which area: one colour a squad, light enough to read the streets through it.
import type { ExpressionSpecification } from "maplibre-gl";
import type { Feature } from "../api/client.ts";
import { anchored } from "../map/anchor.ts";
import { FONT, type Look, type MapLayer, nameOf, nameText, palette, squadColours, words } from "./layer.ts";

function bySquad(look: Look): ExpressionSpecification | string {
  const pairs = [...squadColours(look)].flat();
  const other = palette(look).inkSoft;
  return pairs.length > 0 ? (["match", ["get", "squad_id"], ...pairs, other] as unknown as ExpressionSpecification) : other;
}

/** Zones bear the name of their squad, where they are drawn by a plan only in one language. */
function names(look: Look): ExpressionSpecification {
  const pairs = look.squads.flatMap((squad) => [squad.id, look.language === "en" ? squad.nameEn : squad.name]);
  return pairs.length > 0 ? (["match", ["get", "squad_id"], ...pairs, nameOf(look)] as unknown as ExpressionSpecification) : nameOf(look);
}

/** Zones of former plans are kept; those that hold now are drawn. */
export function holds({ properties }: Feature): boolean {
  const time = (name: string, otherwise: number) => (typeof properties[name] === "string" ? Date.parse(properties[name]) : otherwise);
  return time("valid_from", -Infinity) <= Date.now() && Date.now() < time("valid_to", Infinity);
}

export const squadZones: MapLayer = {
  name: "squad-zones",
  source: { limit: 500, current: true, sources: { "squad-zones": { tolerance: 0.1 }, "squad-zone-names": {} },
    divide: (features) => {
      const now = features.filter(holds);
      return { "squad-zones": now, "squad-zone-names": anchored(now) };
    },
  },
  paint(look) {
    const colour = bySquad(look);
    const colours = palette(look);
    return [
      {
        slot: "area",
        style: {
          id: "zone",
          type: "fill",
          source: "squad-zones",
          paint: { "fill-color": colour, "fill-opacity": look.light === "light" ? 0.13 : 0.12, "fill-antialias": false },
        },
      },
      {
        slot: "edge",
        style: {
          id: "zone-edge",
          type: "line",
          source: "squad-zones",
          layout: { "line-join": "round" },
          paint: {
            "line-color": colour,
            "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1, 16, 3],
            "line-opacity": 0.65,
          },
        },
      },
      {
        slot: "label",
        style: {
          id: "zone-name",
          type: "symbol",
          source: "squad-zone-names",
          minzoom: 11,
          maxzoom: 15.5,
          layout: {
            "text-field": names(look),
            "text-font": FONT,
            "text-size": ["interpolate", ["linear"], ["zoom"], 11, 11, 15, 17],
            "text-letter-spacing": 0.12,
            "text-max-width": 12,
            "text-padding": 6,
            "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
            "text-radial-offset": 2,
          },
          paint: { "text-color": colour, "text-halo-color": colours.halo, "text-halo-width": 2 },
        },
      },
    ];
  },
  legend(look) {
    const colours = squadColours(look);
    const drawn = look.squads.filter((squad) => squad.hasZone);
    return drawn.map((squad) => ({ shape: "fill" as const, colour: colours.get(squad.id) ?? "", text: look.language === "en" ? squad.nameEn : squad.name }));
  },
  popup: { title: (properties, look) => nameText(properties, look) ?? words(look).here, order: ["squad_id", "valid_from", "valid_to"] },
};
