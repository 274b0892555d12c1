// Loads of the squads against their targets: as bars on one scale, so that targets align; told in numbers and words, too.
import type { Plan, ScoreRow } from "../../api/plans.ts";
import { squadColours } from "../../layers/layer.ts";
import { chosenPerson, comparison, lookAt, persons, tried } from "../../modes/plans.ts";
import { barEnd, parts, standing } from "../../plans/figures.ts";
import { squadName } from "../../state/facts.ts";
import { look } from "../../state/look.ts";
import { state, words } from "../../state/state.ts";
import { Chevron } from "../icons.tsx";
import { Overlays, SquadPeople } from "./Assistants.tsx";
import { bandOf } from "./Effect.tsx";
import { deviationTold, minutesTold, numberTold, shareTold, squadShort } from "./told.ts";

const SIGNS = { over: "▲", under: "▼", within: "✓" } as const;

interface Drawn {
  row: ScoreRow;
  /** The load by the plan it is set against, or before a move that is tried, as a share of the target. */
  before: number | null;
  end: number;
  band: number;
}

function Bar({ row, before, end, band }: Drawn) {
  const at = (ratio: number) => `${(100 * ratio) / end}%`;
  const colour = squadColours(look()).get(row.squad_id);
  return (
    <span class="load-bar" aria-hidden="true">
      <span class="load-band" style={{ left: at(1 - band), width: at(2 * band) }} />
      {parts(row).map(({ part, from, share }) => <i key={part} class={part} style={{ left: at(from), width: at(share), backgroundColor: colour }} />)}
      <span class="load-target" style={{ left: at(1) }} />
      {before !== null && Math.abs(before - row.load_min.total / row.target_min) > 0.002 && <span class="load-before" style={{ left: at(before) }} />}
    </span>
  );
}

function Row({ row, before, end, band, open }: Drawn & { open: Plan }) {
  const text = words.value.plans;
  const isOpen = (chosenPerson.value?.squad ?? state.value.plans.squad) === row.squad_id;
  const level = standing(row.deviation, band);
  const changed = before !== null && Math.abs(before - 1 - row.deviation) > 0.0005;
  return (
    <li>
      <button type="button" class="load" aria-expanded={isOpen} onClick={() => lookAt({ squad: isOpen ? null : row.squad_id, assistant: null, change: null })}>
        <span class="load-head">
          <b>{squadName(row.squad_id) ?? row.squad_id}</b>
          <span>{`${minutesTold(row.load_min.total)}`}</span>
          <span class={`deviation ${level}`}>
            {changed ? <small>{`${deviationTold(before - 1)} → `}</small> : null}
            <span aria-hidden="true">{`${SIGNS[level]} `}</span>
            {deviationTold(row.deviation)}
            <span class="unseen">{` ${text.standings[level]}`}</span>
          </span>
          <Chevron />
        </span>
        <Bar row={row} before={before} end={end} band={band} />
      </button>
      {isOpen && (
        <div class="squad-open">
          <p class="hint">{`${text.parts(minutesTold(row.load_min.patrol), minutesTold(row.load_min.shops), minutesTold(row.load_min.violations))} · ${text.target} ${minutesTold(row.target_min)} · ${text.each(minutesTold(row.load_min.total / Math.max(1, row.strength)))}`}</p>
          <SquadPeople open={open} squad={row.squad_id} />
        </div>
      )}
    </li>
  );
}

/** What each squad has, to be compared down the columns. */
function Sheet({ rows }: { rows: readonly ScoreRow[] }) {
  const text = words.value.plans;
  const columns: [string, (row: ScoreRow) => string][] = [
    [text.columns.people, (row) => numberTold(row.strength)],
    [text.columns.sections, (row) => numberTold(row.sections)],
    ["km", (row) => numberTold(row.km, 1)],
    [text.columns.shops, (row) => numberTold(row.shops)],
    [text.columns.cases, (row) => numberTold(row.cases)],
  ];
  return (
    <table class="sheet" id="plan-sheet">
      <thead>
        <tr>
          <th scope="col">{text.squad}</th>
          {columns.map(([name]) => <th scope="col" key={name}>{name}</th>)}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.squad_id}>
            <th scope="row">{squadShort(row.squad_id)}</th>
            {columns.map(([name, value]) => <td key={name}>{value(row)}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Loads({ open }: { open: Plan }) {
  const text = words.value.plans;
  const band = bandOf(open.parameters);
  const result = tried.value?.result ?? null;
  const { figures } = open;
  const rows = result?.figures.squads ?? figures.squads;
  const own = new Map(figures.squads.map((row) => [row.squad_id, row.deviation]));
  const then = new Map((comparison.value?.squads ?? []).map((each) => [each.squad_id, each.deviation_before]));
  const before = (id: number) => {
    const found = (result ? own.get(id) : then.get(id)) ?? null;
    return found === null ? null : found + 1;
  };
  const end = barEnd(rows.flatMap((row) => [row.deviation + 1, before(row.squad_id) ?? 0]), band);
  const out = rows.filter((row) => standing(row.deviation, band) !== "within").length;
  return (
    <div class="loads">
      <h3>{result ? text.loadsIfMoved : text.loads}</h3>
      <p class="hint" id="plan-band">{out === 0 ? text.allWithin(shareTold(band)) : text.someOutside(numberTold(out), shareTold(band))}</p>
      <ul class="load-key" aria-hidden="true">
        <li><span class="key-target" />{text.target}</li>
        <li><span class="key-band" />{text.bandKey(shareTold(band))}</li>
        {rows.some((row) => before(row.squad_id) !== null) && <li><span class="key-before" />{result ? text.now : text.beforeKey}</li>}
        <li><i class="patrol" />{text.patrolKey}</li>
        <li><i class="shops" />{text.shopsKey}</li>
        <li><i class="violations" />{text.casesKey}</li>
      </ul>
      <ul class="bars" id="plan-bars">
        {rows.map((row) => <Row key={row.squad_id} row={row} before={before(row.squad_id)} end={end} band={band} open={open} />)}
      </ul>
      <Sheet rows={rows} />
      {persons.value.size > 0 && <Overlays />}
      {figures.travel_m !== null && (
        <p class="hint">{text.travel(numberTold(figures.travel_m)) + (figures.travel_gap === undefined ? "" : text.gap(shareTold(figures.travel_gap)))}</p>
      )}
    </div>
  );
}
