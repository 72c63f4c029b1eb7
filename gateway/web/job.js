// One job: read it, and hand it to the view of its product.

import { call } from "./api.js";
import { element, icon, replace } from "./dom.js";
import { showFigurineJob } from "./figurine/view.js";
import { askAndDelete } from "./history/erase.js";
import { nameOf } from "./history/row.js";
import { explained } from "./problems.js";
import { showRecipeJob } from "./recipes/job.js";
import { go } from "./router.js";
import { t } from "./words.js";

/** A product's view of a job: (outlet, view) → leave. */
const SHOWS = { figurine: showFigurineJob, portrait: showFigurineJob, recipe: showRecipeJob };

/**
 * Show a job, whatever it makes.
 * @param {HTMLElement} outlet
 * @param {Record<string, string>} params
 */
export async function showJob(outlet, { id }) {
  replace(outlet, element("p", { class: "soft waiting" }, t("house.reading")));
  let view;
  try {
    view = await call(`/v1/jobs/${encodeURIComponent(id)}`);
  } catch (problem) {
    replace(outlet, ...noJob(problem, id));
    return undefined;
  }
  const room = element("div", {});
  replace(outlet, room, foot(view));
  return (SHOWS[view.product] ?? showPlain)(room, view);
}

function noJob(problem, id) {
  const isGone = [404, 410].includes(problem.status);
  const retry = { label: t("house.retry"), act: () => go(`/jobs/${id}`) };
  const ways = [
    { label: t("house.figurine.new"), act: () => go("/figurine") },
    { label: t("house.jobs"), act: () => go("/jobs") },
  ];
  return [
    element("h1", { class: "lone" }, t(isGone ? "house.job.none" : "house.job")),
    explained(problem, isGone ? ways : [retry, ...ways]),
  ];
}

/** What can be done with every job; the product's view may meanwhile have gone on to another. */
function foot(view) {
  const remove = async () => {
    const id = location.hash.match(/#\/jobs\/(\w+)/)?.[1] ?? view.id;
    const job = id === view.id ? view : await call(`/v1/jobs/${id}`).catch(() => view);
    askAndDelete(job, nameOf(job), () => go("/jobs"));
  };
  return element("p", { class: "job-foot" },
    element("button", { type: "button", class: "quiet", onclick: remove }, icon("trash"), t("history.delete.this")));
}

function showPlain(outlet, view) {
  const files = view.artifacts.map((file) =>
    element("li", {}, element("a", { href: file.url, download: "" }, file.name), ` ${file.purpose}`));
  replace(outlet, element("section", { class: "card" },
    element("h1", {}, view.product), element("p", {}, t(`state.${view.state}`)),
    element("ul", {}, ...files)));
}
