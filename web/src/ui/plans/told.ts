// How plans are told: names, shares and reasons in the language of the page.
import type { Change } from "../../api/plans.ts";
import { streetNames } from "../../modes/plans.ts";
import { squadName } from "../../state/facts.ts";
import { language, words } from "../../state/state.ts";
import { count, signedShare } from "../../text/names.ts";

/** Pixels that the head takes. */
const HEAD = 48;

/** Scrolls the side, and nothing else, until all of `element` is seen under the head, or its beginning where it is long. */
export function bringIntoView(element: HTMLElement | null): void {
  const body = element?.closest(".side-body");
  if (!element || !body) return;
  const [own, frame] = [element.getBoundingClientRect(), body.getBoundingClientRect()];
  const above = own.top - frame.top - HEAD;
  const below = own.bottom - frame.bottom;
  if (above < 0 || below > 0) body.scrollTop += above < 0 ? above : Math.min(above, below);
}

export function squadTold(id: number | null | undefined): string {
  return squadName(id) ?? words.value.none;
}

/** Without the word that all of them bear, where there is little room. */
export function squadShort(id: number | null | undefined): string {
  return squadTold(id).replace(/(.) squad$/i, "$1").replace(/(.)中队$/, "$1");
}

export function streetTold(name: string | null | undefined): string {
  if (!name) return words.value.plans.unnamed;
  return (language.value === "en" ? streetNames.value.get(name) : undefined) ?? name;
}

export function streetsTold(change: Change): string {
  const text = words.value.plans;
  if (change.streets.length === 0) return text.unnamed;
  const names = change.streets.map(streetTold).join(language.value === "en" ? ", " : "、");
  // The service names the longest; there may be more.
  return change.streets.length < 3 ? names : text.andMore(names);
}

export function minutesTold(value: number, digits = 0): string {
  return words.value.plans.minutes(count(value, language.value, digits));
}

export function shareTold(value: number, digits = 1): string {
  return `${count(100 * value, language.value, digits)} %`;
}

export function numberTold(value: number, digits = 0): string {
  return count(value, language.value, digits);
}

export const deviationTold = (value: number): string => signedShare(value, language.value);

export function reasonTold(change: Change): string {
  const { kind, squad_id: squad, deviation_before: before, deviation_after: after } = change.reason;
  const told = words.value.plans.reasons[kind] ?? change.reason.text;
  if (squad === undefined || before === undefined || after === undefined) return told;
  const gap = language.value === "en" ? " " : "";
  return `${told}${gap}${squadShort(squad)}${language.value === "en" ? ": " : "："}${deviationTold(before)} → ${deviationTold(after)}`;
}
