// A job in the making: its stages side by side, as they run.

import { call } from "../api.js";
import { element, icon, replace } from "../dom.js";
import { complain } from "../problems.js";
import { known, span, t } from "../words.js";

// what happens one after the other; in a list of its own, what happens side by side
const LANES = [
  ["stylize.portrait"],
  ["fusion.measure", "fusion.sculpt", "fusion.paint"],
  ["fusion.render", "fusion.print", "fusion.package", "fusion.ar"],
  ["gateway.finish"],
];
const NAMES = ["portrait", "body", "files", "end"];

/**
 * @param {any} view of the job
 * @returns {{node: HTMLElement, update: (view: any) => void, leave: () => void}}
 */
export function makingPanel(view) {
  const head = element("h1");
  const eta = element("p", { class: "eta" });
  const bar = element("progress", { max: 100, "aria-label": t("making.progress") });
  const lanes = element("div", { class: "lanes" });
  const cancel = element("button", {
    type: "button", class: "quiet",
    onclick: () => call(`/v1/jobs/${view.id}/cancel`, { method: "POST" }).catch(complain),
  }, icon("cross"), t("house.cancel"));
  let now = view;
  const tick = () => replace(eta, remaining(now));
  const timer = setInterval(tick, 500);
  const update = (seen) => {
    now = seen;
    replace(head, t(seen.state === "queued" ? "state.queued" : "making.title"));
    bar.value = seen.progress;
    replace(lanes, ...drawn(seen.stages));
    tick();
  };
  update(view);
  const node = element("div", { class: "making" }, head, eta, bar, lanes, cancel,
    element("p", { class: "soft" }, t("making.leave")));
  return { node, update, leave: () => clearInterval(timer) };
}

function remaining(view) {
  if (view.queue_position > 0 && view.state === "queued") {
    return t("making.queue", { count: view.queue_position });
  }
  if (!view.eta) return view.queue_position === null ? "" : t("making.no_eta");
  const left = view.eta.p50_s - (Date.now() - Date.parse(view.eta.at)) / 1000;
  return left < 1 ? t("making.soon") : t("making.eta", { left: span(left) });
}

function drawn(stages) {
  const listed = LANES.flat();
  const others = stages.map((one) => one.id).filter((id) => !listed.includes(id));
  return [...LANES, others].map((ids, at) => {
    const there = ids.flatMap((id) => stages.filter((one) => one.id === id));
    return there.length > 0 && element("section", { class: "lane" },
      element("h2", {}, t(`making.lane.${NAMES[at] ?? "others"}`)),
      element("ul", { class: at === 2 ? "stages beside" : "stages" }, ...there.map(step)));
  });
}

function step(stage) {
  const mark = { done: "check", skipped: "check", failed: "cross", stopped: "cross" }[stage.state];
  return element("li", { class: `stage ${stage.state}` },
    element("span", { class: "bead" }, mark && icon(mark)),
    element("span", {}, known(`stage.${stage.id}`, stage.title)),
    element("span", { class: "unseen" }, `: ${known(`stage.state.${stage.state}`, stage.state)}`),
    stage.attempts > 1 && element("small", {}, t("making.attempt", { count: stage.attempts })));
}
