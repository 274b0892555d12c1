// Hotspots: category, period and method; the streets that stand out; how well the ranking did; when cases happen.
import type { Hotspots } from "../api/client.ts";
import { hotspotLegend, levelOf } from "../layers/hotspots.ts";
import { nameText } from "../layers/layer.ts";
import { hotAsking, hotspots, hotTrouble, patterns } from "../modes/hot.ts";
import { type Hot, HOT_METHODS, type HotMethod } from "../state/address.ts";
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
  const told = ranked.filter(({ properties }) => (levelOf(properties.class) ?? "unseen") !== "unseen").slice(0, LISTED);
  if (told.length === 0) return <p class="note">{answer.note ?? text.nothing}</p>;
  return (
    <ol class="founds" id="hot-streets">
      {told.map(({ id, properties }, at) => (
        <li key={String(id)}>
          <button type="button" class="found" onClick={() => step({ feature: { layer: "road-sections", id: Number(id) } })}>
            <span class="rank">{at + 1}</span>
            <span class="found-name">{nameText(properties, look()) ?? valueWord("class", String(properties.external_id ?? id), language.value)}</span>
            <span class="found-far">{text.cases(count(Number(properties.count ?? 0), language.value))}</span>
            <span class="found-more">{text.per100(count(Number(properties.rate_per_100m ?? 0), language.value, 1))}</span>
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
          <p class="hint">{`${text.used(count(answer.cases.used, language.value))} ${text.notSafe}`}</p>
          <Streets answer={answer} />
          <BackTest answer={answer} />
        </>
      )}
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
