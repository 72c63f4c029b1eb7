// What the recipes must keep to: diets, people, how many, how long, language, units.

import { element, replace } from "../dom.js";
import { known, number, t } from "../words.js";

const MINUTES = [15, 30, 45, 60, 90];

/**
 * The choices, filled with what this house can do.
 * @param {any} catalog
 * @param {Record<string, any>} [before] what `values` gave
 * @returns {{node: HTMLElement, values: () => Record<string, any>}}
 */
export function wishes(catalog, before = {}) {
  const { recipes, limits } = catalog;
  const diets = dietPills(recipes.diets, before.diet ?? []);
  const exclude = element("input", {
    type: "text", id: "exclude", value: before.exclude ?? "", maxLength: 400,
    placeholder: t("recipes.exclude.example"),
  });
  const servings = stepper("servings", before.servings ?? 2, 1, 20);
  const count = stepper("count", before.count ?? 3, 1, limits.recipe_count);
  const minutes = picked("minutes", [["", t("recipes.minutes.any")], ...MINUTES.map((most) =>
    [String(most), t("recipes.minutes.most", { count: most })])], String(before.max_minutes ?? ""));
  const language = picked("language", offered(recipes.languages), before.language ?? "en");
  const units = picked("units", offered(recipes.units, "recipes.units"), before.units ?? "metric");
  const node = element("div", { class: "wishes" }, diets.node,
    element("div", { class: "wish-row" }, servings.node, count.node, minutes.node, units.node,
      language.node),
    element("div", { class: "field wide" },
      element("label", { htmlFor: "exclude" }, t("recipes.exclude")), exclude));
  return {
    node,
    values: () => cleaned({
      diet: diets.values(), exclude: exclude.value.trim(), servings: servings.value(),
      count: count.value(), max_minutes: minutes.value(), language: language.value(),
      units: units.value(),
    }),
  };
}

const cleaned = (values) => Object.fromEntries(
  Object.entries(values).filter(([, value]) => typeof value === "number" || value.length > 0));

/**
 * The name of a diet in the reader's language.
 * @param {string} name
 * @param {string} [otherwise]
 */
export const dietName = (name, otherwise = name.replaceAll("_", " ")) =>
  known(`recipes.diet.${name}`, otherwise);

function dietPills(diets, chosen) {
  const boxes = diets.filter((diet) => diet.available).map((diet) => element("input", {
    type: "checkbox", value: diet.name, checked: chosen.includes(diet.name), class: "unseen",
  }));
  const pills = boxes.map((box, at) =>
    element("label", { class: "pill" }, box,
      element("span", {}, dietName(box.value, diets[at].title))));
  const node = element("fieldset", { class: "diets" },
    element("legend", {}, t("recipes.diet")), element("div", { class: "pills" }, ...pills));
  const fish = ["pescatarian"];
  const against = { pescatarian: ["vegan", "vegetarian"], vegan: fish, vegetarian: fish };
  node.addEventListener("change", ({ target }) => {  // with and without fish cannot both be
    if (!target.checked) return;
    for (const box of boxes) if (against[target.value]?.includes(box.value)) box.checked = false;
  });
  return { node, values: () => boxes.filter((box) => box.checked).map((box) => box.value) };
}

function offered(choices, words = "") {
  return choices.filter((one) => one.available).map((one) =>
    [one.name, words ? known(`${words}.${one.name}`, one.title) : one.title]);
}

function picked(name, options, chosen) {
  const select = element("select", { id: `wish-${name}` }, ...options.map(([value, said]) =>
    element("option", { value, selected: value === chosen }, said)));
  const node = element("div", { class: "field" },
    element("label", { htmlFor: select.id }, t(`recipes.${name}`)), select);
  node.hidden = options.length < 2;  // no choice is no question
  return { node, value: () => select.value };
}

/**
 * A number with a button on each side.
 * @param {string} name
 * @param {number} start
 * @param {number} least
 * @param {number} most
 * @returns {{node: HTMLElement, value: () => number}}
 */
export function stepper(name, start, least, most) {
  let now = start;
  const shown = element("output", { id: `wish-${name}` });
  const ways = [[-1, "−", "recipes.less"], [1, "+", "recipes.more"]];
  const [less, more] = ways.map(([by, sign, word]) =>
    element("button", {
      type: "button", "aria-label": `${t(word)}: ${t(`recipes.${name}`)}`,
      onclick: () => { now += by; show(); },
    }, sign));
  const show = () => {
    replace(shown, number(now));
    less.disabled = now <= least;
    more.disabled = now >= most;
  };
  show();
  const node = element("div", { class: "field" },
    element("span", { class: "label", id: `label-${name}` }, t(`recipes.${name}`)),
    element("div", { class: "stepper", role: "group", "aria-labelledby": `label-${name}` },
      less, shown, more));
  return { node, value: () => now };
}
