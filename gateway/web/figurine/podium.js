// What there is to see of a job so far: the portrait, then the figurine, in 3D where possible.

import { reachable, release, versioned } from "../api.js";
import { element, replace } from "../dom.js";
import { ENDED } from "../follow.js";
import { complain } from "../problems.js";
import { t } from "../words.js";
import { loaded, viewer } from "./viewer.js";

const SHOWN = { figurine: "figurine.glb", portrait: "portrait.png" };

/** @returns {{node: HTMLElement, update: (view: any) => void, leave: () => void}} */
export function podium() {
  const room = element("div", { class: "room" }, kiln());
  const tabs = element("div", { class: "tabs", role: "group", "aria-label": t("podium.show") });
  const state = { room, tabs, wanted: null, shown: "", pictures: new Map(), view: null,
    solid: viewer(room) };
  const node = element("section", { class: "podium", "aria-label": t("podium.title") }, room, tabs);
  return {
    node,
    update: (view) => {
      node.hidden = ENDED.includes(view.state) && !view.artifacts.some((file) =>
        Object.values(SHOWN).includes(file.name));  // nothing will ever stand there
      update(state, view).catch(complain);
    },
    leave: () => { state.pictures.forEach(release); state.solid.leave(); },
  };
}

/** Something glows while there is nothing to see yet. */
const kiln = () => element("div", { class: "kiln", "aria-hidden": "true" });

async function update(state, view) {
  state.view = view;
  if (view.product === "figurine") loaded();  // it is large: early is better
  const files = Object.fromEntries(view.artifacts.map((file) => [file.name, file]));
  const painted = view.stages.every((one) => one.id !== "fusion.paint" || one.state === "done");
  if (!painted) delete files["figurine.glb"];  // it is still without colours
  const there = Object.keys(SHOWN).filter((name) => SHOWN[name] in files);
  showTabs(state, there);
  const now = there.includes(state.wanted) ? state.wanted : there[0];
  if (!now) return;
  const key = [now, ...["figurine.glb", "figurine.usdz", SHOWN[now]].map((name) =>
    files[name]?.sha256)].join();
  if (key === state.shown) return;
  state.shown = key;
  if (now === "portrait") await showPortrait(state, files["portrait.png"], key);
  else await state.solid.show(files, view, () => state.shown === key);
}

async function showPortrait(state, file, key) {
  const src = state.pictures.get(file.sha256) ?? await reachable(versioned(file));
  state.pictures.set(file.sha256, src);
  if (state.shown !== key) return;
  replace(state.room, element("img", { class: "portrait", src, alt: t("podium.portrait.alt") }));
}

function showTabs(state, there) {
  const names = there.length > 1 ? there : [];
  const now = there.includes(state.wanted) ? state.wanted : there[0];
  const label = names.join() + now;
  if (state.tabs.dataset.label === label) return;
  state.tabs.dataset.label = label;
  const hadFocus = state.tabs.contains(document.activeElement);
  replace(state.tabs, ...names.map((name) => element("button", {
    type: "button", "aria-pressed": String(name === now),
    onclick: () => { state.wanted = name; update(state, state.view).catch(complain); },
  }, t(`podium.${name}`))));
  if (hadFocus) state.tabs.querySelector("[aria-pressed=true]")?.focus();
}
