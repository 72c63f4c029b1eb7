// A recipe job in whatever state it is: being looked at, waiting for corrections, cooked, or not.

import { ask, call, submit } from "../api.js";
import { announce, element, icon, replace } from "../dom.js";
import { ENDED, follow } from "../follow.js";
import { complain, explained } from "../problems.js";
import { go } from "../router.js";
import { known, span, t } from "../words.js";
import { isRecipe, showBook } from "./book.js";
import { correction } from "./correct.js";
import { notesOf, photosOf, remember } from "./memory.js";
import { forgetFood } from "./view.js";

const WISHES = [
  "diet", "exclude", "servings", "count", "max_minutes", "language", "units", "engine",
];
const SIGNS = { done: "check", failed: "cross", skipped: "cross" };

/**
 * Show a recipe job, and follow it until it has ended.
 * @param {HTMLElement} outlet
 * @param {any} view of the job
 * @returns {() => void} leave
 */
export function showRecipeJob(outlet, view) {
  const page = { outlet, scene: "", lost: element("p", { class: "lost soft", hidden: true }) };
  page.room = element("div", {});
  replace(outlet, page.lost, page.room);
  draw(page, view);
  const stop = ENDED.includes(view.state) ? () => {} : follow(view.id, {
    onView: (now) => draw(page, now),
    onLost: (problem) => lost(page, problem),
  });
  return () => {
    stop();
    page.leave?.();
  };
}

function lost(page, problem) {
  if (problem?.final) {
    replace(page.room, element("section", { class: "card" }, explained(problem, [fresh()])));
    return;
  }
  page.lost.hidden = !problem;
  replace(page.lost, problem && t("recipes.lost"));
}

function draw(page, view) {
  const scene = sceneOf(view);
  if (page.scene === scene) {
    page.update?.(view);
    return;
  }
  page.leave?.();
  Object.assign(page, { scene, update: null, leave: null });
  const show = { making, paused, cooked, expired, ended }[scene];
  show(page, view);
  announce(t(`state.${view.state}`));
}

function sceneOf(view) {
  if (view.state === "paused") return "paused";
  if (!ENDED.includes(view.state)) return "making";
  if (view.artifacts_expired_at) return "expired";
  return view.state === "succeeded" ? "cooked" : "ended";
}

// -- being made ----------------------------------------------------------------------------------

function making(page, view) {
  const title = element("h1", {});
  const stages = element("ol", { class: "stages" });
  const eta = element("p", { class: "soft", "aria-hidden": "true" });
  const bar = element("progress", { max: 100, "aria-label": t("recipes.progress") });
  page.update = (now) => {
    const isLooking = now.stages[0]?.state !== "done"
      && now.parameters.pause_after === "ingredients";
    replace(title, t(isLooking ? "recipes.looking" : "recipes.cooking"));
    bar.value = now.progress;
    replace(eta, now.state === "queued" && now.queue_position
      ? t("recipes.before", { count: now.queue_position })
      : now.eta && t("recipes.eta", { span: span(now.eta.p50_s) }));
    replace(stages, ...now.stages.filter((stage) => stage.id !== "gateway.finish").map(line));
  };
  const cancel = element("button", {
    type: "button", onclick: () => cancelled(page, view),
  }, t("house.cancel"));
  replace(page.room, element("section", { class: "card making" },
    title, strip(view), bar, stages, eta, element("p", {}, cancel)));
  page.update(view);
}

function line(stage) {
  const [name, slot] = stage.id.split("#");
  const said = known(`recipes.stage.${name}`, stage.title);
  const number = slot === undefined ? "" : ` ${Number(slot) + 1}`;
  const bead = element("span", { class: "bead", "aria-hidden": "true" }, SIGNS[stage.state]
    && icon(SIGNS[stage.state]));
  return element("li", { class: `stage ${stage.state}` }, bead, said + number,
    element("span", { class: "unseen" },
      `: ${known(`recipes.stage.${stage.state}`, stage.state)}`));
}

function strip(view) {
  const photos = photosOf(view.id).map((file, at) => {
    const alt = t("recipes.photos.one", { number: at + 1 });
    const picture = element("img", { src: URL.createObjectURL(file), alt });
    picture.addEventListener("error", () => picture.remove(), { once: true });
    return picture;
  });
  return photos.length > 0 && element("div", { class: "strip" }, ...photos);
}

const cancelled = (page, view) => call(view.links.cancel, { method: "POST" })
  .then((now) => draw(page, now), complain);

