// Putting a plan in force: asked once, told in plain words when somebody else was first; and work that takes its time.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Plan } from "../../api/plans.ts";
import { again, comparison, dropPlan, giveUp, openPlan, planAsking, planNews, planProgress, planStale, publishPlan, wishFor } from "../../modes/plans.ts";
import { wishOf } from "../../plans/figures.ts";
import { squads } from "../../state/facts.ts";
import { language, words } from "../../state/state.ts";
import { moment } from "../../text/names.ts";
import { bringIntoView, numberTold, shareTold } from "./told.ts";

/** A question in the place of the button that it came from; Escape says no. */
function Question({ id, title, yes, onYes, onNo, children }: { id: string; title: string; yes: string; onYes: () => void; onNo: () => void; children: ComponentChildren }) {
  const own = useRef<HTMLDivElement>(null);
  // At once: the next key is meant for the question.
  useLayoutEffect(() => {
    const box = own.current;
    box?.focus({ preventScroll: true });
    bringIntoView(box);
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      onNo();
    };
    box?.addEventListener("keydown", onKey);
    return () => box?.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div class="question" id={id} role="alertdialog" aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} tabIndex={-1} ref={own}>
      <p id={`${id}-title`}><b>{title}</b></p>
      <div id={`${id}-text`}>{children}</div>
      <div class="pair">
        <button type="button" class="action" id={`${id}-yes`} onClick={onYes}>{yes}</button>
        <button type="button" class="quiet" id={`${id}-no`} onClick={onNo}>{words.value.plans.notYet}</button>
      </div>
    </div>
  );
}

function askAgain(open: Plan): void {
  openPlan("list");
  wishFor(wishOf(open.parameters, squads.value));
}

export function Publishing({ open }: { open: Plan }) {
  const text = words.value.plans;
  const [asking, setAsking] = useState<"publish" | "drop" | null>(null);
  useEffect(() => setAsking(null), [open.version]);
  const no = () => {
    const from = asking;
    setAsking(null);
    // Back to the button that asked.
    setTimeout(() => from && document.getElementById(from)?.focus());
  };
  const beside = comparison.value;
  const isOld = open.status === "superseded";
  const say = isOld ? text.rollBack : text.publish;
  return (
    <>
      {asking === "drop" ? (
        <Question id="sure-drop" title={text.sureToDrop(open.name)} yes={text.drop} onYes={() => void dropPlan(open)} onNo={no}>
          <p>{text.whatDroppingDoes}</p>
        </Question>
      ) : (
        <div class="pair">
          <button type="button" class="quiet" id="ask-again" onClick={() => askAgain(open)}>{text.askAgain}</button>
          {open.status === "draft" && <button type="button" class="quiet" id="drop" onClick={() => setAsking("drop")}>{text.drop}</button>}
        </div>
      )}
      {open.status !== "published" && (
        <div class="publishing">
          {asking === "publish" ? (
            <Question id="sure" title={isOld ? text.sureToRollBack(open.name) : text.sureToPublish(open.name)} yes={say} onYes={() => void publishPlan(open)} onNo={no}>
              {beside && <p>{text.whatPublishingMoves(numberTold(beside.sections_moved), shareTold(beside.handover_share))}</p>}
              <p>{text.whatPublishingDoes}</p>
            </Question>
          ) : (
            <button type="button" class="action" id="publish" disabled={planAsking.value} onClick={() => setAsking("publish")}>{say}</button>
          )}
        </div>
      )}
    </>
  );
}

/** Somebody else was first. */
export function First() {
  const text = words.value.plans;
  const stale = planStale.value;
  if (!stale) return null;
  const now = stale.plan;
  const since = now?.published_at ? moment(now.published_at, language.value) : "";
  const told = !now ? text.staleGone : now.status === "published" ? text.staleInForce(since, now.published_by ?? "") : text.staleChanged;
  return (
    <div class="note" role="alert" id="stale">
      <p><b>{text.staleTitle}</b></p>
      <p>{`${told} ${text.staleNothingLost}`}</p>
      <button type="button" class="link" id="look-again" onClick={() => (now ? void again() : openPlan("list"))}>{now ? text.lookAgain : text.all}</button>
    </div>
  );
}

/** Somebody else has put another plan in force. */
export function News() {
  const text = words.value.plans;
  const now = planNews.value;
  if (!now) return null;
  return (
    <div class="note" role="status" id="plan-news">
      <p>{text.news(now.name, String(now.id), now.published_by ?? "")}</p>
      <button type="button" class="link" onClick={() => { planNews.value = null; void again(); }}>{text.lookAgain}</button>
    </div>
  );
}

export function Waiting() {
  const text = words.value.plans;
  const progress = planProgress.value;
  if (!progress) return null;
  return (
    <div class="waiting" role="status">
      <p>{text.workingAt(numberTold(progress.done))}</p>
      <progress max="100" value={progress.done} aria-label={text.working} />
      <button type="button" class="quiet" id="give-up" onClick={giveUp}>{text.giveUp}</button>
    </div>
  );
}

