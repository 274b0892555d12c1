// Hotspots: category, period and method; the streets that stand out; how well the ranking did; when cases happen.
import type { Hotspots, Recurrence } from "../api/client.ts";
import { hotspotLegend, levelName, levelOf } from "../layers/hotspots.ts";
import { nameText } from "../layers/layer.ts";
import { hotAsking, hotspots, hotTrouble, patterns, recurrence } from "../modes/hot.ts";
import { type Hot, HOT_METHODS, type HotMethod, HOURS, WEEKDAYS } from "../state/address.ts";
import { look } from "../state/look.ts";
import { language, state, step, words } from "../state/state.ts";
import { valueWord } from "../text/dictionary.ts";
import { categoryName, count, declarations } from "../text/names.ts";
import { Months, WeekMatrix } from "./charts.tsx";
import { Swatch } from "./Swatch.tsx";

/** So many streets are listed. */
const LISTED = 10;

function alter(change: Partial<Hot>): void {
  const { hot } = state.value;
  if (hot) step({ hot: { ...hot, ...change } });
}

/** Hours as the service reads them, the last one included, as a clock tells them. */
function clock(hours: string): string {
  const [first = 0, last = 0] = hours.split("-").map(Number);
  return `${first}:00–${(last + 1) % 24}:00`;
}

function Controls({ hot }: { hot: Hot }) {
  const text = words.value.hot;
  const categories = Object.keys(declarations.value.violations?.category?.["x-titles"] ?? {});
  const value = (event: Event) => (event.currentTarget as HTMLInputElement | HTMLSelectElement).value;
  return (
    <div class="controls">
      <label>
        <span>{text.category}</span>
        <select id="hot-category" value={hot.category ?? ""} onChange={(event) => alter({ category: value(event) || null })}>
          <option value="">{text.allCategories}</option>
          {categories.map((slug) => <option key={slug} value={slug}>{categoryName(slug, language.value)}</option>)}
        </select>
      </label>
      <label>
        <span>{text.method}</span>
        <select id="hot-method" value={hot.method} onChange={(event) => alter({ method: (value(event) as HotMethod) || "ranking" })}>
          {HOT_METHODS.map((method) => <option key={method} value={method}>{text.methods[method]}</option>)}
        </select>
      </label>
      <label>
        <span>{text.from}</span>
        <input id="hot-from" type="date" value={hot.from ?? ""} onChange={(event) => alter({ from: value(event) || null })} />
      </label>
      <label>
        <span>{text.to}</span>
        <input id="hot-to" type="date" value={hot.to ?? ""} onChange={(event) => alter({ to: value(event) || null })} />
      </label>
      <label>
        <span>{text.hours}</span>
        <select id="hot-hours" value={hot.hours ?? ""} onChange={(event) => alter({ hours: value(event) || null })}>
          <option value="">{text.allDay}</option>
          {HOURS.map((hours) => <option key={hours} value={hours}>{clock(hours)}</option>)}
        </select>
      </label>
      <label>
        <span>{text.weekdays}</span>
        <select id="hot-weekdays" value={hot.weekdays ?? ""} onChange={(event) => alter({ weekdays: value(event) || null })}>
          <option value="">{text.allWeek}</option>
          {WEEKDAYS.map((days) => <option key={days} value={days}>{text.parts[days] ?? days}</option>)}
        </select>
      </label>
    </div>
  );
}

