// A job in the list: its picture, what it is called, how it stands, and what can be done about it.

import { call, reachable, release } from "../api.js";
import { element, icon, replace } from "../dom.js";
import { ENDED } from "../follow.js";
import { complain } from "../problems.js";
import { known, languageNow, plain, t, when } from "../words.js";
import { deleteButton } from "./erase.js";

const UNITS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 7]];

/**
 * A row; it tells more once its job has been read whole.
 * @param {any} summary
 * @param {(id: string) => void} onGone
 * @returns {{node: HTMLElement, job: any, update: (job: any) => void}}
 */
export function jobRow(summary, onGone) {
  const row = { job: summary, pictured: "" };
  row.picture = element("div", { class: "thumb", "aria-hidden": "true" });
  row.text = element("div", { class: "row-text" });
  row.buttons = element("div", { class: "row-buttons" });
  row.node = element("li", { class: "row", data: { job: summary.id } },
    row.picture, row.text, row.buttons);
  row.update = (job) => {
    row.job = { ...row.job, ...job };
    const focused = controls(row).indexOf(document.activeElement);
    show(row, onGone);
    if (focused >= 0) controls(row)[focused]?.focus();  // who is on it stays on it
  };
  row.update(summary);
  return row;
}

const controls = (row) => [...row.node.querySelectorAll("a, button")];

/**
 * What a job is called: by its recipes, by the name on the figurine, or by its product.
 * @param {any} job
 */
export function nameOf(job) {
  const titles = job.facts?.["recipe.rank"]?.titles ?? [];
  if (titles.length > 1) return t("history.titles", { title: titles[0], count: titles.length - 1 });
  if (titles.length) return titles[0];
  const product = known(`history.product.${job.product}`, job.product);
  const { name, template, style } = job.parameters ?? {};
  const seen = job.facts?.["recipe.recognise"]?.ingredients ?? job.parameters?.ingredients ?? [];
  if (name) return `${product}: ${name}`;
  if (template) return `${product}: ${known(`template.${template}`, plain(template))}`;
  if (style) return `${product}: ${known(`style.${style}`, plain(style))}`;
  return seen.length ? `${product}: ${seen.slice(0, 4).join(", ")}` : product;
}

function show(row, onGone) {
  const { job } = row;
  const name = nameOf(job);
  const isUnderWay = !ENDED.includes(job.state);
  replace(row.text,
    element("h2", {}, element("a", { href: `#/jobs/${job.id}` }, name)),
    element("p", { class: "row-state" },
      element("span", { class: `state ${job.state}` }, t(`state.${job.state}`)),
      element("time", { dateTime: job.created, title: when(job.created), class: "soft" },
        ago(job.created))),
    ["queued", "running"].includes(job.state) && element("progress", {
      max: 100, value: job.progress, "aria-label": t("history.progress", { name }),
    }),
    job.error && element("p", { class: "soft small" },
      known(`problem.${job.error.code}`, job.error.detail)),
    job.artifacts_expired_at && element("p", { class: "soft small" }, t("history.expired")));
  replace(row.buttons, isUnderWay && cancelButton(row, name),
    deleteButton(job, name, () => onGone(job.id)));
  showPicture(row);
}

function cancelButton(row, name) {
  return element("button", {
    type: "button", "aria-label": t("history.cancel.of", { name }), onclick: (clicked) => {
      clicked.currentTarget.disabled = true;
      call(`/v1/jobs/${row.job.id}/cancel`, { method: "POST" }).then(row.update, complain);
    },
  }, t("house.cancel"));
}

function showPicture(row) {
  const { job } = row;
  const names = (job.artifacts ?? []).map((file) => file.name);
  const found = ["preview.png", "portrait.png"].find((name) => names.includes(name));
  const url = found ? `/v1/jobs/${job.id}/artifacts/${found}`
    : names.includes("recipes.json") ? `/v1/jobs/${job.id}/recipe.png?number=1` : "";
  if (url === row.pictured && row.picture.hasChildNodes()) return;
  row.pictured = url;
  const sign = icon(job.product === "recipe" ? "photo" : "cube");
  if (!url) {
    replace(row.picture, sign);
    return;
  }
  reachable(url).then((src) => {
    const shown = found === "preview.png" ? "hero" : "";
    const picture = element("img", { src, class: shown, alt: "", loading: "lazy" });
    picture.addEventListener("load", () => release(src), { once: true });
    picture.addEventListener("error", () => replace(row.picture, sign), { once: true });
    replace(row.picture, picture);
  }, () => replace(row.picture, sign));
}

/**
 * How long ago: `5 minutes ago`; the day, once that says more.
 * @param {string} iso
 */
function ago(iso) {
  let value = (Date.parse(iso) - Date.now()) / 1000;
  for (const [unit, many] of UNITS) {
    if (Math.abs(value) < many) {
      const inWords = new Intl.RelativeTimeFormat(languageNow(), { numeric: "auto" });
      return inWords.format(Math.round(value), unit);
    }
    value /= many;
  }
  return when(iso);
}
