// Every word of the page, in four languages; numbers, dates and plurals by the browser's Intl.

import figurine from "./words/figurine.js";
import history from "./words/history.js";
import house from "./words/house.js";
import recipes from "./words/recipes.js";

const BOOKS = [house, figurine, recipes, history];

/** Languages by the name they have for themselves. */
export const LANGUAGES = {
  en: "English",
  ru: "Русский",
  vi: "Tiếng Việt",
  "zh-Hant": "繁體中文",
};
const CHOICE = "kiln-language";

let language = preferred();
let words = gathered(language);

function preferred() {
  const wanted = [localStorage.getItem(CHOICE), ...navigator.languages].filter(Boolean);
  for (const one of wanted) {
    const found = /^zh/i.test(one) ? "zh-Hant" : one.split("-")[0].toLowerCase();
    if (found in LANGUAGES) return found;
  }
  return "en";
}

function gathered(name) {
  return Object.assign({}, ...BOOKS.map((book) => ({ ...book.en, ...book[name] })));
}

/** @returns {string} tag of the language, as BCP 47 has it */
export const languageNow = () => language;

/**
 * Speak another language from now on.
 * @param {string} name
 */
export function speak(name) {
  language = name;
  words = gathered(name);
  localStorage.setItem(CHOICE, name);
  dress();
}

/** Write the words of the document itself: `data-t` its text, `data-t-label` its label. */
export function dress() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", t(node.dataset.tLabel));
  }
}

/**
 * Say something. Where an entry has plural forms, `values.count` chooses one.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  let entry = words[key] ?? key;
  if (typeof entry === "object") {
    const form = new Intl.PluralRules(language).select(Number(values.count));
    entry = entry[form] ?? entry.other;
  }
  return entry.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : value ?? whole;
  });
}

/**
 * The word for something that a server may add to, or what it calls it itself.
 * @param {string} key
 * @param {string} otherwise
 */
export const known = (key, otherwise) => (key in words ? t(key) : otherwise);

/**
 * A name of the API as a word: `full_colour` is "full colour".
 * @param {string} name
 */
export const plain = (name) => name.replaceAll(/[_-]/g, " ");

/**
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 */
export const number = (value, options = { maximumFractionDigits: 1 }) =>
  new Intl.NumberFormat(language, options).format(value);

/**
 * A size in the unit that fits.
 * @param {number} bytes
 */
export function size(bytes) {
  const unit = bytes < 1e6 ? "kilobyte" : "megabyte";
  const value = bytes < 1e6 ? Math.max(1, Math.round(bytes / 1e3)) : bytes / 1e6;
  const options = { style: "unit", unit, maximumFractionDigits: bytes < 1e6 ? 0 : 1 };
  return new Intl.NumberFormat(language, options).format(value);
}

/**
 * A span of time in the unit that fits.
 * @param {number} seconds
 */
export function span(seconds) {
  const [unit, value] = seconds < 90 ? ["second", Math.max(1, Math.ceil(seconds))]
    : seconds < 5400 ? ["minute", Math.round(seconds / 60)] : ["hour", seconds / 3600];
  const options = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language, options).format(value);
}

/**
 * A moment, for people.
 * @param {string} iso
 */
export const when = (iso) =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" })
    .format(new Date(iso));
