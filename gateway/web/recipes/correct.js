// The list of what is at hand, to be put right before anything is cooked of it.

import { element, icon } from "../dom.js";
import { complain } from "../problems.js";
import { t } from "../words.js";
import { chipList } from "./chips.js";

/**
 * A form around the chips.
 * @param {{title: string, how?: string, found: any, above?: any, lists: Record<string, any>,
 *     kept: string, back: {label: string, act: () => any},
 *     send: (lines: string[], isChanged: boolean) => Promise<any>}} options
 *     `lists[kept]` holds what somebody has made of the list, until it is sent or given up
 * @returns {HTMLElement}
 */
export function correction({ title, how = "", found, above = null, lists, kept, back, send }) {
  const button = element("button", { class: "go large" }, icon("check"), t("recipes.go"));
  const show = () => { button.disabled = !chips.lines().length; };
  const chips = chipList(found, lists[kept], (now) => { lists[kept] = now; show(); });
  show();
  const submitted = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await send(chips.lines(), chips.isChanged());
      delete lists[kept];
    } catch (problem) {
      complain(problem);
      button.disabled = false;
    }
  };
  const left = () => {
    delete lists[kept];
    back.act();
  };
  return element("form", { class: "card correct", onsubmit: submitted },
    element("h1", {}, title), how && element("p", { class: "soft" }, how), above, chips.node,
    element("p", { class: "begin" }, button,
      element("button", { type: "button", class: "quiet", onclick: left }, back.label)));
}
