// What is at hand, as chips: each can be renamed, given an amount, or taken away; what was seen
// without being sure stands beside them, one touch away.

import { announce, element, icon, replace } from "../dom.js";
import { number, t } from "../words.js";
import { bent } from "./amounts.js";
import { linesOf } from "./view.js";

const DOUBTFUL = 0.7;  // below it a chip asks to be looked at
const LONGEST = 120;

/** @typedef {{line: string, confidence: number|null, photo: number|null}} Chip */
/** @typedef {{chips: Chip[], maybe: Chip[], typed: string}} Kept */

/**
 * An editable list.
 * @param {{ingredients: any[], unsure?: any[], unknown?: string[]}} found `ingredients.json`
 * @param {Kept|undefined} kept what was made of it before
 * @param {(kept: Kept) => void} onChange
 * @returns {{node: HTMLElement, lines: () => string[], isChanged: () => boolean}}
 */
export function chipList(found, kept, onChange) {
  const list = {
    chips: found.ingredients.map(chipOf), maybe: (found.unsure ?? []).map(chipOf), typed: "",
    ...kept, onChange,
  };
  const before = found.ingredients.map(lineOf).join("\n");
  list.shown = element("ul", { class: "chips", "aria-label": t("recipes.chips") });
  list.field = addField(list);
  list.guesses = element("div", { class: "maybe" });
  show(list);
  const unknown = found.unknown ?? [];
  const node = element("div", { class: "chip-list" }, list.shown, list.field.node, list.guesses,
    unknown.length > 0 && element("p", { class: "unknown" }, icon("warn"),
      t("recipes.unknown", { names: unknown.join(", ") })));
  return {
    node,
    lines: () => linesIn(list),
    isChanged: () => linesIn(list).join("\n") !== before,
  };
}

/**
 * An ingredient as a person writes it: `200 g rice`.
 * @param {any} one of `ingredients.json`
 */
export const lineOf = ({ name, quantity, unit }) =>
  [quantity ?? "", unit ?? "", quantity && !unit ? bent(name, 1, quantity) : name]
    .filter(Boolean).join(" ");

const chipOf = (one) => ({
  line: lineOf(one),
  confidence: one.source === "seen" ? one.confidence : null,
  photo: one.photo ?? null,
});

/** What was typed and not added yet is meant, too. */
const linesIn = (list) => [...list.chips.map((chip) => chip.line), ...linesOf(list.typed)];

function show(list, focusAt = null) {
  replace(list.shown, ...list.chips.map((chip) => shownChip(list, chip)));
  list.shown.hidden = !list.chips.length;
  replace(list.guesses, list.maybe.length > 0 && guesses(list));
  if (focusAt !== null) {
    const labels = list.shown.querySelectorAll(".chip-label");
    (labels[Math.min(focusAt, labels.length - 1)] ?? list.field.input).focus();
  }
}

function changed(list, focusAt = null) {
  show(list, focusAt);
  tell(list);
}

function tell({ chips, maybe, typed, onChange }) {
  onChange({ chips, maybe, typed });
}

function shownChip(list, chip) {
  const at = list.chips.indexOf(chip);
  const isDoubtful = chip.confidence !== null && chip.confidence < DOUBTFUL;
  const label = element("button", {
    type: "button", class: "chip-label", title: t("recipes.chip.edit"),
    onclick: () => edit(list, chip, node),
    onkeydown: (pressed) => {
      if (["Delete", "Backspace"].includes(pressed.key)) remove(list, chip);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[pressed.key];
      if (step) list.shown.querySelectorAll(".chip-label")[at + step]?.focus();
    },
  }, isDoubtful && element("span", { class: "doubt", "aria-hidden": "true" }, "?"),
  ...named(chip, chip.confidence === null ? "own" : isDoubtful ? "doubtful" : "seen"));
  const node = element("li", { class: `chip${isDoubtful ? " doubtful" : ""}` }, label,
    element("button", {
      type: "button", class: "chip-remove", onclick: () => remove(list, chip),
      "aria-label": t("recipes.chip.remove", { name: chip.line }),
    }, icon("cross")));
  return node;
}

const percent = (share) => number(share, { style: "percent", maximumFractionDigits: 0 });

/** What everybody sees, and what only those hear who do not see that it can be touched. */
const named = (chip, how) => [
  element("span", { class: "chip-name" }, chip.line), chip.confidence !== null && " ",
  chip.confidence !== null && element("small", {}, percent(chip.confidence)),
  element("span", { class: "unseen" }, ` ${t(`recipes.chip.${how}`)}`),
];

function remove(list, chip) {
  const at = list.chips.indexOf(chip);
  list.chips.splice(at, 1);
  announce(t("recipes.chip.removed", { name: chip.line }));
  changed(list, at);
}

function edit(list, chip, node) {
  const at = list.chips.indexOf(chip);
  let isOpen = true;
  const close = (line) => {
    if (!isOpen) return;
    isOpen = false;
    if (line === "") list.chips.splice(at, 1);
    else if (line && line !== chip.line) list.chips[at] = { line, confidence: null, photo: null };
    changed(list, at);
  };
  const field = element("input", {
    type: "text", value: chip.line, maxLength: LONGEST, class: "chip-edit",
    "aria-label": t("recipes.chip.edit.label"), size: Math.max(8, chip.line.length + 2),
    onkeydown: (pressed) => {
      if (pressed.key === "Enter") { pressed.preventDefault(); close(field.value.trim()); }
      if (pressed.key === "Escape") close(null);
    },
    onblur: () => close(field.value.trim()),
  });
  replace(node, field);
  node.classList.add("editing");
  field.focus();
  field.select();
}

function addField(list) {
  const input = element("input", {
    type: "text", id: "chip-add", maxLength: 400, placeholder: t("recipes.chip.add.example"),
    autocapitalize: "none", value: list.typed, onkeydown: (pressed) => {
      if (pressed.key === "Enter") { pressed.preventDefault(); add(); }
    },
    oninput: () => { list.typed = input.value; tell(list); },
  });
  const add = () => {
    const lines = linesOf(input.value);
    if (!lines.length) return;
    list.chips.push(...lines.map((line) => ({ line, confidence: null, photo: null })));
    list.typed = input.value = "";
    announce(t("recipes.chip.added", { name: lines.join(", ") }));
    changed(list);
    input.focus();
  };
  const node = element("div", { class: "chip-add" },
    element("label", { htmlFor: "chip-add", class: "unseen" }, t("recipes.chip.add")), input,
    element("button", { type: "button", onclick: add }, icon("plus"), t("recipes.chip.add")));
  return { node, input };
}

function guesses(list) {
  const choices = list.maybe.map((chip) => element("li", {}, element("button", {
    type: "button", class: "guess", onclick: () => {
      list.maybe.splice(list.maybe.indexOf(chip), 1);
      list.chips.push({ ...chip, confidence: null });  // somebody has said that it is there
      announce(t("recipes.chip.added", { name: chip.line }));
      changed(list);
      (list.guesses.querySelector("button") ?? list.field.input).focus();
    },
  }, icon("plus"), ...named(chip, "guess"))));
  return [element("h2", {}, t("recipes.guesses")), element("ul", { class: "chips" }, ...choices)];
}
