// Views by the part of the address behind #, so that a reload or a link finds the same view.

import { element, replace } from "./dom.js";
import { complain } from "./problems.js";

/** @typedef {(outlet: HTMLElement, params: Record<string, string>) => any} Show */

/** @type {{parts: string[], show: Show}[]} */
const routes = [];
let leave = () => {};
let turn = 0;
let outlet = null;
let moved = () => {};

/**
 * Name a view. `show` fills the outlet and returns what to do when the view is left, if anything.
 * @param {string} pattern such as `/jobs/:id`
 * @param {Show} show
 */
export function route(pattern, show) {
  routes.push({ parts: pattern.split("/"), show });
}

/**
 * Go to a view.
 * @param {string} path such as `/jobs/abc`
 */
export function go(path) {
  if (here() === path) again();
  else location.hash = path;
}

/** @returns {string} path of the view that is shown */
export const here = () =>
  location.hash.replace(/^#/, "").split("?")[0] || routes[0].parts.join("/");

/** Show the view anew: another language, or another try. */
export const again = () => open(false);

/**
 * Show the view that the address names, now and whenever it changes.
 * @param {HTMLElement} into
 * @param {(path: string) => void} onMove
 */
export function start(into, onMove) {
  outlet = into;
  moved = onMove;
  window.addEventListener("hashchange", () => {
    if (!location.hash.startsWith("#/")) return;  // a place inside the view
    open(true);
  });
  open(false);
}

async function open(isMove) {
  const mine = ++turn;
  leave();
  leave = () => {};
  complain(null);
  const room = element("div", { class: "view" });  // its own: who comes late fills nobody else's
  replace(outlet, room);
  const path = here();
  moved(path);
  const { show, params } = find(path);
  const left = await shown(show, room, params);
  if (mine !== turn) {  // somebody was faster than this view
    left?.();
    return;
  }
  leave = left ?? leave;
  if (isMove) {
    outlet.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }
}

async function shown(show, room, params) {
  try {
    return await show(room, params);
  } catch (problem) {
    complain(problem);
    return undefined;
  }
}

function find(path) {
  const parts = path.split("/");
  for (const { parts: pattern, show } of routes) {
    const fits = pattern.length === parts.length
      && pattern.every((part, at) => part.startsWith(":") || part === parts[at]);
    if (fits) {
      const named = pattern.map((part, at) => [part.slice(1), decoded(parts[at])]);
      return { show, params: Object.fromEntries(named.filter((_, at) => pattern[at][0] === ":")) };
    }
  }
  return { show: routes[0].show, params: {} };
}

/** A link that was cut in two may end in half a sign: then it means itself, and nothing is there. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
