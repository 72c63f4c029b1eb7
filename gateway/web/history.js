// My jobs: everything that was asked for here, newest first.

import { call } from "./api.js";
import { element, replace } from "./dom.js";
import { jobRow } from "./history/row.js";
import { explained } from "./problems.js";
import { again } from "./router.js";
import { t } from "./words.js";

const PAGE = 12;
const REFRESH_S = 3;
let filtered = "";  // outlives a change of language and a look at a job
const STATES = ["running", "paused", "succeeded", "failed", "cancelled"];

/**
 * Show the jobs of this key, page by page.
 * @param {HTMLElement} outlet
 * @returns {() => void} leave
 */
export function showJobs(outlet) {
  const page = { rows: new Map(), state: filtered, next: null, turn: 0 };
  page.list = element("ul", { class: "rows" });
  page.foot = element("div", { class: "older" });
  page.near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) if (isIntersecting) readWhole(page, target);
  }, { rootMargin: "200px" });
  replace(outlet, element("header", { class: "lead" }, element("h1", {}, t("house.jobs"))),
    filter(page), page.list, page.foot);
  more(page);
  const refreshing = setInterval(() => refresh(page), REFRESH_S * 1000);
  return () => {
    clearInterval(refreshing);
    page.near.disconnect();
    page.turn += 1;
  };
}

function filter(page) {
  const choices = ["", ...STATES].map((state) => {
    const box = element("input", {
      type: "radio", name: "state", value: state, checked: state === page.state, class: "unseen",
    });
    return element("label", { class: "pill" }, box,
      element("span", {}, t(state ? `state.${state}` : "history.all")));
  });
  return element("fieldset", {
    class: "pills", onchange: ({ target }) => {
      page.state = filtered = target.value;
      page.near.disconnect();
      page.rows.clear();
      page.next = null;
      replace(page.list);
      more(page);
    },
  }, element("legend", { class: "unseen" }, t("history.filter")), ...choices);
}

async function more(page) {
  const turn = ++page.turn;
  replace(page.foot, element("p", { class: "soft waiting" }, t("house.reading")));
  const query = new URLSearchParams({ limit: PAGE });
  if (page.state) query.set("state", page.state);
  if (page.next) query.set("cursor", page.next);
  let found;
  try {
    found = await call(`/v1/jobs?${query}`);
  } catch (problem) {
    if (turn === page.turn) {
      replace(page.foot, element("div", { class: "card" },
        explained(problem, [{ label: t("house.retry"), act: again }])));
    }
    return;
  }
  if (turn !== page.turn) return;
  const focusAt = page.rows.size;
  for (const job of found.jobs) append(page, job);
  page.next = found.next;
  showFoot(page);
  if (focusAt && found.jobs.length) page.list.children[focusAt]?.querySelector("a")?.focus();
}

function append(page, job) {
  if (page.rows.has(job.id)) return;
  const row = jobRow(job, (id) => gone(page, id));
  page.rows.set(job.id, row);
  page.list.append(row.node);
  page.near.observe(row.node);
}

function gone(page, id) {
  const { node } = page.rows.get(id);
  const beside = node.nextElementSibling ?? node.previousElementSibling;
  page.rows.delete(id);
  node.remove();
  (beside?.querySelector("a") ?? document.getElementById("view")).focus();
  showFoot(page);
}

function showFoot(page) {
  if (page.next) {
    replace(page.foot, element("button", {
      type: "button", onclick: () => more(page),
    }, t("history.older")));
    return;
  }
  replace(page.foot, page.rows.size === 0 && element("div", { class: "card empty" },
    element("h2", {}, t(page.state ? "history.none" : "history.empty")),
    !page.state && element("p", { class: "soft" }, t("history.empty.how")),
    element("p", { class: "ways" },
      element("a", { class: "button go", href: "#/figurine" }, t("house.figurine.new")),
      element("a", { class: "button", href: "#/recipes" }, t("history.cook")))));
}

/** A row near the screen says more: its picture, and what it is called. */
async function readWhole(page, node) {
  page.near.unobserve(node);
  await look(page.rows.get(node.dataset.job));
}

async function refresh(page) {
  if (document.hidden) return;
  const underWay = [...page.rows.values()]
    .filter((row) => ["queued", "running"].includes(row.job.state));
  await Promise.all(underWay.slice(0, PAGE).map(look));
}

async function look(row) {
  if (!row) return;
  try {
    row.update(await call(`/v1/jobs/${row.job.id}`, { patient: false }));
  } catch {
    // the row stays as it is: the next look, or a click, tells what is wrong
  }
}
