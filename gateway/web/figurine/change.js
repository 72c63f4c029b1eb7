// Another colour, another haircut, another body: a new job of the same photo, shown in place.

import { call, submit } from "../api.js";
import { element, replace } from "../dom.js";
import { complain } from "../problems.js";
import { go } from "../router.js";
import { t } from "../words.js";
import { catalogue } from "./choose.js";
import { cards, swatches, switches } from "./looks.js";
import { goesWith, wishOf } from "./wish.js";

const PAUSE_MS = 350;  // whoever clicks through the colours waits for none of those between
const FIRST = ["hair", "skin", "shirt", "eyes"];

/**
 * @param {any} view of the finished job
 * @param {(view: any) => void} open shows another job here
 * @returns {{node: HTMLElement, update: Function, keeps: Function, leave: () => void}}
 */
export function changePanel(view, open) {
  const state = { view, open, wish: wishOf(view), timer: 0, status: null, left: false,
    ahead: null };
  state.status = element("p", { class: "soft changing", role: "status" });
  const body = element("div", { class: "changes" });
  fill(state, body).catch(complain);
  return {
    keeps: (seen) => Boolean(state.ahead) && ["queued", "running"].includes(seen.state),
    update: (seen) => {
      state.view = seen;
      state.wish.from = seen.id;
      if (state.ahead?.id === seen.id) {
        state.ahead = null;
        replace(state.status);
      }
    },
    node: element("section", { class: "change", "aria-label": t("change.title") },
      element("div", { class: "heading" }, element("h2", {}, t("change.title")), state.status),
      element("p", { class: "soft" }, t("change.lead")), body),
    leave: () => { state.left = true; clearTimeout(state.timer); },
  };
}

async function fill(state, body) {
  const offered = await catalogue();
  const seen = state.view.facts["fusion.measure"]?.seen ?? {};
  const painted = state.view.facts["fusion.paint"]?.colours ?? {};
  const unsure = seen.uncertain ?? [];
  const places = new Map();
  const rank = (one) => FIRST.indexOf(one.name);
  const possible = (one) => goesWith(state.wish, one.name);
  const colours = offered.colours.filter(possible)
    .sort((one, other) => rank(one) - rank(other));
  const show = (one) => replace(places.get(one.name), swatches({
    colour: one, chosen: state.wish[one.name] ?? null, measured: measuredColour(one, seen, painted),
    unsure: unsure.includes(one.name),
    onChoose: (value) => {
      want(state, one.name, value);
      show(one);
      refocus(places.get(one.name));
    },
  }));
  for (const one of colours) {
    places.set(one.name, element("div"));
    show(one);
  }
  replace(body, ...places.values(),
    element("details", { class: "folded", open: false }, element("summary", {}, t("change.looks")),
      ...offered.looks.filter(possible).map((look) => switches({
        look, chosen: state.wish[look.name] ?? null, measured: seen[look.name] ?? null,
        unsure: unsure.includes(look.name),
        onChoose: (value) => want(state, look.name, value),
      }))),
    element("details", { class: "folded" }, element("summary", {}, t("change.template")),
      cards({ name: "template", legend: t("choose.template"), choices: offered.templates,
        chosen: state.wish.template, shape: "tall",
        onChoose: (value) => want(state, "template", value) })));
}

function measuredColour(one, seen, painted) {
  const names = { skin: "skin", hair: "hair", eyes: "iris", shirt: "shirt" };
  return seen.colours?.[names[one.name]] ?? painted[one.name] ?? null;
}

const refocus = (place) => place.querySelector(":checked, .own[data-chosen=yes]")?.focus();

function want(state, name, value) {
  if (value === null) delete state.wish[name];
  else state.wish[name] = value;
  replace(state.status, t("change.working"));
  clearTimeout(state.timer);
  state.timer = setTimeout(() => remake(state), PAUSE_MS);
}

async function remake(state) {
  const ahead = state.ahead;
  try {
    state.ahead = await submit("/v1/figurines", state.wish);
    if (ahead) call(`/v1/jobs/${ahead.id}/cancel`, { method: "POST" }).catch(() => {});
    if (!state.left) state.open(state.ahead);
  } catch (problem) {
    state.ahead = null;
    replace(state.status);
    complain(problem, [{ label: t("house.figurine.new"), act: () => go("/figurine") }]);
  }
}
