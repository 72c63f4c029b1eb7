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
  const state = { view, sending: false, redrawing: false, wanted: null };
  const yes = button("go large", "check", "approve.yes");
  const cancel = button("quiet", "cross", "house.cancel");
  const likeness = element("p", { class: "soft" });
  const styles = element("div");
  const busy = element("p", { class: "soft", role: "status" });
  cancel.addEventListener("click", () =>
    call(`/v1/jobs/${view.id}/cancel`, { method: "POST" }).catch(complain));
  const rest = () => {
    Object.assign(state, { redrawing: false, wanted: null });
    yes.disabled = false;
    replace(busy);
    mark(styles, state.view);
  };
  const send = async (changes) => {
    yes.disabled = true;
    state.sending = true;
    const isAccepted = await resume(state.view, changes);
    state.sending = false;
    if (!isAccepted) rest();
    else if (state.view.parameters.style === changes.style) update(state.view);  // a quick house
  };
  const redraw = (style) => {
    if (state.sending || state.redrawing) {  // drawn next: one at a time, and the latest counts
      state.wanted = style;
      return;
    }
    Object.assign(state, { redrawing: true, wanted: null });
    replace(busy, t("approve.redrawing"));
    send({ style, pause_after: "portrait" });
  };
  const update = (seen) => {
    state.view = seen;
    if (state.sending) return;  // perhaps seen before what is being sent
    const next = state.wanted;
    rest();
    replace(likeness, alike(seen));
    if (next && next !== seen.parameters.style) {
      mark(styles, { parameters: { style: next } });
      redraw(next);
    }
  };
  yes.addEventListener("click", () => send({}));
  offer(styles, state, redraw);
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

/** Show the style that the job has: of the wishes of a person not all come true. */
function mark(place, view) {
  for (const one of place.querySelectorAll("input")) {
    one.checked = one.value === view.parameters.style;
  }
}

async function offer(place, state, redraw) {
  try {
    replace(place, cards({
      name: "style", legend: t("approve.other"), choices: (await catalogue()).styles,
      chosen: state.view.parameters.style, shape: "square", onChoose: redraw,
    }));
  } catch (problem) { complain(problem); }
}

/** @returns {Promise<boolean>} whether the job goes on */
async function resume(view, changes) {
  const wish = { pause_after: "none", ...changes };
  try {
    await call(`/v1/jobs/${view.id}/resume`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish),
    });
    return true;
  } catch (problem) {
    complain(problem);
    return false;
  }
}
