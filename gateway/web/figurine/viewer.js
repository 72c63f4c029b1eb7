// The figurine in 3D by <model-viewer>, served from this house; without it, the picture.

import { keyNow, reachable, release, versioned } from "../api.js";
import { element, replace } from "../dom.js";
import { t } from "../words.js";

const LIBRARY = "/web/vendor/model-viewer.min.js";
let library = null;

/** Load the viewer once; false where it was not installed, or the browser draws no 3D. */
export async function loaded() {
  library ??= withoutWebAssembly(() => import(LIBRARY)).then(() => hasWebGl(), () => false);
  return library;
}

/**
 * It would compile its decoder of packed meshes at once, which the policy of this page forbids.
 * Our models are not packed; where it finds no WebAssembly, it does without.
 */
async function withoutWebAssembly(load) {
  const kept = globalThis.WebAssembly;
  globalThis.WebAssembly = undefined;
  try {
    return await load();
  } finally {
    globalThis.WebAssembly = kept;
  }
}

let isSlow = false;  // drawn by software: it stands still, so that the page stays quick

function hasWebGl() {
  const drawing = document.createElement("canvas").getContext("webgl2");
  if (!drawing) return false;
  const named = drawing.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL;
  const renderer = String(drawing.getParameter(named ?? drawing.RENDERER));
  isSlow = /swiftshader|llvmpipe|software/i.test(renderer);
  drawing.getExtension("WEBGL_lose_context")?.loseContext();
  return true;
}

/**
 * @param {HTMLElement} room where it stands
 * @returns {{show: Function, leave: () => void}}
 */
export function viewer(room) {
  const state = { room, node: null, urls: new Map(), broken: false };
  return {
    leave: () => { [...state.urls.values()].forEach(release); state.node?.remove(); },
    show: async (files, view, isWanted) => {
      const preview = files["preview.png"];
      if (state.broken || !await loaded()) {
        await showPicture(state, preview);
        return;
      }
      state.node ??= made(state, preview);
      describe(state.node, view);
      await set(state, "src", files["figurine.glb"]);
      await set(state, "ios-src", files["figurine.usdz"]);
      if (state.node.parentNode !== room && isWanted()) await enter(state, preview);
    },
  };
}

/** Until the model is there, what was shown before shines through, or the picture of it. */
async function enter({ room, node, urls }, preview) {
  if (node.loaded) replace(room, node);
  else if (preview) {
    urls.set("under", await reachable(versioned(preview)));
    replace(room, element("img", { class: "preview", src: urls.get("under"), alt: "" }), node);
  } else room.append(node);
}

/** What was shown before stays until the new model is there: no flicker between two colours. */
async function set(state, name, file) {
  if (!file) return;
  const address = await reachable(versioned(file));
  if (state.urls.get(name) === address) return;
  const before = state.urls.get(name);
  state.urls.set(name, address);
  state.node.setAttribute(name, address);
  if (before) state.node.addEventListener("load", () => release(before), { once: true });
}

function made(state, preview) {
  const button = element("button", { slot: "ar-button", class: "ar go" }, t("viewer.ar"));
  const bar = element("div", { slot: "progress-bar", class: "unseen" });
  const isHere = () => state.node.parentNode === state.room;
  return element("model-viewer", {
    onload: () => { if (isHere()) replace(state.room, state.node); },
    onerror: (failed) => {
      if (!["loadfailure", "webglcontextlost"].includes(failed.detail?.type)) return;
      state.broken = true;
      if (isHere()) showPicture(state, preview).catch(() => {});
    },
    "camera-controls": true, "touch-action": "pan-y", "interaction-prompt": "none",
    "camera-orbit": "-24deg 80deg auto", "shadow-intensity": "1", "shadow-softness": "0.8",
    exposure: "1.05", "tone-mapping": "neutral",
    "auto-rotate": !isSlow && !isCalm(), "auto-rotate-delay": "1500",
    "rotation-per-second": "24deg", ar: true, "ar-scale": "fixed",
    "ar-modes": keyNow() ? "webxr quick-look" : "webxr scene-viewer quick-look",
  }, button, bar);
}

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function describe(node, view) {
  const name = view.parameters.name;
  node.setAttribute("alt", name ? t("viewer.alt.named", { name }) : t("viewer.alt"));
}

async function showPicture(state, preview) {
  if (!preview) return;
  const src = await reachable(versioned(preview));
  state.urls.set("preview", src);
  replace(state.room, element("img", { class: "preview", src, alt: t("viewer.alt") }),
    element("p", { class: "soft no-3d" }, t("viewer.none")));
}
