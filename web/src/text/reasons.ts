// Why a point cannot be reached, in the language of the page. The service says it in English; what is not known here is
// told as it stands.
import type { Language } from "./dictionary.ts";

const VERBS: Record<string, string> = { walk: "步行", ride: "骑行", drive: "驾车" };
const REASONS: readonly [RegExp, (...found: string[]) => string][] = [
  [/^there are no streets to (walk|ride|drive) on$/, (verb = "") => `没有可${VERBS[verb] ?? verb}的街道`],
  [/^no street lies within 50 km of it$/, () => "该点 50 公里内没有街道"],
  [/^the place is ([\d.]+) m from the nearest street, farther than max_snap_m$/, (metres = "") => `此处距最近的街道 ${metres} m，超出限定`],
];

export function reasonText(reason: string, language: Language): string {
  if (language === "en") return reason;
  for (const [pattern, told] of REASONS) {
    const found = pattern.exec(reason);
    if (found) return told(...found.slice(1));
  }
  return reason;
}
