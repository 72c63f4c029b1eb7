// The view of recipes: photos of food, or words, and what the recipes must keep to.

import { call, submit } from "../api.js";
import { element, icon, replace } from "../dom.js";
import { complain } from "../problems.js";
import { go } from "../router.js";
import { t } from "../words.js";
import { remember } from "./memory.js";
import { photoTable } from "./photos.js";
import { wishes } from "./wishes.js";

const LONGEST_LINE = 120;

/** What has been said so far; outlives a change of language and a look at the recipes. */
const draft = { photos: [], words: "", wishes: {} };

/** Begin with nothing at hand; what must not be eaten stays as it was said. */
export function forgetFood() {
  Object.assign(draft, { photos: [], words: "" });
}

/**
 * Ask for recipes.
 * @param {HTMLElement} outlet
 * @returns {Promise<() => void>} leave
 */
export async function showRecipes(outlet) {
  const catalog = await call("/v1/catalog");
  const form = { sending: false };
  form.photos = photoTable(catalog.limits.recipe_photos, draft.photos, () => show(form));
  form.words = element("textarea", {
    id: "typed", rows: 3, value: draft.words, autocapitalize: "none",
    placeholder: t("recipes.typed.example"), "aria-describedby": "typed-how", oninput: () => show(form),
  });
  form.wishes = wishes(catalog, draft.wishes);
  form.button = element("button", { class: "go large" });
  form.next = element("p", { class: "soft" });
  const node = element("form", { class: "ask", onsubmit: (sent) => send(sent, form, catalog) },
    element("section", { class: "card at-hand" }, form.photos.node, typed(form)),
    element("section", { class: "card" }, form.wishes.node),
    element("p", { class: "begin" }, form.button, form.next));
  replace(outlet, element("header", { class: "lead" },
    element("h1", {}, t("recipes.title")),
    element("p", { class: "soft" }, t("recipes.lead"))), node);
  show(form);
  return () => {
    const [photos, words] = [form.photos.files(), form.words.value];
    Object.assign(draft, { photos, words, wishes: form.wishes.values() });
    form.photos.leave();
  };
}

function typed(form) {
  return element("div", { class: "typed" },
    element("label", { htmlFor: "typed" }, t("recipes.typed")), form.words,
    element("p", { class: "soft", id: "typed-how" }, t("recipes.typed.how")));
}

function show(form) {
  const photos = form.photos.files().length;
  const hasWords = linesOf(form.words.value).length > 0;
  form.button.disabled = form.sending || (!photos && !hasWords);
  replace(form.button, icon(photos ? "camera" : "check"), t(form.sending ? "recipes.sending"
    : photos ? "recipes.look" : "recipes.go"));
  replace(form.next, t(photos ? "recipes.next.photos" : hasWords ? "recipes.next.words"
    : "recipes.next.nothing"));
}

async function send(submitted, form, catalog) {
  submitted.preventDefault();
  const files = form.photos.files();
  const lines = linesOf(form.words.value);
  if (form.sending || (!files.length && !lines.length)) return;
  const heavy = files.find((file) => file.size > catalog.limits.photo_mb * 1e6);
  if (heavy) {
    complain({ code: "photo_too_large" });
    return;
  }
  form.sending = true;
  show(form);
  try {
    const view = await submit("/v1/recipes", files.length
      ? asForm(files, lines, form.wishes.values())
      : { ingredients: lines, ...form.wishes.values() });
    remember(view.id, files);
    go(`/jobs/${view.id}`);
  } catch (problem) {
    complain(problem);
    form.sending = false;
    show(form);
  }
}

/** Photos are looked at first: what was seen is shown, before anything is cooked of it. */
function asForm(files, lines, values) {
  const form = new FormData();
  for (const file of files) form.append("photo", file);
  const fields = { ...values, ingredients: lines, pause_after: "ingredients" };
  for (const [name, value] of Object.entries(fields)) {
    const text = Array.isArray(value) ? value.join(", ") : String(value);
    if (text) form.append(name, text);
  }
  return form;
}

/**
 * What somebody typed, thing by thing.
 * @param {string} said
 * @returns {string[]}
 */
export const linesOf = (said) =>
  said.split(/[\n;、，；]+|(?<!\d),|,(?!\d)/)
    .map((line) => line.trim().slice(0, LONGEST_LINE)).filter(Boolean);
