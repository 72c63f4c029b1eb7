// The photo: by click, drop, paste or camera.

import { element, icon, replace } from "../dom.js";
import { PHOTOS, takeGiven } from "../given.js";
import { t } from "../words.js";

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
  const forget = takeGiven(node, {
    anywhere: true,  // there is one photo: whoever drops one on the page means it
    dropped: ([file]) => take(file),
    pasted: (files) => {
      const picture = files.find((file) => file.type.startsWith("image/"));
      take(picture);
      return Boolean(picture);
    },
  });
  if (photo) take(photo);
  return {
    node,
    need: () => { replace(note, t("photo.need")); pick.focus(); },
    leave: () => { forget(); URL.revokeObjectURL(shown); },
  };
}

function input(id, capture) {
  return element("input", {
    id, type: "file", accept: PHOTOS, class: "unseen", capture, "aria-describedby": "photo-need",
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
