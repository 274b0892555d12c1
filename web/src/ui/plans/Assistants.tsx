// The assistants of a squad with their minutes; of the chosen one the beat, the closed walk, and the way to take it along.
import { walkPath, type Plan, type Walk } from "../../api/plans.ts";
import { beatColour } from "../../layers/beats.ts";
import { chosenPerson, lookAt, persons, plan, planAsking, planBeats, shared, shareOut, walk } from "../../modes/plans.ts";
import { evenShare, type Person } from "../../plans/beats.ts";
import { language, light, state, words } from "../../state/state.ts";
import { valueWord } from "../../text/dictionary.ts";
import { metres } from "../../text/names.ts";
import { planNote } from "../../text/plans.ts";
import { deviationTold, minutesTold, numberTold, squadTold } from "./told.ts";

function WalkTold({ person, open }: { person: Person; open: number }) {
  const text = words.value.plans;
  const found = walk.value?.properties as unknown as Walk | undefined;
  return (
    <div class="walk" id="walk" aria-live="polite">
      {found ? (
        <>
          <p>{text.walk(metres(found.distance_m, language.value), minutesTold(found.duration_s / 60))}</p>
          <p class="hint">{`${text.walkOwn(metres(found.own_m, language.value), metres(found.passed_m, language.value))}${found.is_shortest ? ` ${text.shortest}` : ""}`}</p>
          <p class="files">
            <a id="walk-gpx" href={walkPath(open, person.id, "gpx")} download={`${person.code}.gpx`}>GPX</a>
            <a id="walk-geojson" href={walkPath(open, person.id)} download={`${person.code}.geojson`}>GeoJSON</a>
          </p>
        </>
      ) : <p class="hint">{words.value.loading}</p>}
    </div>
  );
}

function Row({ person, at, even, most, open }: { person: Person; at: number; even: number; most: number; open: number }) {
  const text = words.value.plans;
  const chosen = chosenPerson.value?.id === person.id;
  return (
    <li>
      <button type="button" class="person" aria-pressed={chosen} onClick={() => lookAt({ assistant: chosen ? null : person.id, change: null }, { feature: null })}>
        <b>{person.code}</b>
        <span class="shift">{person.shift ? valueWord("shift", person.shift, language.value) : ""}</span>
        <span class="person-bar" aria-hidden="true">
          <i style={{ background: beatColour(at, light.value), width: `${(100 * person.minutes) / Math.max(1, most)}%` }} />
          {!person.isOverlay && <em style={{ left: `${(100 * even) / Math.max(1, most)}%` }} />}
        </span>
        <span>{person.isOverlay ? text.stretches(numberTold(person.stretches)) : minutesTold(person.minutes)}</span>
        <span class="person-off">{person.isOverlay || even === 0 ? "" : deviationTold(person.minutes / even - 1)}</span>
      </button>
      {chosen && <WalkTold person={person} open={open} />}
    </li>
  );
}

function People({ all, open }: { all: readonly Person[]; open: number }) {
  const even = evenShare(all);
  const most = Math.max(even, ...all.map((person) => person.minutes));
  return (
    <ul class="people">
      {all.map((person, at) => <Row key={person.id} person={person} at={at} even={even} most={most} open={open} />)}
    </ul>
  );
}

export function SquadPeople({ open, squad }: { open: Plan; squad: number }) {
  const text = words.value.plans;
  const all = persons.value.get(squad) ?? [];
  const report = shared.value?.squads.find((each) => each.squad_id === squad);
  return (
    <div id="assistants">
      <h4>{all.length > 0 ? text.assistants(numberTold(all.length), minutesTold(evenShare(all))) : text.noAssistants}</h4>
      {all.length > 0 ? <People all={all} open={open.id} /> : planBeats.value.length === 0 && (
        <>
          <p class="hint">{text.notShared}</p>
          <button type="button" class="quiet" id="share-out" disabled={planAsking.value} onClick={() => void shareOut(open)}>{planAsking.value ? text.working : text.shareOut}</button>
        </>
      )}
      {report?.notes.map((note) => <p class="note" key={note}>{planNote(note, language.value !== "en")}</p>)}
    </div>
  );
}

/** Squads without streets of their own: their assistants walk the streets of their posts, over those who own them. */
export function Overlays() {
  const text = words.value.plans;
  const open = plan.value;
  const chosen = chosenPerson.value?.squad ?? state.value.plans.squad;
  const over = [...persons.value].filter(([, all]) => all.some((person) => person.isOverlay));
  if (!open || over.length === 0) return null;
  return (
    <>
      <h4>{text.overlays}</h4>
      <ul class="overlays">
        {over.map(([squad, all]) => (
          <li key={squad}>
            <button type="button" class="load load-head" aria-expanded={chosen === squad} onClick={() => lookAt({ squad: chosen === squad ? null : squad, assistant: null, change: null })}>
              <b>{squadTold(squad)}</b>
              <span>{text.people(numberTold(all.length))}</span>
            </button>
            {chosen === squad && <People all={all} open={open.id} />}
          </li>
        ))}
      </ul>
    </>
  );
}
