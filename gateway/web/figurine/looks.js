// Cards with pictures, swatches and switches: ways to say how it should look.

import { element, icon } from "../dom.js";
import { known, plain, t } from "../words.js";

/**
 * Choices as cards, one of which is taken.
 * @param {{name: string, legend: string, choices: any[], chosen: string, shape: string,
 *     onChoose: (value: string) => void}} options `shape` is "tall" or "square"
 */
export function cards({ name, legend, choices, chosen, shape, onChoose }) {
  return element("fieldset", { class: "cards-field" },
    element("legend", {}, legend),
    element("div", { class: `cards ${shape}` }, ...choices.map((choice) =>
      card(name, choice, choice.name === chosen, onChoose))));
}

function card(name, choice, checked, onChoose) {
  const title = known(`${name}.${choice.name}`, choice.title);
  const radio = element("input", {
    type: "radio", class: "unseen", name, value: choice.name, checked,
    disabled: choice.available === false, onchange: () => onChoose(choice.name),
  });
  return element("label", { class: "choice", title: choice.why ?? choice.description },
    radio, picture(choice), element("span", { class: "choice-name" }, title));
}

function picture(choice) {
  if (!choice.picture) return null;
  const drawn = element("img", { alt: "", src: choice.picture, loading: "lazy" });
  drawn.addEventListener("error", () => drawn.remove());  // the name alone does
  return drawn;
}

/**
 * Colours to choose from, or one of one's own.
 * @param {{colour: any, chosen: string|null, measured: string|null,
 *     unsure?: boolean, onChoose: (value: string|null) => void}} options null is the colour of the
 *     photo, of which the house may be unsure
 */
export function swatches({ colour, chosen, measured, onChoose, unsure }) {
  const group = `colour-${colour.name}`;
  const isOwn = chosen !== null && !Object.values(colour.swatches).includes(chosen);
  const own = element("input", {
    type: "color", class: "own", value: isOwn ? chosen : measured ?? "#c0622c",
    "aria-label": t("look.own", { part: word("part", colour.name) }), title: t("look.own.short"),
    data: { chosen: isOwn ? "yes" : "" },
    onchange: (changed) => onChoose(changed.target.value),
  });
  return element("fieldset", { class: "swatches-field" },
    element("legend", {}, word("part", colour.name), doubt(unsure && chosen === null)),
    element("div", { class: "swatches" },
      swatch(group, measured ?? "", t("look.photo"), chosen === null, () => onChoose(null)),
      ...Object.entries(colour.swatches).map(([name, value]) =>
        swatch(group, value, word("colour", name), chosen === value, () => onChoose(value))),
      own));
}

const doubt = (unsure) => unsure && element("small", { class: "unsure" }, t("look.unsure"));

function swatch(group, value, title, checked, onchange) {
  const dot = element("span", { class: value ? "dot" : "dot as-seen" }, !value && icon("photo"));
  if (value) dot.style.setProperty("--colour", value);
  return element("label", { class: "swatch", title },
    element("input", { type: "radio", class: "unseen", name: group, checked, onchange }), dot,
    element("span", { class: "unseen" }, title));
}

/**
 * One look as a row of switches.
 * @param {{look: any, chosen: string|null, measured: string|null,
 *     unsure?: boolean, onChoose: (value: string|null) => void}} options null is as the photo
 *     shows it
 */
export function switches({ look, chosen, measured, onChoose, unsure }) {
  const group = `look-${look.name}`;
  const now = chosen ?? measured;
  const one = (value) => element("label", { class: "switch" },
    element("input", {
      type: "radio", class: "unseen", name: group, value, checked: value === now,
      onchange: () => onChoose(value === measured ? null : value),
    }), element("span", {}, word(look.name, value)));
  return element("fieldset", { class: "switches-field" },
    element("legend", {}, word("look", look.name), doubt(unsure && chosen === null)),
    element("div", { class: "switches" }, ...look.values.map(one)));
}

/** A list to choose from, for looks nobody has measured yet. */
export function menu({ name, label, values, chosen, onChoose }) {
  const options = values.map(([value, title]) =>
    element("option", { value, selected: value === (chosen ?? "") }, title));
  return element("label", { class: "menu" }, element("span", {}, label),
    element("select", { name, onchange: (changed) => onChoose(changed.target.value || null) },
      ...options));
}

/**
 * A value of the API as a word.
 * @param {string} of
 * @param {string} name
 */
export const word = (of, name) => known(`${of}.${name}`, plain(name));
