// The photo: by click, drop, paste or camera.

import { element, icon, replace } from "../dom.js";
import { t } from "../words.js";

const ACCEPT = "image/*,.heic,.heif";

/**
 * A place for one photo.
 * @param {{photo: File|null, onPhoto: (photo: File) => void}} options
 * @returns {{node: HTMLElement, need: () => void, leave: () => void}} `need` asks for a photo
 */
export function photoField({ photo, onPhoto }) {
  const pick = input("photo", null);
  const shoot = input("camera", "user");
  const frame = element("div", { class: "frame" });
  const note = element("p", { class: "wrong", id: "photo-need", role: "status" });
  const node = element("div", { class: "photo" }, frame, note);
  let shown = "";
  const take = (file) => {
    if (!file) return;
    URL.revokeObjectURL(shown);
    shown = URL.createObjectURL(file);
    replace(note);
    replace(frame, chosen(file, shown), buttons(pick, shoot, true));
    onPhoto(file);
  };
  for (const field of [pick, shoot]) {
    field.addEventListener("change", () => take(field.files[0]));
  }
  replace(frame, invitation(), buttons(pick, shoot, false));
  const forget = listen(node, take);
  if (photo) take(photo);
  return {
    node,
    need: () => { replace(note, t("photo.need")); pick.focus(); },
    leave: () => { forget(); URL.revokeObjectURL(shown); },
  };
}

function input(id, capture) {
  return element("input", {
    id, type: "file", accept: ACCEPT, class: "unseen", capture, "aria-describedby": "photo-need",
  });
}

function invitation() {
  return element("div", { class: "invitation" },
    element("span", { class: "bust", "aria-hidden": "true" }),
    element("p", { class: "big" }, t("photo.invite")),
    element("p", { class: "soft" }, t("photo.ways")));
}

function chosen(file, url) {
  const picture = element("img", { class: "chosen", alt: t("photo.yours"), src: url });
  picture.addEventListener("error", () => {  // HEIC, in browsers that cannot show it
    picture.replaceWith(element("p", { class: "invitation" }, icon("photo"), file.name));
  });
  return picture;
}

function buttons(pick, shoot, again) {
  const phone = matchMedia("(pointer: coarse)").matches;
  return element("div", { class: "photo-ways" },
    pick, element("label", { class: again ? "button" : "button go", htmlFor: "photo" },
      icon("photo"), t(again ? "photo.other" : "photo.choose")),
    phone && shoot,
    phone && element("label", { class: "button", htmlFor: "camera" },
      icon("camera"), t("photo.take")));
}

/** Anywhere on the page: who drops or pastes a photo means this. */
function listen(node, take) {
  const quit = new AbortController();
  const on = (name, act) => window.addEventListener(name, act, { signal: quit.signal });
  const isOver = (over) => node.classList.toggle("over", over);
  on("dragover", (event) => { event.preventDefault(); isOver(true); });
  on("dragleave", (event) => { if (!event.relatedTarget) isOver(false); });
  on("drop", (event) => {
    event.preventDefault();
    isOver(false);
    take(event.dataTransfer?.files[0]);
  });
  on("paste", (event) => {
    const file = [...event.clipboardData?.files ?? []].find((one) => one.type.startsWith("image/"));
    if (file) {
      event.preventDefault();
      take(file);
    }
  });
  return () => quit.abort();
}
