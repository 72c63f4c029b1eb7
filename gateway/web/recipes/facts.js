// Small facts of a recipe, as words and pictures.

import { reachable, release } from "../api.js";
import { element } from "../dom.js";
import { known, number, t } from "../words.js";

/** @param {any} recipe */
export const totalOf = (recipe) => recipe.prep_minutes + recipe.cook_minutes + recipe.rest_minutes;

/**
 * Minutes as a cook says them: `1 h 20 min`.
 * @param {number} count
 */
export function minutes(count) {
  const unit = (value, name) => number(value, { style: "unit", unit: name, unitDisplay: "short" });
  const hours = Math.floor(count / 60);
  const rest = count % 60;
  return [hours > 0 && unit(hours, "hour"), (rest > 0 || !hours) && unit(rest, "minute")]
    .filter(Boolean).join(" ");
}

/**
 * The name of an allergen in the reader's language.
 * @param {string} name
 */
export const allergenName = (name) => known(`recipes.allergen.${name}`, name);

/**
 * The plate of a recipe, drawn by the house from what is in it; a card does without if need be.
 * @param {any} view of the job
 * @param {number} numbered
 */
export function picture(view, numbered) {
  const shown = element("img", { class: "dish", alt: "", width: 640, height: 480 });
  reachable(`/v1/jobs/${view.id}/recipe.png?number=${numbered}`).then((src) => {
    shown.addEventListener("load", () => release(src), { once: true });
    shown.src = src;
  }, () => shown.remove());
  shown.addEventListener("error", () => shown.remove(), { once: true });
  return shown;
}

/**
 * What is in a serving, as rows of a table.
 * @param {any} eaten
 * @returns {[string, string, boolean][]} name, amount, and whether it is a part of the one above
 */
export function nutrients(eaten) {
  const grams = (value) => number(value, { style: "unit", unit: "gram", maximumFractionDigits: 1 });
  const milligrams = number(Math.round(eaten.sodium_mg), { maximumFractionDigits: 0 });
  return [
    [t("recipes.energy"), t("recipes.kcal", { count: Math.round(eaten.kcal) }), false],
    [t("recipes.protein"), grams(eaten.protein), false],
    [t("recipes.carbs"), grams(eaten.carbs), false],
    [t("recipes.sugar"), grams(eaten.sugar), true],
    [t("recipes.fat"), grams(eaten.fat), false],
    [t("recipes.saturated"), grams(eaten.saturated), true],
    [t("recipes.fibre"), grams(eaten.fibre), false],
    [t("recipes.sodium"), `${milligrams} ${t("recipes.mg")}`, false],
  ];
}
