// The first view: a photo, and what shall become of it.

import { call, submit } from "../api.js";
import { element, replace } from "../dom.js";
import { complain } from "../problems.js";
import { again, go } from "../router.js";
import { number, t } from "../words.js";
import { cards, menu, swatches, word } from "./looks.js";
import { photoField } from "./photo.js";

/** What has been chosen so far; outlives a change of language and a photo that did not do. */
const draft = {
  photo: null, params: { style: "cel", template: "default", height_mm: 100 }, ask: true,
};
let catalog = null;

/** @returns {Promise<any>} what can be asked for here */
export async function catalogue() {
  catalog ??= await call("/v1/catalog");
  return catalog;
}

/** Begin with a new photo, all else as it was. */
export function forgetPhoto() {
  draft.photo = null;
}

/** @param {HTMLElement} outlet */
export async function showChoices(outlet) {
  const photo = photoField({ photo: draft.photo, onPhoto: (file) => { draft.photo = file; } });
  const button = element("button", { class: "go large" }, t("choose.go"));
  const send = (event) => {
    event.preventDefault();
    if (draft.photo) make(button);
    else photo.need();
  };
  const options = element("div", { class: "options" });
  replace(outlet, element("form", { class: "figurine-form", noValidate: true, onsubmit: send },
    element("div", { class: "lead" },
      element("h1", {}, t("figurine.title")), element("p", {}, t("figurine.lead"))),
    photo.node, options));
  try {
    replace(options, ...choices(await catalogue()), approval(),
      element("div", { class: "send" }, button));
  } catch (problem) {
    complain(problem, [{ label: t("house.retry"), act: again }]);
  }
  return photo.leave;
}

const set = (name) => (value) => { draft.params[name] = value; };

function choices(offered) {
  const { params } = draft;
  return [
    cards({ name: "template", legend: t("choose.template"), choices: offered.templates,
      chosen: params.template, shape: "tall", onChoose: set("template") }),
    cards({ name: "style", legend: t("choose.style"), choices: offered.styles,
      chosen: params.style, shape: "square", onChoose: set("style") }),
    element("div", { class: "base" }, plate(), height()),
    element("details", { class: "folded" }, element("summary", {}, t("choose.looks")),
      element("p", { class: "soft" }, t("choose.looks.why")),
      element("div", { class: "menus" }, ...offered.looks.map(look)),
      ...offered.colours.map(colour)),
    element("details", { class: "folded" }, element("summary", {}, t("choose.print")),
      element("div", { class: "menus" }, picked("process", offered.processes),
        picked("orientation", offered.orientations), hollow())),
  ];
}

function plate() {
  return element("label", { class: "plate" },
    element("span", { class: "label" }, t("choose.name")),
    element("input", {
      type: "text", name: "name", maxLength: 40, autocomplete: "off", spellcheck: false,
      placeholder: t("choose.name.empty"), value: draft.params.name ?? "",
      oninput: (typed) => set("name")(typed.target.value.trim() || null),
    }));
}

function height() {
  const shown = element("output", { htmlFor: "height" });
  const tell = (mm) => {
    draft.params.height_mm = mm;
    shown.value = t("choose.height.now", { cm: mm / 10, inches: number(mm / 25.4) });
  };
  tell(draft.params.height_mm);
  return element("div", { class: "height" },
    element("label", { class: "label", htmlFor: "height" }, t("choose.height")), shown,
    element("input", {
      id: "height", type: "range", min: 40, max: 200, step: 5, value: draft.params.height_mm,
      oninput: (moved) => tell(Number(moved.target.value)),
    }));
}

const look = (one) => menu({
  name: one.name, label: word("look", one.name), chosen: draft.params[one.name],
  values: [["", t("look.photo")], ...one.values.map((value) => [value, word(one.name, value)])],
  onChoose: set(one.name),
});

function colour(one) {
  const place = element("div");
  const show = () => replace(place, swatches({
    colour: one, chosen: draft.params[one.name] ?? null, measured: null,
    onChoose: (value) => { set(one.name)(value); show(); },
  }));
  show();
  return place;
}

const picked = (name, offered) => menu({
  name, label: word("print", name), chosen: draft.params[name] ?? offered[0].name,
  values: offered.map((one) => [one.name, word(name, one.name)]), onChoose: set(name),
});

function hollow() {
  return element("label", { class: "check" }, element("input", {
    type: "checkbox", checked: Boolean(draft.params.hollow),
    onchange: (changed) => set("hollow")(changed.target.checked),
  }), t("print.hollow"));
}

function approval() {
  return element("label", { class: "check" }, element("input", {
    type: "checkbox", checked: draft.ask,
    onchange: (changed) => { draft.ask = changed.target.checked; },
  }), t("choose.ask"));
}

async function make(button) {
  button.disabled = true;
  replace(button, t("choose.sending"));
  complain(null);
  try {
    go(`/jobs/${(await submit("/v1/figurines", wish())).id}`);
  } catch (problem) {
    const retry = { label: t("house.retry"), act: () => make(button) };
    complain(problem, problem.status === 422 ? [] : [retry]);  // refused is refused until it changes
    button.disabled = false;
    replace(button, t("choose.go"));
  }
}

function wish() {
  const form = new FormData();
  form.append("photo", draft.photo, draft.photo.name || "photo");
  const params = { ...draft.params, pause_after: draft.ask ? "portrait" : "none" };
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined) form.append(name, String(value));
  }
  return form;
}
