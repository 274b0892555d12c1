// How far one gets from the place: the way, the limits, and for each limit how much street lies within it. The list is
// the legend of the bands on the map.
import { useState } from "preact/hooks";
import type { ByStreets } from "../api/client.ts";
import { bandColour } from "../map/reach.ts";
import type { Band } from "../modes/bands.ts";
import { alongStreets, askingReach, reaching, reachTrouble } from "../modes/reach.ts";
import { WAYS } from "../state/address.ts";
import { choices, farthest, firstReach, isLimit, MOST_LIMITS, type Reach, toggled, UNITS } from "../state/reach.ts";
import { language, light, state, step, words } from "../state/state.ts";
import { limitText, metres } from "../text/names.ts";
import { type Choice, Choices, Ticks } from "./Choices.tsx";
import { Swatch } from "./Swatch.tsx";

/** Nearer than this the street is told as that of the place. */
const AT_STREET_M = 50;

function OwnLimit({ reach }: { reach: Reach }) {
  const text = words.value;
  const { unit, limits } = reach;
  const [typed, setTyped] = useState("");
  const limit = Number(typed);
  const fits = isLimit(unit, limit) && !limits.includes(limit) && limits.length < MOST_LIMITS;
  const add = (event: Event) => {
    event.preventDefault();
    if (!fits) return;
    step({ reach: toggled(reach, limit) });
    setTyped("");
  };
  const label = text.ownLimit(limitText(farthest(unit), unit, language.value));
  return (
    <form class="own-limit" onSubmit={add}>
      <input
        type="number"
        id="own-limit"
        inputMode="decimal"
        min="0"
        max={farthest(unit)}
        step={unit === "metres" ? 1 : 0.1}
        placeholder={label}
        aria-label={label}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <button type="submit" disabled={!fits}>{text.addLimit}</button>
    </form>
  );
}

function BandRow({ band, at, of }: { band: Band; at: number; of: number }) {
  const text = words.value;
  const unit = reaching.value?.unit ?? "metres";
  return (
    <li>
      <Swatch entry={{ shape: "line", colour: bandColour(at, of, light.value), text: "" }} />
      <span>{text.within(limitText(band.limit, unit, language.value))}</span>
      <span class="band-streets">{band.area ? text.streetsWithin(metres(band.streetM, language.value)) : text.notReached}</span>
    </li>
  );
}

function Remarks() {
  const text = words.value;
  const trouble = reachTrouble.value;
  if (trouble) {
    return (
      <p class="note" role="alert">
        {trouble.noStreet && <strong>{text.reachNoStreet} </strong>}
        {trouble.sentence}
      </p>
    );
  }
  const answer = reaching.value;
  if (!answer) return null;
  const far = metres(answer.accessM, language.value);
  const none = answer.bands.every(({ area }) => !area);
  return (
    <>
      {none && <p class="note" role="alert">{text.reachNone(far)}</p>}
      {!none && answer.accessM >= AT_STREET_M && <p class="hint">{text.reachAccess(far)}</p>}
      {answer.onIsland && <p class="hint">{text.reachIsland}</p>}
    </>
  );
}

export function ReachView({ reach }: { reach: Reach }) {
  const text = words.value;
  const { unit, limits } = reach;
  const ways = WAYS.filter((way): way is ByStreets => way !== "line").map((way): Choice<ByStreets> => ({ value: way, text: text[way] }));
  const units = UNITS.map((each): Choice<Reach["unit"]> => ({ value: each, text: each === "metres" ? text.metresUnit : text.minutesUnit }));
  const offered = choices(reach).map((limit) => {
    const chosen = limits.includes(limit);
    return { value: limit, text: limitText(limit, unit, language.value), locked: chosen ? limits.length === 1 : limits.length >= MOST_LIMITS };
  });
  const found = reaching.value?.bands ?? [];
  return (
    <>
      <Choices name="by" label={text.by} all={ways} chosen={alongStreets(state.value.by)} onChoose={(by) => step({ by })} />
      <Choices name="unit" label={text.unit} all={units} chosen={unit} onChoose={(each) => step({ reach: firstReach(each) })} />
      <Ticks name="limit" label={text.limits} all={offered} chosen={limits} onToggle={(limit) => step({ reach: toggled(reach, limit) })} />
      <OwnLimit key={unit} reach={reach} />
      <Remarks />
      <ul class="bands" id="bands" aria-live="polite" aria-busy={askingReach.value}>
        {found.map((band, at) => <BandRow key={band.limit} band={band} at={at} of={found.length} />)}
      </ul>
    </>
  );
}
