// The view of a figurine: choose, watch it being made, have it.

import { element, replace } from "../dom.js";
import { t } from "../words.js";

/** @param {HTMLElement} outlet */
export function showFigurine(outlet) {
  replace(outlet, element("h1", {}, t("figurine.title")));
}

/**
 * @param {HTMLElement} outlet
 * @param {any} view of the job
 */
export function showFigurineJob(outlet, view) {
  replace(outlet, element("h1", {}, t(`state.${view.state}`)));
}
