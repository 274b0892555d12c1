// The card of a feature: its title, its properties in words, the way to its JSON and to the parking nearby.
import { itemPath, type LayerName } from "../api/client.ts";
import { layerOf } from "../layers/index.ts";
import { anchor } from "../map/anchor.ts";
import type { Card } from "../modes/card.ts";
import { pile } from "../modes/street.ts";
import { collections, squadName } from "../state/facts.ts";
import { look } from "../state/look.ts";
import { language, step, words } from "../state/state.ts";
import { declarations, layerTitle, moment, propertyTitle, valueText } from "../text/names.ts";
import { Chevron, Pin } from "./icons.tsx";

/** Told elsewhere on the card, or not for the eye. */
const ASIDE = new Set(["name", "rev", "created_at", "updated_at", "entrances", "external_id"]);
/** Names in other languages stand in the title. */
const OTHER_NAME = /^name:/;

function Value({ layer, property, value }: { layer: LayerName; property: string; value: unknown }) {
  const target = declarations.value[layer]?.[property]?.["x-ogc-collectionId"];
  if (target && typeof value === "number") {
    const name = target === "squads" ? squadName(value) : null;
    return (
      <button type="button" class="link" onClick={() => step({ feature: { layer: target, id: value } })}>
        {name ?? `${words.value.street} ${value}`}
      </button>
    );
  }
  return <>{valueText(layer, property, value, language.value)}</>;
}

/** Several features under one click: forth and back between them. */
function Pager({ card }: { card: Card }) {
  const all = pile.value;
  const at = all.findIndex((hit) => hit.layer === card.layer && hit.id === card.id);
  if (at < 0 || all.length < 2) return null;
  const go = (by: number) => {
    const hit = all[(at + by + all.length) % all.length];
    if (hit) step({ feature: { layer: hit.layer, id: hit.id } });
  };
  return (
    <div class="pager">
      <button type="button" class="left" aria-label="‹" onClick={() => go(-1)}><Chevron /></button>
      <span>{`${at + 1} / ${all.length}`}</span>
      <button type="button" class="right" aria-label="›" onClick={() => go(1)}><Chevron /></button>
    </div>
  );
}

export function CardView({ card }: { card: Card }) {
  const { layer, id, feature, trouble } = card;
  const text = words.value;
  const description = layerOf(layer);
  const properties = feature?.properties ?? {};
  const collection = collections.value.find((each) => each.id === layer);
  const order = description?.popup.order ?? [];
  const names = [...order.filter((name) => name in properties), ...Object.keys(properties).filter((name) => !order.includes(name))];
  const shown = names.filter((name) => {
    const value = properties[name];
    return !ASIDE.has(name) && !OTHER_NAME.test(name) && value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);
  });
  const place = anchor(feature?.geometry ?? null);
  return (
    <section class="card" aria-live="polite" aria-labelledby="card-title">
      <p class="kicker">{collection ? layerTitle(collection, language.value) : layer}<Pager card={card} /></p>
      <h2 id="card-title">{feature ? description?.popup.title(properties, look()) || `${layer} ${id}` : `${id}`}</h2>
      {trouble && <p class="note" role="alert">{trouble}</p>}
      {!feature && !trouble && <p class="note">{text.loading}…</p>}
      {feature && (
        <>
          <dl>
            {shown.map((name) => (
              <div key={name}>
                <dt>{propertyTitle(layer, name, language.value)}</dt>
                <dd><Value layer={layer} property={name} value={properties[name]} /></dd>
              </div>
            ))}
          </dl>
          <p class="card-foot">
            {typeof properties.updated_at === "string" && <span>{text.updated(moment(properties.updated_at, language.value))}</span>}
            <a href={itemPath(layer, id)} target="_blank" rel="noopener">{text.json}</a>
          </p>
          {place && layer !== "parking-points" && layer !== "jurisdictions" && layer !== "squad-zones" && (
            <button type="button" class="action" id="parking-from-here" onClick={() => step({ here: [place[0] ?? 0, place[1] ?? 0] })}>
              <Pin />
              {text.parkingFromHere}
            </button>
          )}
        </>
      )}
    </section>
  );
}
