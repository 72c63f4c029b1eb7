// One job: read it, and hand it to the view of its product.

import { call } from "./api.js";
import { element, replace } from "./dom.js";
import { showFigurineJob } from "./figurine/view.js";
import { explained } from "./problems.js";
import { go } from "./router.js";
import { t } from "./words.js";

/** A product's view of a job: (outlet, view) → leave. */
const SHOWS = { figurine: showFigurineJob, portrait: showFigurineJob };

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
    replace(outlet, element("section", { class: "card" }, explained(problem, [
      { label: t("house.figurine.new"), act: () => go("/figurine") },
      { label: t("house.retry"), act: () => go(`/jobs/${id}`) },
    ])));
    return undefined;
  }
  replace(outlet);
  return (SHOWS[view.product] ?? showPlain)(outlet, view);
}

function showPlain(outlet, view) {
  const files = view.artifacts.map((file) =>
    element("li", {}, element("a", { href: file.url, download: "" }, file.name), ` ${file.purpose}`));
  replace(outlet, element("section", { class: "card" },
    element("h1", {}, view.product), element("p", {}, t(`state.${view.state}`)),
    element("ul", {}, ...files)));
}
