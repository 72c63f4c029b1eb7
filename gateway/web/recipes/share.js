// Out of the house: into Mealie and Tandoor, onto the clipboard, into a file.

import { ask, keyNow } from "../api.js";
import { announce, element, icon, replace } from "../dom.js";
import { complain } from "../problems.js";
import { t } from "../words.js";

const DATA = /<script type="application\/ld\+json">([\s\S]*?)<\/script>/;
// what recipe managers refuse to call, so that nobody reaches into their network through them
const PRIVATE = [
  /^localhost$|\.(local|localhost|lan|home|internal)$/i,
  /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/,
  /^\[(::1|f[cd][\da-f]*:.*|fe80:.*)\]$/i,
];
const SAID_S = 2.5;

/**
 * How to take a recipe along.
 * @param {any} view of the job
 * @param {number} numbered
 * @returns {HTMLElement}
 */
export function shareBox(view, numbered) {
  const path = `/v1/jobs/${view.id}/recipe.html?number=${numbered}`;
  const why = keyNow() ? "lock" : isPrivate(location.hostname) ? "private" : "open";
  const data = copyButton(t("recipes.share.data"),
    async () => dataOf(await (await ask(path)).text()));
  const link = copyButton(t("recipes.share.link"), () => new URL(path, location.href).href);
  const page = view.artifacts.find((file) => file.name === `recipe-${numbered}.html`);
  const cook = view.artifacts.find((file) => file.name === `recipe-${numbered}.cook`);
  const byData = [element("h3", {}, t("recipes.share.bytext")),
    element("p", {}, t("recipes.share.bytext.how")), data];
  const byLink = [element("h3", {}, t("recipes.share.bylink")),
    element("p", {}, t(`recipes.share.bylink.${why}`)), link];
  const [first, second] = why === "open" ? [byLink, byData] : [byData, byLink];
  return element("section", { class: "card share" },
    element("h2", {}, t("recipes.share")),
    element("div", { class: "share-ways" },
      element("div", {}, ...first), element("div", {}, ...second),
      element("div", {}, element("h3", {}, t("recipes.share.files")),
        element("p", {}, t("recipes.share.files.how")),
        element("p", { class: "ways" }, page && download(page, t("recipes.file.page")),
          cook && download(cook, "Cooklang")))));
}

const isPrivate = (host) => PRIVATE.some((pattern) => pattern.test(host));

function dataOf(page) {
  const found = page.match(DATA);
  if (!found) throw { code: "unknown", detail: "" };
  return JSON.stringify(JSON.parse(found[1]), null, 2);
}

/**
 * A button that copies a text, and says so.
 * @param {string} label
 * @param {() => string|Promise<string>} text
 * @returns {HTMLButtonElement}
 */
export function copyButton(label, text) {
  const show = (drawing, said) => replace(button, icon(drawing), said);
  const button = element("button", {
    type: "button", onclick: async () => {
      try {
        await copy(await text());
      } catch (problem) {
        complain(problem);
        return;
      }
      show("check", t("recipes.copied"));
      announce(t("recipes.copied"));
      setTimeout(() => show("copy", label), SAID_S * 1000);
    },
  });
  show("copy", label);
  return button;
}

async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = element("textarea", { value: text, class: "unseen" });  // a house without https
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw { code: "no_clipboard" };
}

/**
 * A link that downloads a file, with the key where one is needed.
 * @param {any} file
 * @param {string} label
 * @returns {HTMLAnchorElement}
 */
export function download(file, label) {
  const link = element("a", { class: "button", href: file.url, download: file.name },
    icon("down"), label);
  link.addEventListener("click", async (clicked) => {
    if (!keyNow()) return;
    clicked.preventDefault();
    try {
      const url = URL.createObjectURL(await (await ask(file.url)).blob());
      element("a", { href: url, download: file.name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (problem) {
      complain(problem);
    }
  });
  return link;
}
