// What went wrong, and what to do about it: never a dead end.

import { element, icon, replace } from "./dom.js";
import { known, t } from "./words.js";

/**
 * Show a problem above the view; null takes it away.
 * @param {any} problem {status, code, detail, hint}, or an error of our own
 * @param {{label: string, act: () => void}[]} [ways] out, as buttons
 */
export function complain(problem, ways = []) {
  const region = document.getElementById("alert");
  if (!problem) {
    replace(region);
    return;
  }
  if (problem instanceof Error) console.error(problem);
  const close = () => replace(region);
  const dismiss = element("button", {
    type: "button", class: "quiet", "aria-label": t("house.dismiss"), onclick: close,
  }, icon("cross"));
  replace(region, element("div", { class: "complaint" },
    icon("warn"), explained(problem, ways.map(({ label, act }) => ({
      label, act: () => { close(); act(); },
    }))), dismiss));
}

/**
 * A problem as text with its ways out, to stand inside a view.
 * @param {any} problem
 * @param {{label: string, act: () => void}[]} [ways]
 * @returns {HTMLElement}
 */
export function explained(problem, ways = []) {
  const { what, hint, more } = inWords(problem);
  return element("div", { class: "explained", data: { code: problem.code ?? "" } },
    element("p", {}, element("strong", {}, what), hint && ` ${hint}`),
    more && element("p", { class: "soft" }, more),
    ways.length > 0 && element("p", { class: "ways" }, ...ways.map(({ label, act }, at) =>
      element("button", { type: "button", class: at === 0 ? "go" : null, onclick: act }, label))));
}

/** In the reader's words where we have them, in the house's own where we do not. */
function inWords(problem) {
  const code = problem instanceof Error ? "page" : problem.code ?? "unknown";
  const said = known(`problem.${code}`, "");
  if (said) return { what: said, hint: known(`problem.${code}.hint`, ""), more: null };
  const what = problem.detail || t("problem.unknown");
  return { what: capital(what), hint: problem.hint || t("problem.unknown.hint"), more: null };
}

const capital = (said) =>
  said.charAt(0).toUpperCase() + said.slice(1) + (/[.!?]$/.test(said) ? "" : ".");
