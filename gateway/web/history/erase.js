// To delete a job: asked once, done for good, and told in words what is gone.

import { call } from "../api.js";
import { announce, element, icon, replace } from "../dom.js";
import { explained } from "../problems.js";
import { size, t, when } from "../words.js";

/**
 * A button that deletes a job after asking.
 * @param {{id: string}} job
 * @param {string} name of the job, for people
 * @param {() => void} onGone the receipt has been read
 * @returns {HTMLButtonElement}
 */
export function deleteButton(job, name, onGone) {
  return element("button", {
    type: "button", class: "quiet", title: t("history.delete"),
    "aria-label": t("history.delete.of", { name }), onclick: () => askAndDelete(job, name, onGone),
  }, icon("trash"));
}

/**
 * Ask, delete, and show the receipt.
 * @param {{id: string}} job
 * @param {string} name
 * @param {() => void} onGone
 */
export function askAndDelete(job, name, onGone) {
  let isGone = false;
  const box = element("dialog", { class: "card", "aria-labelledby": "dialog-title" });
  const close = () => box.close();
  const no = element("button", { type: "button", onclick: close }, t("history.delete.no"));
  const yes = element("button", { type: "button", class: "go", onclick: async () => {
    yes.disabled = true;
    try {
      const receipt = await call(`/v1/jobs/${job.id}`, { method: "DELETE" });
      isGone = true;
      showReceipt(box, receipt, close);
    } catch (problem) {
      replace(box, element("h2", { id: "dialog-title" }, t("history.delete.failed")),
        explained(problem, [{ label: t("history.close"), act: close }]));
    }
  } }, icon("trash"), t("history.delete.yes"));
  replace(box, element("h2", { id: "dialog-title" }, t("history.delete.title", { name })),
    element("p", {}, t("history.delete.what")), element("p", { class: "ways" }, no, yes));
  box.addEventListener("close", () => {
    box.remove();
    if (isGone) onGone();
  });
  document.body.append(box);
  box.showModal();
  no.focus();
}

function showReceipt(box, receipt, close) {
  const { erased, kept, pending } = receipt;
  const bytes = erased.reduce((sum, file) => sum + file.size, 0);
  const ok = element("button", { type: "button", class: "go", onclick: close }, t("history.close"));
  const said = t("history.receipt.erased", { count: erased.length, size: size(bytes) });
  replace(box, element("h2", { id: "dialog-title" }, t("history.receipt")),
    element("p", {}, said),
    pending.length > 0 && element("p", {}, t("history.receipt.pending", { count: pending.length })),
    kept.length > 0 && element("p", {}, t("history.receipt.kept", { count: kept.length })),
    erased.length > 0 && element("details", { class: "folded" },
      element("summary", {}, t("history.receipt.files")),
      element("ul", { class: "receipt" }, ...erased.map((file) => element("li", {},
        element("code", {}, file.name), element("small", {}, ` ${size(file.size)}`))))),
    element("p", { class: "soft small" },
      t("history.receipt.at", { when: when(receipt.erased_at) })),
    element("p", { class: "ways" }, ok));
  announce(said);
  ok.focus();
}
