// The print certificate in words.

import { call, versioned } from "../api.js";
import { element, icon, replace } from "../dom.js";
import { complain } from "../problems.js";
import { known, number, span, t } from "../words.js";
import { word } from "./looks.js";

/** @param {any} view of the finished job */
export function certificatePanel(view) {
  const file = view.artifacts.find((one) => one.name === "certificate.json");
  if (!file) return null;
  const body = element("div");
  const room = element("section", { class: "certificate card", "aria-label": t("print.title") },
    element("h2", {}, t("print.title")), body);
  call(versioned(file)).then((said) => replace(body, ...inWords(said)), complain);
  return room;
}

function inWords(said) {
  const failed = said.gates.filter((gate) => gate.required && !gate.passed);
  const how = { process: word("process", said.process), cm: number(said.height_mm / 10) };
  return [
    element("p", { class: said.passed ? "verdict good" : "verdict wrong" },
      icon(said.passed ? "check" : "warn"),
      t(said.passed ? "print.passed" : "print.failed", how)),
    said.estimate && element("p", {}, t("print.estimate", {
      time: span(said.estimate.minutes * 60), grams: number(said.estimate.mass_g, {
        maximumFractionDigits: 0 }),
    }), " ", element("small", {}, said.estimate.basis)),
    ...failed.map((gate) => element("p", { class: "wrong" }, gate.fix)),
    element("details", { class: "folded" },
      element("summary", {}, t("print.gates", { count: said.gates.length })),
      element("ul", { class: "gates" }, ...said.gates.map(gateRow))),
  ];
}

function gateRow(gate) {
  const unit = gate.unit && gate.unit.length < 4 ? ` ${gate.unit.replace("cm3", "cm³")}` : "";
  const limit = known(`relation.${gate.relation}`, gate.relation);
  return element("li", {},
    element("span", { class: gate.passed ? "good" : "wrong" }, icon(gate.passed ? "check" : "warn"),
      element("span", { class: "unseen" }, t(gate.passed ? "print.ok" : "print.not_ok"))),
    element("span", {}, known(`gate.${gate.name}`, gate.title)),
    element("span", { class: "soft" },
      `${number(gate.measured, { maximumFractionDigits: 2 })}${unit} (${limit} `
      + `${number(gate.limit, { maximumFractionDigits: 2 })}${unit})`));
}
