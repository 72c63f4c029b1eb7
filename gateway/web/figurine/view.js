// A figurine's job on one page: a podium with what there is to see, a panel with what to do.

import { announce, element, replace } from "../dom.js";
import { ENDED, follow } from "../follow.js";
import { complain, explained } from "../problems.js";
import { approvePanel } from "./approve.js";
import { failedPanel } from "./failed.js";
import { makingPanel } from "./making.js";
import { podium } from "./podium.js";
import { resultPanel } from "./result.js";
import { t } from "../words.js";

export { showChoices as showFigurine } from "./choose.js";

const PANELS = {
  making: makingPanel, approve: approvePanel, result: resultPanel, failed: failedPanel,
};

/**
 * Show a job and follow it until it rests.
 * @param {HTMLElement} outlet
 * @param {any} view of the job, as it is now
 * @returns {() => void} leave
 */
export function showFigurineJob(outlet, view) {
  const page = { job: view.id, phase: "", panel: null, stop: () => {}, stage: podium() };
  const side = element("div", { class: "panel" });
  const lost = element("div", { role: "status" });
  const open = (next) => {  // another job in the same room: what is shown stays until then
    page.stop();
    page.job = next.id;
    if (location.hash !== `#/jobs/${next.id}`) history.pushState(null, "", `#/jobs/${next.id}`);
    show(page, side, next, open);
    if (ENDED.includes(next.state)) return;
    page.stop = follow(next.id, {
      onView: (seen) => show(page, side, seen, open),
      onLost: (problem) => replace(lost, problem && element("div", { class: "card lost" },
        explained(problem), !problem.final && element("p", { class: "soft" }, t("job.again")))),
    });
  };
  replace(outlet, element("div", { class: "job" }, page.stage.node,
    element("div", { class: "beside" }, lost, side)));
  open(view);
  return () => {
    page.stop();
    page.panel?.leave?.();
    page.stage.leave();
  };
}

function show(page, side, view, open) {
  if (view.id !== page.job) return;
  page.stage.update(view);
  const phase = phaseOf(view);
  if (page.panel?.keeps?.(view)) return;
  if (phase === page.phase) {
    page.panel.update(view);
    return;
  }
  complain(null);
  page.panel?.leave?.();
  page.phase = phase;
  page.panel = PANELS[phase](view, open);
  replace(side, page.panel.node);
  announce(t(`state.${view.state}`));
}

function phaseOf(view) {
  if (view.state === "paused") return "approve";
  if (view.state === "succeeded") return view.artifacts_expired_at ? "failed" : "result";
  return ENDED.includes(view.state) ? "failed" : "making";
}
