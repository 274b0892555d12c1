// A place: its street and zone, and what is asked of it: the nearest parking points, by the way and of the kinds that are
// chosen, or reach.
import type { ComponentChildren } from "preact";
import type { By, Kind, Place } from "../api/client.ts";
import { nameText } from "../layers/layer.ts";
import { anchor } from "../map/anchor.ts";
import { mainOf } from "../map/answer.ts";
import { chart } from "../map/map.ts";
import { card } from "../modes/card.ts";
import { asking, type Found, nearest, nearestTrouble, surroundings } from "../modes/here.ts";
import { KINDS, some, WAYS } from "../state/address.ts";
import { look } from "../state/look.ts";
import { firstReach } from "../state/reach.ts";
import { language, state, step, words } from "../state/state.ts";
import { valueWord } from "../text/dictionary.ts";
import { count, metres } from "../text/names.ts";
import { reasonText } from "../text/reasons.ts";
import { type Choice, Choices, Ticks } from "./Choices.tsx";
import { InCharge } from "./InCharge.tsx";
import { ReachView } from "./ReachView.tsx";

function room({ feature: { properties } }: Found): { text: string; level: "some" | "none" | "unknown" } {
  const { capacity, occupied } = properties;
  if (typeof capacity !== "number") return { text: words.value.roomUnknown, level: "unknown" };
  if (typeof occupied !== "number") return { text: words.value.placesRoomUnknown(count(capacity, language.value)), level: "unknown" };
  const free = Math.max(0, capacity - occupied);
  if (free === 0) return { text: words.value.full, level: "none" };
  return { text: words.value.roomOf(count(free, language.value), count(capacity, language.value)), level: "some" };
}

/** Whether it is open now, when that was asked. */
function hours({ open, ifNoHoliday }: Found): string | null {
  const text = words.value;
  if (open === undefined) return null;
  if (open === null) return text.hoursUnknown;
  return ifNoHoliday ? text.openIfNoHoliday : text.openNow;
}

function Row({ found, main }: { found: Found; main: boolean }) {
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
      <button type="button" class={distanceM === null ? "found unreached" : "found"} aria-current={main} onClick={go}>
        <span class="rank">{rank}</span>
        <span class="found-name">{nameText(properties, look()) ?? kind}</span>
        <span class="found-far">{distanceM === null ? text.unreachable : metres(distanceM, language.value)}</span>
        <span class="found-more">
          {kind}
          <span class={`room ${free.level}`}>{free.text}</span>
          {hours(found) !== null && <span>{hours(found)}</span>}
          {durationS !== null && text.minutes(count(Math.max(1, Math.round(durationS / 60)), language.value))}
        </span>
        {reason && <span class="found-reason">{reasonText(reason, language.value)}</span>}
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

/** The ticks of the kinds: any, or some of them. */
function Kinds() {
  const text = words.value;
  const { kinds } = state.value;
  const all: Choice<Kind | "any">[] = [{ value: "any", text: text.anyKind }, ...KINDS.map((each) => ({ value: each, text: valueWord("kind", each, language.value) }))];
  const toggle = (value: Kind | "any") => {
    if (value === "any") step({ kinds: [] });
    else step({ kinds: some(kinds.includes(value) ? kinds.filter((each) => each !== value) : [...kinds, value]) });
  };
  return <Ticks name="kind" label={text.kinds} all={all} chosen={kinds.length > 0 ? kinds : ["any"]} onToggle={toggle} />;
}

function ParkingView() {
  const text = words.value;
  const { by, onlyRoom, openNow } = state.value;
  const answer = nearest.value;
  const main = answer ? mainOf(answer, card.value) : undefined;
  const ways = WAYS.map((way): Choice<By> => ({ value: way, text: text[way] }));
  return (
    <>
      <Choices name="by" label={text.by} all={ways} chosen={by} onChoose={(value) => step({ by: value })} />
      <Kinds />
      <div class="checks">
        <label class="check">
          <input type="checkbox" id="only-room" checked={onlyRoom} onChange={() => step({ onlyRoom: !onlyRoom })} />
          {text.onlyRoom}
        </label>
        <label class="check">
          <input type="checkbox" id="open-now" checked={openNow} onChange={() => step({ openNow: !openNow })} />
          {text.notClosedNow}
        </label>
      </div>
      {answer?.refused && <p class="note">{`${text.byLineInstead} ${answer.refused}`}</p>}
      {nearestTrouble.value && <p class="note" role="alert">{nearestTrouble.value}</p>}
      <ol class="founds" id="nearest" aria-live="polite" aria-busy={asking.value}>
        {answer?.found.map((found) => <Row key={String(found.feature.id)} found={found} main={found === main} />)}
      </ol>
      {answer?.found.length === 0 && <p class="note">{text.nearestNone}</p>}
    </>
  );
}

export function NearestView({ place }: { place: Place }) {
  const text = words.value;
  const { reach } = state.value;
  const questions: Choice<"nearest" | "reach">[] = [{ value: "nearest", text: text.nearest }, { value: "reach", text: text.reach }];
  return (
    <section class="here" aria-labelledby="here-title">
      <Around place={place} />
      <div class="questions">
        <Choices name="question" label={text.question} all={questions} chosen={reach ? "reach" : "nearest"} onChoose={(value) => step({ reach: value === "reach" ? firstReach() : null })} />
      </div>
      {reach ? <ReachView reach={reach} /> : <ParkingView />}
    </section>
  );
}
