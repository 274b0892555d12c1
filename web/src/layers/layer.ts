// What a layer of the map is: how it is asked for, drawn, explained and told. One file a layer.
import type { ExpressionSpecification, LayerSpecification, SourceSpecification } from "maplibre-gl";
import type { Feature, LayerName } from "../api/client.ts";
import { PALETTES, squadColour, type Light } from "../map/palette.ts";
import { DICTIONARY, type Language, type Words } from "../text/dictionary.ts";

export interface Squad {
  id: number;
  code: string;
  name: string;
  nameEn: string;
  strength: number | null;
  /** Has an area of its own. */
  hasZone: boolean;
  /** Shares the streets out with others: active, and of a kind that has an area. */
  hasStreets: boolean;
}

/** All that the drawing depends on. */
export interface Look {
  light: Light;
  language: Language;
  squads: readonly Squad[];
  /** A plan lies over the streets: they keep to one colour. */
  quietStreets?: boolean;
}

/** Where in the pile a piece lies, lowest first. */
export const SLOTS = ["ground", "area", "edge", "casing", "road", "site", "mark-low", "name", "mark", "label"] as const;
export type Slot = (typeof SLOTS)[number];

export interface Piece {
  slot: Slot;
  /** A click finds it. */
  hit?: boolean;
  style: Exclude<LayerSpecification, { type: "background" }>;
}

export interface LegendEntry {
  shape: "fill" | "line" | "dot" | "ring" | "square" | "diamond" | "dash" | "hatch" | "bubble" | "change";
  colour: string;
  edge?: string;
  /** Of the dashes in a line. */
  inner?: string;
  text: string;
}

export type Properties = Record<string, unknown>;

export interface MapLayer {
  name: LayerName;
  source: {
    /** A window holds at most so many; a layer that has no more is loaded whole. */
    limit: number;
    sortby?: string;
    /** Features that have ended are left out, where the layer keeps them. */
    current?: boolean;
    /** Properties that drawing needs, where all would be much; the card asks for the rest. */
    properties?: string;
    /** The map's sources that its features go into. */
    sources: Record<string, Partial<SourceSpecification>>;
    /** Sorts the features into the sources; without it all go into the one source. */
    divide?(features: Feature[]): Record<string, Feature[]>;
  };
  paint(look: Look): Piece[];
  legend(look: Look): LegendEntry[];
  popup: {
    title(properties: Properties, look: Look): string;
    /** Properties in the order of the card; others follow. */
    order: readonly string[];
  };
}

export function palette(look: Look): (typeof PALETTES)[Light] {
  return PALETTES[look.light];
}

export function words(look: Look): Words {
  return DICTIONARY[look.language];
}

export function text(properties: Properties, name: string): string | null {
  const value = properties[name];
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

/** The colour of each squad, by id. */
export function squadColours(look: Look): Map<number, string> {
  return new Map(look.squads.map((squad, position) => [squad.id, squadColour(position, look.light)]));
}

/** Fonts of the machine: no server is asked for glyphs. */
export const FONT = ["Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "system-ui", "sans-serif"];

/** The name in the language of the page, where the data have one. */
export function nameOf(look: Look): ExpressionSpecification {
  const own: ExpressionSpecification = ["get", "name"];
  return look.language === "en" ? ["coalesce", ["get", "name:en"], own] : own;
}

/** The same for a title. */
export function nameText(properties: Properties, look: Look): string | null {
  return (look.language === "en" ? text(properties, "name:en") : null) ?? text(properties, "name");
}

/** Every source holds the features of a layer, told apart by id. */
export function emptySource(extra: Partial<SourceSpecification>): SourceSpecification {
  return { type: "geojson", data: { type: "FeatureCollection", features: [] }, ...extra } as SourceSpecification;
}
