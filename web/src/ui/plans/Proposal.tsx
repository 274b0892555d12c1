// A new plan: who is on duty, what may change, which streets stay where they are.
import { useEffect, useState } from "preact/hooks";
import { item } from "../../api/client.ts";
import type { Squad } from "../../layers/layer.ts";
import { inForce, planAsking, proposePlan, wishFor } from "../../modes/plans.ts";
import { forecast, standing, USUAL_BAND } from "../../plans/figures.ts";
import { squads } from "../../state/facts.ts";
import { BEGINNINGS, locked, NO_LOOK, NO_WISH, RANGES, writeLook } from "../../state/plan-look.ts";
import { language, state, words } from "../../state/state.ts";
import { Cross } from "../icons.tsx";
import { deviationTold, numberTold, squadShort, squadTold, streetTold } from "./told.ts";

/** People on duty, and what the plan in force would make of it. */
function People({ squad, deviation }: { squad: Squad; deviation: number | undefined }) {
  const text = words.value.plans;
  const usual = squad.strength ?? 1;
  const { people } = state.value.plans.wish;
  const value = people.find(([id]) => id === squad.id)?.[1] ?? usual;
  const set = (now: number) => {
    const others = people.filter(([id]) => id !== squad.id);
    wishFor({ people: now === usual ? others : [...others, [squad.id, now]] });
  };
  const told = deviation === undefined ? "" : deviationTold(deviation);
  const level = deviation === undefined ? "within" : standing(deviation, (state.value.plans.wish.band ?? 100 * USUAL_BAND) / 100);
  return (
    <label class="slider">
      <span>{squadShort(squad.id)}</span>
      <input type="range" name={squad.code} min="1" max={Math.max(40, 2 * usual)} value={value} aria-valuetext={`${text.people(String(value))} ${told}`} onInput={(event) => set(Number(event.currentTarget.value))} />
      <output>{`${numberTold(value)}${value === usual ? "" : ` (${value > usual ? "+" : "−"}${Math.abs(value - usual)})`}`}</output>
      <small class={`deviation ${level}`}>{told}</small>
    </label>
  );
}

/** The end of the slider at which any share may change hands; usual plans hand over little. */
const FREE = 20.5;

interface Slide {
  name: keyof typeof RANGES;
  label: string;
  usual: number;
  least?: number;
  most?: number;
  by?: number;
  told: (value: number) => string;
  disabled?: boolean;
}

function Slider({ name, label, usual, least, most, by = 1, told, disabled = false }: Slide) {
  const value = state.value.plans.wish[name] ?? usual;
  const set = (now: number) => wishFor({ [name]: now === usual ? null : now });
  return (
    <label class="slider">
      <span>{label}</span>
      <input type="range" name={name} min={least ?? RANGES[name][0]} max={most ?? RANGES[name][1]} step={by} value={value} disabled={disabled} aria-valuetext={told(value)} onInput={(event) => set(Number(event.currentTarget.value))} />
      <output class="wide">{told(value)}</output>
    </label>
  );
}

/** Names of sections whose lock is listed; asked for where nobody told them. */
function useNames(ids: readonly number[]): ReadonlyMap<number, string | null> {
  const [names, setNames] = useState<ReadonlyMap<number, string | null>>(new Map());
  const missing = ids.filter((id) => !names.has(id));
  useEffect(() => {
    if (missing.length === 0) return;
    const ask = (id: number) => item("road-sections", id).then(
      ({ properties }) => [id, typeof properties.name === "string" ? properties.name : null] as const,
      () => [id, null] as const,
    );
    void Promise.all(missing.map(ask)).then((found) => setNames(new Map([...names, ...found])));
  }, [missing.join()]);
  return names;
}

export function Locks() {
  const text = words.value.plans;
  const { locks } = state.value.plans.wish;
  const names = useNames(locks.map(([section]) => section));
  if (locks.length === 0) return <p class="hint">{text.noLocks}</p>;
  return (
    <ul class="locks" id="locks">
      {locks.map(([section, squad]) => {
        const street = streetTold(names.get(section));
        return (
          <li key={section}>
            <span>{`${street} → ${squadTold(squad)}`}</span>
            <button type="button" class="drop" aria-label={text.unlockStreet(street)} title={text.unlock} onClick={() => wishFor({ locks: locked(locks, section, null) })}><Cross /></button>
          </li>
        );
      })}
    </ul>
  );
}

