// The figurine is there: its name, ways to change it, its files and its certificate.

import { element, icon, replace } from "../dom.js";
import { t, when } from "../words.js";
import { certificatePanel } from "./certificate.js";
import { changePanel } from "./change.js";
import { filesPanel } from "./files.js";

/**
 * @param {any} view of the finished job
 * @param {(view: any) => void} open shows another job here
 */
export function resultPanel(view, open) {
  const change = view.product === "figurine" ? changePanel(view, open) : null;
  const head = element("div");
  const papers = element("div", { class: "papers" });
  let shown = "";
  const update = (seen) => {
    change?.update(seen);
    if (seen.id === shown) return;
    shown = seen.id;
    replace(head, ...heading(seen));
    replace(papers, certificatePanel(seen), filesPanel(seen), ending(seen));
  };
  update(view);
  return {
    node: element("div", { class: "result" }, head, change?.node, papers),
    update,
    keeps: (seen) => change?.keeps(seen) ?? false,
    leave: () => change?.leave(),
  };
}

function heading(view) {
  const { name } = view.parameters;
  const { facts } = view;
  const likeness = (facts["fusion.render"] ?? facts["stylize.portrait"])?.likeness;
  const title = view.product === "figurine" ? "result.title" : "result.portrait";
  return [
    element("h1", {}, name ? t("result.named", { name }) : t(title)),
    likeness && element("p", { class: "soft" },
      t("result.likeness", { score: Math.round(likeness.score) })),
    notes(view),
  ];
}

function notes(view) {
  const said = view.warnings.filter((one) => !one.startsWith("not sure about"));  // the swatches do
  if (!said.length) return null;
  return element("ul", { class: "notes" }, ...said.map((one) =>
    element("li", {}, one.charAt(0).toUpperCase() + one.slice(1))));
}

function ending(view) {
  return element("div", { class: "ending" },
    element("a", { class: "button go", href: "#/figurine" }, icon("plus"), t("house.figurine.new")),
    view.expires_at && element("p", { class: "soft" }, t("result.expires", {
      when: when(view.expires_at) })));
}
