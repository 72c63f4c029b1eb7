// A job without a result: what happened, and the ways on.

import { submit } from "../api.js";
import { element } from "../dom.js";
import { complain, explained } from "../problems.js";
import { go } from "../router.js";
import { t } from "../words.js";
import { forgetPhoto } from "./choose.js";
import { wishOf } from "./wish.js";

// another photo is the way on; with the same one the same would happen
const PHOTO = ["no_face", "face_too_small", "face_cut_off", "corrupt_photo", "bad_photo",
  "too_many_pixels", "photo_too_large", "crash", "hang"];

// with these another wish will do: the form still has all of it
const WISH = ["name_does_not_fit", "no_such_subject"];

/**
 * @param {any} view of the job
 * @param {(view: any) => void} open shows another job here
 */
export function failedPanel(view, open) {
  const problem = view.artifacts_expired_at ? { code: "gone" }
    : view.error ?? { code: view.state === "expired" ? "deadline" : view.state, detail: "" };
  const anew = { label: t("failed.photo"), act: () => { forgetPhoto(); go("/figurine"); } };
  const retry = { label: t("house.retry"), act: () => again(view, {}, open) };
  const accept = "unprintable";
  const anyway = { label: t("failed.anyway"), act: () => again(view, { accept }, open) };
  const change = { label: t("failed.change"), act: () => go("/figurine") };
  const ways = PHOTO.includes(problem.code) ? [anew]
    : WISH.includes(problem.code) ? [change, anew]
    : [problem.code === "unprintable" && anyway, retry, anew].filter(Boolean);
  const body = view.state === "cancelled"
    ? element("p", { class: "ways" }, ...ways.map((way, at) =>
      element("button", { type: "button", class: at ? null : "go", onclick: way.act }, way.label)))
    : explained(problem, ways);
  return {
    node: element("div", { class: "failed" },
      element("h1", {}, t(view.artifacts_expired_at ? "failed.gone" : `state.${view.state}`)),
      body),
    update: () => {},
  };
}

async function again(view, changes, open) {
  const path = view.product === "portrait" ? "/v1/portraits" : "/v1/figurines";
  try {
    open(await submit(path, { ...wishOf(view), ...changes }));
  } catch (problem) {
    complain(problem, [{ label: t("failed.photo"), act: () => go("/figurine") }]);
  }
}
