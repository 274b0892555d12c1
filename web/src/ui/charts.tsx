// Charts of cases in time: hours by weekdays, and months. Drawn as tables and bars that can be read without colour, too.
import type { TimePatterns } from "../api/client.ts";
import { language, words } from "../state/state.ts";
import { count } from "../text/names.ts";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Short names of the weekdays, Monday first. */
function weekdays(): string[] {
  const format = new Intl.DateTimeFormat(language.value, { weekday: "narrow", timeZone: "UTC" });
  // 1 January 2024 is a Monday.
  return HOURS.slice(0, 7).map((day) => format.format(new Date(Date.UTC(2024, 0, 1 + day))));
}

/** Names of the weekdays that do not stand for two of them. */
function weekdayName(day: number): string {
  return new Intl.DateTimeFormat(language.value, { weekday: "short", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1 + day)));
}

/** Darker is more; the busiest hour is told in words. */
export function WeekMatrix({ patterns }: { patterns: TimePatterns }) {
  const text = words.value.hot;
  const names = weekdays();
  const most = Math.max(1, ...patterns.weekdays.flatMap((day) => day.by_hour));
  const busiest = patterns.weekdays
    .flatMap((day, weekday) => day.by_hour.map((cases, hour) => ({ cases, hour, weekday })))
    .reduce((a, b) => (b.cases > a.cases ? b : a), { cases: 0, hour: 0, weekday: 0 });
  return (
    <figure class="week" id="week">
      <figcaption>{`${text.byHour} · ${text.busiest(weekdayName(busiest.weekday), String(busiest.hour), count(busiest.cases, language.value))}`}</figcaption>
      <svg viewBox="0 0 300 98" role="img" aria-label={text.byHour}>
        {patterns.weekdays.map((day, weekday) => (
          <g key={day.weekday} transform={`translate(0 ${weekday * 12})`}>
            <text x="8" y="9.5" class="tick" text-anchor="middle">{names[weekday]}</text>
            {day.by_hour.map((cases, hour) => (
              <rect key={hour} class="heat" x={18 + hour * 11.7} y="1" width="10.9" height="10.9" rx="1.5" style={{ "--share": cases / most }}>
                <title>{`${weekdayName(weekday)} ${hour}:00 · ${count(cases, language.value)}`}</title>
              </rect>
            ))}
          </g>
        ))}
        {[0, 6, 12, 18, 23].map((hour) => <text key={hour} x={23.5 + hour * 11.7} y="95" class="tick" text-anchor="middle">{hour}</text>)}
      </svg>
      <p class="hint scale">
        {Array.from({ length: 5 }, (_, part) => <span key={part} class="heat" style={{ "--share": part / 4 }} />)}
        {text.scale(count(most, language.value))}
      </p>
    </figure>
  );
}

export function Months({ patterns }: { patterns: TimePatterns }) {
  const text = words.value.hot;
  const { months, season, trend } = patterns;
  const most = Math.max(1e-9, ...months.map((month) => month.per_day ?? 0));
  const step = 282 / Math.max(1, months.length);
  const high = new Set(season?.high_months ?? []);
  const direction = trend && { rising: text.rising, falling: text.falling, none: text.steady }[trend.direction];
  const names = season && season.high_months.length > 0 ? text.highMonths(season.high_months.join(", ")) : null;
  return (
    <figure class="months" id="months">
      <figcaption>{[text.byMonth, direction, names].filter(Boolean).join(" · ")}</figcaption>
      <svg viewBox="0 0 300 84" role="img" aria-label={text.byMonth}>
        {months.map((month, at) => {
          const height = (66 * (month.per_day ?? 0)) / most;
          const [year, number] = month.month.split("-");
          return (
            <g key={month.month} transform={`translate(${12 + at * step} 0)`}>
              <rect class={`bar${high.has(Number(number)) ? " high" : ""}${month.whole ? "" : " partly"}`} x="0.5" y={68 - height} width={Math.max(1, step - 1)} height={height}>
                <title>{`${month.month} · ${count(month.count, language.value)}`}</title>
              </rect>
              {(number === "01" || at === 0) && <text x={step / 2} y="80" class="tick" text-anchor="start">{year}</text>}
            </g>
          );
        })}
        <path d="M12 68.5H294" class="axis" />
      </svg>
    </figure>
  );
}
