// The files of a job: each with its size and what it is for, or all of them at once.

import { ask, keyNow, versioned } from "../api.js";
import { element, icon } from "../dom.js";
import { complain } from "../problems.js";
import { known, size, t } from "../words.js";

/** @param {any} view of the job */
export function filesPanel(view) {
  const ordered = [...view.artifacts].sort((a, b) => rank(a) - rank(b));
  return element("section", { class: "files card", "aria-label": t("files.title") },
    element("h2", {}, t("files.title")),
    element("ul", {}, ...ordered.map((file) => element("li", {},
      download(versioned(file), file.name, "file"),
      element("span", { class: "purpose" }, known(`file.${file.name}`, file.purpose)),
      element("span", { class: "soft size" }, size(file.size))))),
    view.links.zip && download(view.links.zip, t("files.zip"), "button"));
}

const ORDER = ["figurine.3mf", "figurine.stl", "figurine.glb", "figurine.usdz", "portrait.png",
  "preview.png", "certificate.json", "manifest.json"];
const rank = (file) => (ORDER.includes(file.name) ? ORDER.indexOf(file.name) : ORDER.length);

/** With a key the file is fetched into the tab first: a link sends none. */
function download(url, label, kind) {
  const link = element("a", { class: kind, href: url, download: "" }, icon("down"), label);
  link.addEventListener("click", async (clicked) => {
    if (!keyNow()) return;
    clicked.preventDefault();
    try {
      const response = await ask(url);
      const told = response.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/);
      const href = URL.createObjectURL(await response.blob());
      element("a", { href, download: told?.[1] ?? label }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
    } catch (problem) { complain(problem); }
  });
  return link;
}
