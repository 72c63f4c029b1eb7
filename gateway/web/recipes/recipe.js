// One recipe, to cook from: for as many people as come, and on paper if somebody likes that better.

import { announce, element, icon, replace } from "../dom.js";
import { t } from "../words.js";
import { bent, piecesIn, scaled, scaledNote } from "./amounts.js";
import { allergenName, minutes, nutrients, picture, totalOf } from "./facts.js";
import { notesOf } from "./memory.js";
import { shareBox } from "./share.js";
import { dietName } from "./wishes.js";

const MOST_SERVINGS = 20;

/**
 * Open a recipe.
 * @param {HTMLElement} room
 * @param {{view: any, recipe: any, numbered: number, close: () => void}} options
 */
export function openRecipe(room, { view, recipe, numbered, close }) {
  const back = element("p", { class: "back" },
    element("button", { type: "button", class: "quiet", onclick: close }, `← ${t("recipes.back")}`),
    element("button", { type: "button", onclick: () => window.print() },
      icon("print"), t("recipes.print")));
  replace(room, back,
    element("article", { class: "recipe card" },
      head(view, recipe, numbered),
      element("div", { class: "recipe-body" },
        ingredients(recipe, notesOf(view.id).servings, numbered), method(recipe)),
      foot(recipe)),
    shareBox(view, numbered));
}

/**
 * The language that a recipe is written in; what stands around it is in the reader's.
 * @param {any} recipe
 */
export const languageOf = (recipe) => (recipe.language === "zh" ? "zh-Hant" : recipe.language);

function head(view, recipe, numbered) {
  const times = ["prep", "cook", "rest"].map((phase) => [phase, recipe[`${phase}_minutes`]])
    .filter(([, spent]) => spent > 0);
  const fact = (name, value) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value));
  return element("header", { class: "recipe-head" },
    element("div", {},
      element("h1", { tabIndex: -1, lang: languageOf(recipe) }, recipe.title),
      element("p", { class: "summary", lang: languageOf(recipe) }, recipe.summary),
      element("dl", { class: "times" },
        ...times.map(([phase, spent]) => fact(t(`recipes.phase.${phase}`), minutes(spent))),
        times.length > 1 && fact(t("recipes.phase.total"), minutes(totalOf(recipe))),
        recipe.kitchen && fact(t("recipes.kitchen"), recipe.kitchen))),
    picture(view, numbered));
}

// -- the list, for as many people as come --------------------------------------------------------

function ingredients(recipe, wanted, numbered) {
  const list = element("ul", { class: "list", lang: languageOf(recipe) });
  const said = element("output", { htmlFor: "servings" });
  const hint = element("p", { class: "soft small", hidden: true }, t("recipes.scaled"));
  const slider = element("input", {
    type: "range", id: "servings", min: 1, max: Math.max(MOST_SERVINGS, recipe.servings), step: 1,
    value: wanted[numbered] ?? recipe.servings,
  });
  const show = () => {
    const people = Number(slider.value);
    wanted[numbered] = people;
    const factor = people / recipe.servings;
    replace(said, t("recipes.serves", { count: people }));
    slider.setAttribute("aria-valuetext", t("recipes.serves", { count: people }));
    hint.hidden = factor > 0.5 && factor < 2;
    replace(list, ...recipe.ingredients.map((line) => shownLine(line, factor)));
  };
  slider.addEventListener("input", show);
  slider.addEventListener("change", () =>
    announce(t("recipes.serves", { count: Number(slider.value) })));
  show();
  return element("section", { class: "ingredients" },
    element("h2", {}, t("recipes.ingredients")),
    element("div", { class: "servings" },
      element("label", { htmlFor: "servings", class: "unseen" }, t("recipes.servings")),
      said, slider),
    list, hint);
}

function shownLine(line, factor) {
  const isEgg = (line.id ?? "").split("-").includes("egg");
  const amount = scaled(line.amount, factor, { whole: isEgg });
  const [before, now] = [piecesIn(line.amount), piecesIn(amount)];
  const name = before && now ? bent(line.name, before, now) : line.name;
  const note = scaledNote(line.note, factor);
  return element("li", { class: line.have },
    amount && element("b", {}, amount), amount && " ", name,
    note && element("span", { class: "note" }, `, ${note}`),
    line.have === "missing" && element("span", { class: "badge" }, t("recipes.buy")));
}

// -- the method ----------------------------------------------------------------------------------

function method(recipe) {
  let at = 0;
  const parts = sections(recipe.steps).map(([name, steps], _, all) => {
    const start = at + 1;
    at += steps.length;
    return [
      all.length > 1 && element("h3", {}, t(`recipes.phase.${name}`)),
      element("ol", { start, lang: languageOf(recipe) }, ...steps.map((step, place) =>
        element("li", { value: start + place }, step.text))),
    ];
  });
  return element("section", { class: "method" },
    element("h2", {}, t("recipes.method")), ...parts.flat());
}

/** Until the first heat, over the heat, and to finish: as the printed page has it. */
function sections(steps) {
  const hot = steps.flatMap((step, at) => (step.phase === "cook" ? [at] : []));
  const [first, last] = hot.length ? [hot[0], hot.at(-1) + 1] : [steps.length, steps.length];
  return [
    ["prep", steps.slice(0, first)], ["cook", steps.slice(first, last)],
    ["finish", steps.slice(last)],
  ].filter(([, part]) => part.length > 0);
}

function foot(recipe) {
  const { nutrition, allergens, diets, note } = recipe;
  return element("footer", { class: "recipe-foot" },
    nutrition && element("section", {},
      element("h2", {}, t("recipes.nutrition")),
      element("table", {}, element("caption", { class: "unseen" }, t("recipes.nutrition")),
        element("tbody", {}, ...nutrients(nutrition).map(([name, amount, isPart]) =>
          element("tr", { class: isPart ? "part" : "" },
            element("th", { scope: "row" }, name), element("td", {}, amount)))))),
    element("section", {},
      element("h2", {}, t("recipes.good")),
      allergens.length > 0 && element("p", {}, element("strong", {},
        t("recipes.allergens", { names: allergens.map(allergenName).join(", ") }))),
      diets.length > 0 && element("ul", { class: "tags", "aria-label": t("recipes.suits") },
        ...diets.map((diet) => element("li", {}, dietName(diet)))),
      note && element("p", { class: "soft" }, note),
      element("p", { class: "soft small" }, t("recipes.check"))));
}
