// Names that the service gives: of layers, properties and categories, in the language of the page.
import { signal } from "@preact/signals";
import { type Collection, declared, type Declared, type LayerName } from "../api/client.ts";
import type { Unit } from "../state/reach.ts";
import { type Language, DICTIONARY, valueWord } from "./dictionary.ts";

/** What each layer says about its properties, as far as it was asked. */
export const declarations = signal<Partial<Record<LayerName, Record<string, Declared>>>>({});

const asked = new Map<LayerName, Promise<void>>();

export function learn(layer: LayerName): Promise<void> {
  const known = asked.get(layer);
  if (known) return known;
  const learning = declared(layer).then((properties) => {
    declarations.value = { ...declarations.value, [layer]: properties };
  });
  // A layer that could not be asked is asked again next time; its properties bear their own names until then.
  asked.set(layer, learning.catch(() => void asked.delete(layer)));
  return learning.catch(() => undefined);
}

export function layerTitle(collection: Collection, language: Language): string {
  return language === "en" ? collection.title : collection["x-title-zh"];
}

export function propertyTitle(layer: LayerName, property: string, language: Language): string {
  const found = declarations.value[layer]?.[property];
  return (language === "en" ? found?.title : found?.["x-title-zh"]) ?? property;
}

export function categoryName(slug: string, language: Language): string {
  const titles = declarations.value.violations?.category?.["x-titles"]?.[slug];
  return (language === "en" ? titles?.en : titles?.zh) ?? slug;
}

const INSTANT = /^\d{4}-\d\d-\d\dT/;
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;

/** A value of a property as a person reads it. */
export function valueText(layer: LayerName, property: string, value: unknown, language: Language): string {
  const words = DICTIONARY[language];
  if (value === null || value === undefined || value === "") return words.none;
  if (typeof value === "boolean") return value ? words.yes : words.no;
  const declaration = declarations.value[layer]?.[property];
  if (typeof value === "number") {
    const unit = declaration?.["x-ogc-unit"];
    const shown = count(value, language, unit ? 1 : 2);
    return unit ? `${shown} ${unit === "m2" ? "m²" : unit}` : shown;
  }
  if (Array.isArray(value)) return value.map((each) => valueText(layer, property, each, language)).join(" · ");
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  if (declaration?.["x-titles"]?.[text]) return declaration["x-titles"][text][language === "en" ? "en" : "zh"];
  if (INSTANT.test(text)) return moment(text, language);
  const day = DAY.exec(text);
  if (day) return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(`${text}T00:00:00Z`));
  return valueWord(property, text, language);
}

export function moment(instant: string, language: Language): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return instant;
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(date);
}

export function count(value: number, language: Language, digits = 0): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** A share with its sign: `+2.0 %`. */
export function signedShare(value: number, language: Language): string {
  const format = new Intl.NumberFormat(language, { signDisplay: "exceptZero", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return `${format.format(100 * value)} %`;
}

/** Metres as one says them: `85 m`, `1.2 km`. */
export function metres(value: number, language: Language): string {
  return value < 999.5 ? `${count(value, language)} m` : `${count(value / 1000, language, value < 9_950 ? 1 : 0)} km`;
}

/** A limit of reach, exactly: `600 m`, `1.25 km`, `7.5 min`. */
export function limitText(limit: number, unit: Unit, language: Language): string {
  if (unit === "minutes") return DICTIONARY[language].minutes(count(limit, language, 1));
  return limit < 1000 ? `${count(limit, language)} m` : `${count(limit / 1000, language, 3)} km`;
}
