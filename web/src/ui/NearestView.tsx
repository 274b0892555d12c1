// A place: its street and zone, and the nearest parking points, by the way and of the kind that is chosen.
import type { ComponentChildren } from "preact";
import type { By, Place } from "../api/client.ts";
import { nameText } from "../layers/layer.ts";
import { anchor } from "../map/anchor.ts";
import { chart } from "../map/map.ts";
import { asking, type Found, nearest, nearestTrouble, surroundings } from "../modes/here.ts";
import { KINDS, WAYS } from "../state/address.ts";
import { look } from "../state/look.ts";
import { language, state, step, words } from "../state/state.ts";
import { valueWord } from "../text/dictionary.ts";
import { count, metres } from "../text/names.ts";
import { InCharge } from "./InCharge.tsx";

interface Choice<T> {
  value: T;
  text: string;
}

function Choices<T extends string>({ name, label, all, chosen, onChoose }: { name: string; label: string; all: readonly Choice<T>[]; chosen: T; onChoose: (value: T) => void }) {
  return (
    <fieldset class="choices">
      <legend class="unseen">{label}</legend>
      {all.map(({ value, text }) => (
        <label key={value}>
          <input type="radio" name={name} value={value} checked={value === chosen} onChange={() => onChoose(value)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

function room({ feature: { properties } }: Found): { text: string; level: "some" | "none" | "unknown" } {
  const { capacity, occupied } = properties;
  if (typeof capacity !== "number" || typeof occupied !== "number") return { text: words.value.roomUnknown, level: "unknown" };
  const free = Math.max(0, capacity - occupied);
  if (free === 0) return { text: words.value.full, level: "none" };
  return { text: words.value.roomOf(count(free, language.value), count(capacity, language.value)), level: "some" };
}

function Row({ found }: { found: Found }) {
  const { feature, rank, distanceM, durationS, reason } = found;
  const text = words.value;
  const { properties } = feature;
  const kind = valueWord("kind", String(properties.kind), language.value);
  const free = room(found);
  const go = () => {
    step({ feature: { layer: "parking-points", id: Number(feature.id) } });
    const at = anchor(feature.geometry);
    const map = chart.peek();
    if (at && map && !map.getBounds().contains([at[0] ?? 0, at[1] ?? 0])) map.easeTo({ center: [at[0] ?? 0, at[1] ?? 0] });
  };
  return (
    <li>
      <button type="button" class="found" onClick={go}>
        <span class="rank">{rank}</span>
        <span class="found-name">{nameText(properties, look()) ?? kind}</span>
        <span class="found-far">{distanceM === null ? text.unreachable : metres(distanceM, language.value)}</span>
        <span class="found-more">
          {kind}
          <span class={`room ${free.level}`}>{free.text}</span>
          {durationS !== null && text.minutes(count(Math.max(1, Math.round(durationS / 60)), language.value))}
          {reason}
        </span>
      </button>
    </li>
  );
}

function Around({ place }: { place: Place }) {
  const text = words.value;
  const around = surroundings.value;
  const section = around?.section;
  const fact = (name: string, value: ComponentChildren) => (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
  const sectionName = section && (nameText(section.properties, look()) ?? valueWord("class", String(section.properties.class), language.value));
  return (
    <>
      <p class="kicker">{`${place[0].toFixed(5)}, ${place[1].toFixed(5)}`}</p>
      <h2 id="here-title">{sectionName || text.here}</h2>
      <dl>
        {around &&
          fact(
            text.street,
            section ? (
              <button type="button" class="link" onClick={() => step({ feature: { layer: "road-sections", id: Number(section.id) } })}>
                {`${sectionName} · ${metres(Number(section.properties.line_m ?? 0), language.value)}`}
              </button>
            ) : (
              text.noStreet
            ),
          )}
        <InCharge />
      </dl>
    </>
  );
}

export function NearestView({ place }: { place: Place }) {
  const text = words.value;
  const { by, kind, onlyRoom } = state.value;
  const answer = nearest.value;
  const ways = WAYS.map((way): Choice<By> => ({ value: way, text: text[way] }));
  const kinds: Choice<string>[] = [{ value: "", text: text.anyKind }, ...KINDS.map((each) => ({ value: each, text: valueWord("kind", each, language.value) }))];
  return (
    <section class="here" aria-labelledby="here-title">
      <Around place={place} />
      <h3>{text.nearest}</h3>
      <Choices name="by" label={text.by} all={ways} chosen={by} onChoose={(value) => step({ by: value })} />
      <Choices name="kind" label={text.kind} all={kinds} chosen={kind ?? ""} onChoose={(value) => step({ kind: KINDS.find((each) => each === value) ?? null })} />
      <label class="check">
        <input type="checkbox" id="only-room" checked={onlyRoom} onChange={() => step({ onlyRoom: !onlyRoom })} />
        {text.onlyRoom}
      </label>
      {answer?.refused && <p class="note">{`${text.byLineInstead} ${answer.refused}`}</p>}
      {nearestTrouble.value && <p class="note" role="alert">{nearestTrouble.value}</p>}
      <ol class="founds" id="nearest" aria-live="polite" aria-busy={asking.value}>
        {answer?.found.map((found) => <Row key={String(found.feature.id)} found={found} />)}
      </ol>
      {answer?.found.length === 0 && <p class="note">{text.nearestNone}</p>}
    </section>
  );
}
