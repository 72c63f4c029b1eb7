// Photos of food: dropped, pasted, picked or taken; up to as many as the house takes.

import { announce, element, icon, replace } from "../dom.js";
import { PHOTOS, takeGiven } from "../given.js";
import { t } from "../words.js";

/**
 * A place for photos.
 * @param {number} most
 * @param {File[]} before what lies there already
 * @param {() => void} onChange
 * @returns {{node: HTMLElement, files: () => File[], leave: () => void}}
 */
export function photoTable(most, before, onChange) {
  const state = { most, files: [...before], onChange };
  state.shown = element("ul", { class: "table-photos" });
  state.says = element("p", { class: "wrong", role: "alert" });
  const node = element("div", { class: "table" }, state.shown, invitation(state), state.says);
  const leave = takeGiven(node, {
    dropped: (files) => add(state, files),
    pasted: (files) => {
      if (files.length) add(state, files);  // text goes where it was pasted
      return files.length > 0;
    },
  });
  show(state);
  return { node, files: () => [...state.files], leave };
}

function invitation(state) {
  const pick = picker(state, { multiple: true });
  const camera = picker(state, { capture: "environment" });
  state.invite = element("div", { class: "invite" },
    element("p", { class: "invite-title" }, t("recipes.photos")),
    element("p", { class: "soft" }, t("recipes.photos.how", { count: state.most })),
    element("p", { class: "ways" },
      button("photo", "recipes.photos.pick", () => pick.click()),
      button("camera", "recipes.photos.take", () => camera.click())),
    pick, camera);
  return state.invite;
}

const button = (drawing, word, onclick) =>
  element("button", { type: "button", onclick }, icon(drawing), t(word));

function picker(state, more) {
  const input = element("input", {
    type: "file", accept: PHOTOS, hidden: true, tabIndex: -1, "aria-hidden": "true",
    "data-pick": more.multiple ? "photos" : "camera", ...more,
  });
  input.addEventListener("change", () => {
    add(state, [...input.files]);
    input.value = "";
  });
  return input;
}

function add(state, files) {
  const photos = files.filter((file) => !file.type || file.type.startsWith("image/"));
  const room = state.most - state.files.length;
  state.files.push(...photos.slice(0, room));
  const tooMany = photos.length > room;
  replace(state.says, tooMany && t("recipes.photos.full", { count: state.most }),
    !tooMany && photos.length < files.length && t("recipes.photos.none"));
  changed(state);
}

function changed(state) {
  show(state);
  announce(t("recipes.photos.count", { count: state.files.length }));
  state.onChange();
}

function show(state) {
  for (const picture of state.shown.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
  replace(state.shown, ...state.files.map((file, at) => photo(state, file, at)));
  state.invite.classList.toggle("small", state.files.length > 0);
  state.invite.hidden = state.files.length >= state.most;
}

function photo(state, file, at) {
  const name = t("recipes.photos.one", { number: at + 1 });
  const picture = element("img", { src: URL.createObjectURL(file), alt: name });
  picture.addEventListener("error", () => picture.replaceWith(  // HEIC, on most browsers
    element("span", { class: "no-picture" }, icon("photo"), file.name)), { once: true });
  const remove = element("button", {
    type: "button", class: "remove", "aria-label": t("recipes.photos.remove", { name }),
    onclick: () => {
      state.files.splice(at, 1);
      changed(state);
      state.invite.querySelector("button").focus();
    },
  }, icon("cross"));
  return element("li", {}, picture, remove);
}