export function Proposal() {
  const text = words.value.plans;
  const { wish } = state.value.plans;
  const own = squads.value.filter((squad) => squad.hasStreets);
  const held = inForce.value;
  const foretold = held ? forecast(held.figures.squads, new Map(own.map((squad) => [squad.id, wish.people.find(([id]) => id === squad.id)?.[1] ?? squad.strength ?? 1]))) : new Map<number, number>();
  const all = own.reduce((sum, squad) => sum + (wish.people.find(([id]) => id === squad.id)?.[1] ?? squad.strength ?? 1), 0);
  const [name, setName] = useState("");
  const send = (event: Event) => {
    event.preventDefault();
    const changed = wish.people.map(([id, people]) => `${squadShort(id)} ${people}`).join(language.value === "en" ? ", " : "、");
    const day = new Date().toLocaleDateString(language.value, { month: "long", day: "numeric" });
    void proposePlan(name.trim() || (changed ? text.newNameFor(day, changed) : text.newName(day)));
  };
  const isUsual = writeLook({ ...NO_LOOK, wish }).length === 0;
  return (
    <form class="proposal" id="proposal" onSubmit={send} aria-labelledby="proposal-title">
      <h3 id="proposal-title">{text.propose}</h3>
      <fieldset>
        <legend><span>{text.onDuty(numberTold(all))}</span>{held && <small>{text.asItIs}</small>}</legend>
        {own.map((squad) => <People key={squad.id} squad={squad} deviation={foretold.get(squad.id)} />)}
      </fieldset>
      <fieldset class="choices beginnings">
        <legend class="unseen">{text.beginFrom}</legend>
        {BEGINNINGS.map((from) => (
          <label key={from}>
            <input type="radio" name="from" value={from} checked={wish.from === from} onChange={() => wishFor({ from })} />
            <span>{text.beginnings[from]}</span>
          </label>
        ))}
      </fieldset>
      <p class="hint">{text.beginningTold[wish.from]}</p>
      <fieldset>
        <legend><span>{text.limits}</span></legend>
        <Slider name="hand" label={text.mostHandover} usual={FREE} most={FREE} by={0.5} disabled={wish.from !== "published"} told={(value) => (wish.hand === null ? text.noLimit : `${numberTold(value, 1)} %`)} />
        <Slider name="touch" label={text.mostTouched} usual={own.length} most={Math.max(2, own.length)} disabled={wish.from !== "published"} told={(value) => (wish.touch === null ? text.noLimit : text.squads(numberTold(value)))} />
        <Slider name="band" label={text.band} usual={100 * USUAL_BAND} most={15} by={0.5} told={(value) => `± ${numberTold(value, 1)} %`} />
        <label class="check">
          <input type="checkbox" name="whole" checked={wish.whole} onChange={(event) => wishFor({ whole: event.currentTarget.checked })} />
          <span>{text.wholeStreets}</span>
        </label>
      </fieldset>
      <details open={wish.pace !== null || wish.shop !== null || wish.case !== null}>
        <summary>{text.weights}</summary>
        <Slider name="pace" label={text.pace} usual={60} most={120} by={5} told={(value) => text.metresAMinute(numberTold(value))} />
        <Slider name="shop" label={text.perShop} usual={0.5} most={5} by={0.1} told={(value) => text.minutes(numberTold(value, 1))} />
        <Slider name="case" label={text.perCase} usual={20} most={60} told={(value) => text.minutes(numberTold(value))} />
      </details>
      <details open={wish.locks.length > 0}>
        <summary>{text.locks(numberTold(wish.locks.length))}</summary>
        <Locks />
      </details>
      <label class="name">
        <span>{text.name}</span>
        <input type="text" name="name" maxLength={80} value={name} placeholder={text.nameOptional} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <button type="submit" class="action" id="propose" disabled={planAsking.value}>{planAsking.value ? text.working : text.propose}</button>
      {!isUsual && <button type="button" class="quiet" id="as-usual" onClick={() => wishFor(NO_WISH)}>{text.asUsual}</button>}
    </form>
  );
}
