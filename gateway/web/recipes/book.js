// The answer: recipes as cards, the best first, and one shopping list for all of them.

import { element, icon, replace } from "../dom.js";
import { number, t } from "../words.js";
import { allergenName, minutes, picture, totalOf } from "./facts.js";
import { notesOf } from "./memory.js";
import { languageOf, openRecipe } from "./recipe.js";
import { copyButton, download } from "./share.js";
import { forgetFood } from "./view.js";
import { dietName } from "./wishes.js";

const ASKED = /[?&]recipe=(\d)/;

const askedFor = () => location.hash.match(ASKED)?.[1];

/** Whether the address names one recipe of the book. */
export const isRecipe = () => askedFor() !== undefined;

/**
 * Show all recipes of a job, or the one that the address names.
 * @param {HTMLElement} room
 * @param {any} view of the job
 * @param {any} book `recipes.json`
 * @param {() => void} onChange the list of what is at hand is to be changed
 * @returns {() => void} leave
 */
export function showBook(room, view, book, onChange) {
  const shown = { room, view, book, onChange, leave: () => {} };
  const asked = Number(askedFor() ?? 0);
  if (asked >= 1 && asked <= book.recipes.length) open(shown, asked, { isNew: false });
  else showCards(shown);
  return () => shown.leave();
}

function open(shown, numbered, { isNew }) {
  if (isNew) history.pushState(null, "", `#/jobs/${shown.view.id}?recipe=${numbered}`);
  const { room, view, book } = shown;
  const close = () => {
    history.pushState(null, "", `#/jobs/${view.id}`);
    showCards(shown);
    room.querySelector(`[data-recipe="${numbered}"] a`)?.focus();
  };
  const recipe = book.recipes[numbered - 1];
  document.title = `${recipe.title} · Kiln`;  // also the name of the PDF, and the head of the paper
  openRecipe(room, { view, recipe, numbered, close });
  if (isNew) {
    window.scrollTo({ top: 0 });
    room.querySelector("h1")?.focus({ preventScroll: true });
  }
}

function showCards(shown) {
  const { room, view, book, onChange } = shown;
  document.title = `${t("house.jobs")} · Kiln`;
  const names = book.ingredients.map((one) => one.name);
  const again = element("button", { type: "button", onclick: onChange }, t("recipes.change"));
  const more = element("a", { class: "button", href: "#/recipes", onclick: forgetFood },
    t("recipes.new"));
  replace(room,
    element("header", { class: "lead" },
      element("h1", {}, t("recipes.found", { count: book.recipes.length })),
      element("p", { class: "soft" }, t("recipes.from", { names: names.join(", ") })),
      element("p", { class: "ways" }, again, more)),
    remarks(view, book),
    element("div", { class: "recipe-cards" },
      ...book.recipes.map((recipe, at) => card(shown, recipe, at + 1))),
    book.shopping.length > 0 && shopping(book, notesOf(view.id).ticks), files(view));
}

function card(shown, recipe, numbered) {
  const { view, book } = shown;
  const link = element("a", {
    href: `#/jobs/${view.id}?recipe=${numbered}`, onclick: (clicked) => {
      if (clicked.metaKey || clicked.ctrlKey || clicked.shiftKey) return;
      clicked.preventDefault();
      open(shown, numbered, { isNew: true });
    },
  }, recipe.title);
  const missing = book.shopping.filter((item) => item.recipes.includes(numbered - 1))
    .map((item) => item.name);  // also what is there, but not enough of it
  return element("article", { class: "recipe-card", data: { recipe: numbered } },
    picture(view, numbered),
    element("div", { class: "recipe-card-text" },
      element("h2", { lang: languageOf(recipe) }, link),
      element("p", { class: "soft", lang: languageOf(recipe) }, recipe.summary),
      element("p", { class: "facts" },
        element("span", {}, icon("clock"), minutes(totalOf(recipe))),
        recipe.nutrition && element("span", {},
          t("recipes.kcal", { count: Math.round(recipe.nutrition.kcal) })),
        recipe.kitchen && element("span", {}, recipe.kitchen)),
      element("p", { class: missing.length ? "buy" : "all" }, missing.length
        ? t("recipes.missing", { names: missing.join(", ") })
        : [icon("check"), t("recipes.missing.none")]),
      tags(recipe)));
}

/**
 * Diets that a recipe suits, and allergens that it holds.
 * @param {any} recipe
 */
function tags(recipe) {
  const implied = recipe.diets.includes("vegan")
    ? ["vegetarian", "pescatarian", "dairy_free", "egg_free"]
    : recipe.diets.includes("vegetarian") ? ["pescatarian"] : [];
  const diets = recipe.diets.filter((diet) => !implied.includes(diet) && !diet.startsWith("no_"));
  return [
    diets.length > 0 && element("ul", { class: "tags", "aria-label": t("recipes.suits") },
      ...diets.map((diet) => element("li", {}, dietName(diet)))),
    recipe.allergens.length > 0 && element("p", { class: "soft small" },
      t("recipes.allergens", { names: recipe.allergens.map(allergenName).join(", ") })),
  ];
}

function remarks(view, book) {
  const said = [...new Set([...view.warnings, ...book.notes, ...book.left_out])];
  return said.length > 0 && element("ul", { class: "remarks soft" },
    ...said.map((remark) => element("li", {}, remark)));
}

function shopping(book, ticks) {
  const lines = book.shopping.map((item) => [item.amount, item.name].filter(Boolean).join(" "));
  const items = book.shopping.map((item, at) => {
    const wanted = item.recipes.map((one) => number(one + 1)).join(", ");
    return element("li", {}, element("label", {},
      element("input", { type: "checkbox", checked: ticks.has(at), onchange: ({ target }) => {
        if (target.checked) ticks.add(at);
        else ticks.delete(at);
      } }),
      element("span", {}, lines[at],
        book.recipes.length > 1
          && element("small", {}, ` ${t("recipes.for", { names: wanted })}`))));
  });
  return element("section", { class: "card shopping" },
    element("h2", {}, t("recipes.shopping")), element("ul", { class: "ticks" }, ...items),
    copyButton(t("recipes.shopping.copy"), () => lines.join("\n")));
}

function files(view) {
  const wanted = { "recipes.md": "recipes.file.text", "recipes.json": "recipes.file.data" };
  const found = view.artifacts.filter((file) => file.name in wanted);
  return element("p", { class: "ways recipe-files" },
    ...found.map((file) => download(file, t(wanted[file.name]))));
}