function Streets({ answer }: { answer: Hotspots }) {
  const text = words.value.hot;
  const strength = ({ properties }: Hotspots["features"][number]) => {
    const order = { third: 4, second: 3, first: 2, fading: 1, unseen: 0 };
    const level = levelOf(properties.class);
    return (level ? order[level] : -1) * 1e9 + Number(properties.count ?? 0);
  };
  const ranked = answer.method === "ranking" ? answer.features : answer.features.toSorted((a, b) => strength(b) - strength(a));
  // A street without cases may lie in a hot area; nobody is sent there.
  const told = ranked.filter(({ properties }) => (levelOf(properties.class) ?? "unseen") !== "unseen" && Number(properties.count ?? 0) > 0).slice(0, LISTED);
  if (told.length === 0) return <p class="note">{[text.nothing, answer.note].filter(Boolean).join(" ")}</p>;
  return (
    <ol class="founds" id="hot-streets">
      {told.map(({ id, properties }, at) => (
        <li key={String(id)}>
          <button type="button" class="found" onClick={() => step({ feature: { layer: "road-sections", id: Number(id) } })}>
            <span class="rank">{at + 1}</span>
            <span class="found-name">{nameText(properties, look()) ?? valueWord("class", String(properties.external_id ?? id), language.value)}</span>
            <span class="found-far">{text.cases(count(Number(properties.count ?? 0), language.value))}</span>
            <span class="found-more">
              <span class="level">{levelName(look(), answer.method, properties.class)}</span>
              {text.per100(count(Number(properties.rate_per_100m ?? 0), language.value, 1))}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** How the rankings did on the newest period, which took no part in the choice. */
function BackTest({ answer }: { answer: Hotspots }) {
  const text = words.value.hot;
  const { backtest, winner } = answer;
  if (!backtest) return null;
  return (
    <div class="backtest" id="backtest">
      <h3>{text.backtest}</h3>
      <p class="hint">{answer.beats_counts ? text.beats(text.rankings[winner ?? ""] ?? winner ?? "") : text.countsBest}</p>
      <table>
        <caption>{text.heldBack(backtest.held_back.join(" – "))}</caption>
        <thead>
          <tr>
            <th scope="col">{text.method}</th>
            {[1, 5, 10].map((share) => <th scope="col" key={share}>{`${share} %`}</th>)}
          </tr>
        </thead>
        <tbody>
          {backtest.methods.map(({ method, held_back: scores }) => (
            <tr key={method} class={method === winner ? "winner" : ""}>
              <th scope="row">{text.rankings[method] ?? method}</th>
              {scores.map(({ share, pai }) => <td key={share}>{count(pai, language.value, 1)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">{text.paiMeans}</p>
    </div>
  );
}

/** How much comes back: what is reported month by month. */
function Again({ again: { recurrence: all, months } }: { again: Recurrence }) {
  const text = words.value.hot;
  if (all.share_in_groups_of_3 === null) return null;
  const percent = (share: number) => count(100 * share, language.value, 1);
  const newest = months.filter((month) => month.share !== null).slice(-6);
  return (
    <div class="backtest" id="again">
      <h3>{text.again}</h3>
      <p>{text.againShare(percent(all.share_in_groups_of_3), count(all.groups_of_3, language.value))}</p>
      {all.days_to_recur.median !== null && <p class="hint">{text.againDays(count(all.days_to_recur.median, language.value, 1))}</p>}
      <table>
        <caption>{text.againMonths}</caption>
        <thead>
          <tr>{newest.map(({ month }) => <th scope="col" key={month}>{month.slice(2)}</th>)}</tr>
        </thead>
        <tbody>
          <tr>{newest.map(({ month, share }) => <td key={month}>{`${percent(share ?? 0)} %`}</td>)}</tr>
        </tbody>
      </table>
    </div>
  );
}

/** Methods whose order comes from a figure that is not the number of cases. */
const ORDERED: Record<string, boolean> = { ranking: true };

export function HotView({ hot }: { hot: Hot }) {
  const text = words.value.hot;
  const answer = hotspots.value;
  const unseen = answer?.features.some(({ properties }) => levelOf(properties.class) === "unseen") ?? false;
  return (
    <section class="hot" aria-labelledby="hot-title" aria-busy={hotAsking.value}>
      <h2 id="hot-title">{text.title}</h2>
      <Controls hot={hot} />
      {hotTrouble.value && <p class="note" role="alert">{hotTrouble.value}</p>}
      {answer && (
        <>
          <ul class="legend" id="hot-legend">
            {hotspotLegend(look(), hot.method, unseen).map((entry) => <li key={entry.text}><Swatch entry={entry} />{entry.text}</li>)}
          </ul>
          <p class="hint">{[text.used(count(answer.cases.used, language.value)), answer.cases.used > 0 && text.notSafe, ORDERED[answer.method] && text.order].filter(Boolean).join(" ")}</p>
          <Streets answer={answer} />
          <BackTest answer={answer} />
        </>
      )}
      {recurrence.value && <Again again={recurrence.value} />}
      {patterns.value && patterns.value.months && (
        <>
          <h3>{text.when}</h3>
          <WeekMatrix patterns={patterns.value} />
          <Months patterns={patterns.value} />
        </>
      )}
    </section>
  );
}
