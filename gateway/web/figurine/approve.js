// The portrait to approve, before a body is made for it.

import { call } from "../api.js";
import { element, icon, replace } from "../dom.js";
import { complain } from "../problems.js";
import { t } from "../words.js";
import { catalogue } from "./choose.js";
import { cards } from "./looks.js";

/**
 * @param {any} view of the paused job
 * @returns {{node: HTMLElement, update: (view: any) => void, keeps: (view: any) => boolean}}
 */
export function approvePanel(view) {
  const state = { view, redrawing: false };
  const yes = button("go large", "check", "approve.yes");
  const cancel = button("quiet", "cross", "house.cancel");
  const likeness = element("p", { class: "soft" });
  const styles = element("div");
  const busy = element("p", { class: "soft", role: "status" });
  yes.addEventListener("click", () => resume(state, {}, yes));
  cancel.addEventListener("click", () =>
    call(`/v1/jobs/${view.id}/cancel`, { method: "POST" }).catch(complain));
  const update = (seen) => {
    state.view = seen;
    state.redrawing = false;
    yes.disabled = false;
    replace(busy);
    replace(likeness, alike(seen));
  };
  const redraw = (style) => {
    state.redrawing = true;
    yes.disabled = true;
    replace(busy, t("approve.redrawing"));
    resume(state, { style, pause_after: "portrait" }, yes);
  };
  offer(styles, view, redraw);
  update(view);
  return {
    node: element("div", { class: "approve" }, element("h1", {}, t("approve.title")),
      element("p", {}, t("approve.lead")), likeness,
      element("p", { class: "ways" }, yes, cancel), busy, styles),
    update,
    keeps: (seen) => state.redrawing && ["queued", "running"].includes(seen.state),
  };
}

const button = (look, drawing, word) =>
  element("button", { type: "button", class: look }, icon(drawing), t(word));

function alike(view) {
  const score = view.facts["stylize.portrait"]?.likeness?.score;
  return score === undefined ? null : t("approve.likeness", { score: Math.round(score) });
}

async function offer(place, view, redraw) {
  try {
    replace(place, cards({
      name: "style", legend: t("approve.other"), choices: (await catalogue()).styles,
      chosen: view.parameters.style, shape: "square", onChoose: redraw,
    }));
  } catch (problem) { complain(problem); }
}

async function resume(state, changes, button) {
  button.disabled = true;
  const wish = { pause_after: "none", ...changes };
  try {
    await call(`/v1/jobs/${state.view.id}/resume`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish),
    });
  } catch (problem) {
    state.redrawing = false;
    button.disabled = false;
    complain(problem);
  }
}
