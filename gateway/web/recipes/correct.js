// The list of what is at hand, to be put right before anything is cooked of it.

import { element, icon } from "../dom.js";
import { complain } from "../problems.js";
import { t } from "../words.js";
import { chipList } from "./chips.js";

/**
 * A form around the chips.
 * @param {{title: string, how?: string, found: any, above?: any, back: {label: string,
 *     act: () => any}, send: (lines: string[], isChanged: boolean) => Promise<any>}} options
 * @returns {HTMLElement}
 */
export function correction({ title, how = "", found, above = null, back, send }) {
  const button = element("button", { class: "go large", disabled: !found.ingredients.length },
    icon("check"), t("recipes.go"));
  const chips = chipList(found, (lines) => { button.disabled = !lines.length; });
  const submitted = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await send(chips.lines(), chips.isChanged());
    } catch (problem) {
      complain(problem);
      button.disabled = false;
    }
  };
  return element("form", { class: "card correct", onsubmit: submitted },
    element("h1", {}, title), how && element("p", { class: "soft" }, how), above, chips.node,
    element("p", { class: "begin" }, button,
      element("button", { type: "button", class: "quiet", onclick: back.act }, back.label)));
}
