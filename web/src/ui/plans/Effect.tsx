// What a move would do before it is done: loads of the squads it touches, borders and ways.
import type { Figures } from "../../api/plans.ts";
import { tried } from "../../modes/plans.ts";
import { differences, standing, USUAL_BAND } from "../../plans/figures.ts";
import { language, words } from "../../state/state.ts";
import { deviationTold, squadTold } from "./told.ts";

/** The band that a plan was asked to keep. */
export function bandOf(parameters: { band?: number }): number {
  return parameters.band ?? USUAL_BAND;
}

export function Effect({ before, band = USUAL_BAND }: { before: Figures; band?: number }) {
  const text = words.value.plans;
  const now = tried.value;
  if (!now) return null;
  if (now.trouble) return <p class="note" role="alert">{now.trouble}</p>;
  if (!now.result) return <p class="hint" aria-live="polite">{text.working}</p>;
  const { squads_touched: touched, figures } = now.result;
  const { travel, seams, handover } = differences(before, figures);
  const signed = (value: number, digits: number) => new Intl.NumberFormat(language.value, { signDisplay: "exceptZero", maximumFractionDigits: digits }).format(value);
  const torn = (figures.extra_pieces ?? 0) > (before.extra_pieces ?? 0);
  return (
    <ul class="effect" id="plan-effect" aria-live="polite">
      {touched.map((each) => {
        const level = standing(each.deviation_after, band);
        return (
          <li key={each.squad_id} class={level === "within" ? "" : "bad"}>
            {`${squadTold(each.squad_id)}: ${deviationTold(each.deviation_before)} → ${deviationTold(each.deviation_after)}${level === "within" ? "" : ` (${text.standings[level]})`}`}
          </li>
        );
      })}
      {travel !== null && Math.abs(travel) >= 0.05 && <li>{text.travelBy(`${signed(travel, 1)} m`)}</li>}
      {Math.abs(seams) >= 0.005 && <li>{text.seamsBy(signed(seams, 1))}</li>}
      {Math.abs(handover) >= 5e-5 && <li>{text.handoverBy(`${signed(100 * handover, 2)} %`)}</li>}
      {torn && <li class="bad">{text.tears}</li>}
      {touched.length === 0 && <li>{text.noEffect}</li>}
    </ul>
  );
}