// -- waiting for corrections ---------------------------------------------------------------------

async function paused(page, view) {
  const found = await read(page, view, "ingredients.json");
  if (!found || page.scene !== "paused") return;
  replace(page.room, correction({
    title: t("recipes.seen"), how: t("recipes.seen.how"), found, above: strip(view),
    ...listOf(page, view),
    back: { label: t("house.cancel"), act: () => cancelled(page, view) },
    send: async (lines, isChanged) => {
      const body = JSON.stringify(isChanged ? { ingredients: lines } : {});
      const headers = { "Content-Type": "application/json" };
      draw(page, await call(view.links.resume, { method: "POST", headers, body }));
    },
  }));
}

async function read(page, view, name) {
  replace(page.room, element("p", { class: "soft waiting" }, t("house.reading")));
  try {
    const file = view.artifacts.find((one) => one.name === name);
    return await (await ask(file.url)).json();
  } catch (problem) {
    replace(page.room, element("section", { class: "card" }, explained(problem, [fresh()])));
    return null;
  }
}

// -- the end -------------------------------------------------------------------------------------

async function cooked(page, view) {
  const book = await read(page, view, "recipes.json");
  if (!book || page.scene !== "cooked") return;
  const show = () => {
    page.leave?.();
    page.leave = showBook(page.room, view, book, change);
  };
  const change = () => {
    page.leave?.();
    page.leave = null;
    replace(page.room, correction({
      title: t("recipes.change"), found: book, above: strip(view), ...listOf(page, view),
      back: { label: t("recipes.back"), act: show },
      send: (lines) => cookOf(view, lines),
    }));
  };
  if (isAtWork(page, view) && !isRecipe()) change();
  else show();
}

function expired(page, view) {
  replace(page.room, element("section", { class: "card ended" },
    element("h1", {}, t("recipes.expired")),
    explained({ code: "recipes_expired" }, [...anew(view), fresh()])));
}

function ended(page, view) {
  if (view.error?.code === "no_ingredients") {
    listAnew(page, view, view.parameters.ingredients ?? [], "recipes.nothing");
    return;
  }
  if (isAtWork(page, view)) {
    listAnew(page, view, linesOf(view), "recipes.change");
    return;
  }
  const isTooMuch = view.error?.code === "no_recipe";  // the same again would end the same
  const problem = view.error ?? { code: view.state === "expired" ? "deadline" : "cancelled" };
  replace(page.room, element("section", { class: "card ended" },
    element("h1", {}, t(`state.${view.state}`)), strip(view),
    explained(problem, [...(isTooMuch ? relaxed(page, view) : anew(view)), fresh()])));
}

function relaxed(page, view) {
  const lines = linesOf(view);
  const { max_minutes: limit, ...patient } = view.parameters;
  return [
    limit && { label: t("recipes.slower"),
      act: () => cookOf({ ...view, parameters: patient }, lines).catch(complain) },
    { label: t("recipes.change"), act: () => listAnew(page, view, lines, "recipes.change") },
  ].filter(Boolean);
}

function listAnew(page, view, lines, title) {
  replace(page.room, correction({
    title: t(title), how: known(`${title}.how`, ""), above: strip(view),
    found: { ingredients: lines.map((name) => ({ name })) }, ...listOf(page, view),
    back: fresh(),
    send: (lines) => cookOf(view, lines),
  }));
}

/** Where a list being put right is kept, by what the page shows it for. */
const listOf = (page, view) => ({ lists: notesOf(view.id).lists, kept: page.scene });

const isAtWork = (page, view) => page.scene in notesOf(view.id).lists;

const fresh = () => ({ label: t("recipes.new"), act: () => { forgetFood(); go("/recipes"); } });

/** What was at hand, as far as anybody knows. */
function linesOf(view) {
  const { edited, ingredients } = view.parameters;
  return [edited, ingredients, view.facts["recipe.recognise"]?.ingredients]
    .find((lines) => lines?.length) ?? [];
}

/** Another job of the same wishes. */
function anew(view) {
  const lines = linesOf(view);
  if (!lines.length) return [];
  return [{ label: t("recipes.again"), act: () => cookOf(view, lines).catch(complain) }];
}

async function cookOf(view, ingredients) {
  const wish = WISHES.filter((name) => view.parameters[name] ?? "")
    .map((name) => [name, view.parameters[name]]);
  const next = await submit("/v1/recipes", { ...Object.fromEntries(wish), ingredients });
  remember(next.id, photosOf(view.id));
  go(`/jobs/${next.id}`);
}
