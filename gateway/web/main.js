// Starts the page: its language, its theme, the lock, and the views.

import { lockedBy } from "./api.js";
import { element, icon, replace } from "./dom.js";
import { showFigurine } from "./figurine/view.js";
import { showJobs } from "./history.js";
import { showJob } from "./job.js";
import { askForKey } from "./lock.js";
import { showRecipes } from "./recipes/view.js";
import { again, route, start } from "./router.js";
import { dress, LANGUAGES, languageNow, speak, t } from "./words.js";

const at = (id) => document.getElementById(id);
const THEMES = { auto: "half", light: "sun", dark: "moon" };

// what the bar at the top shows, and the views behind it
const ENTRIES = [
  { path: "/figurine", word: "house.figurine" },
  { path: "/recipes", word: "house.recipes" },
  { path: "/jobs", word: "house.jobs" },
];

route("/figurine", showFigurine);
route("/recipes", showRecipes);
route("/jobs", showJobs);
route("/jobs/:id", showJob);

function showBar(path) {
  replace(at("nav"), ...ENTRIES.map((entry) => element("a", {
    href: `#${entry.path}`,
    "aria-current": path.startsWith(entry.path) ? "page" : null,
  }, t(entry.word))));
  const { word } = ENTRIES.find((one) => path.startsWith(one.path)) ?? ENTRIES[0];
  document.title = `${t(word)} · Kiln`;
}

function showLanguages() {
  const options = Object.entries(LANGUAGES).map(([tag, name]) =>
    element("option", { value: tag, lang: tag, selected: tag === languageNow() }, name));
  replace(at("language"), ...options);
  at("language").addEventListener("change", (changed) => {
    speak(changed.target.value);
    showTheme();
    again();
  });
}

function showTheme() {
  const now = localStorage.getItem("kiln-theme") ?? "auto";
  document.documentElement.dataset.theme = now;
  replace(at("theme"), icon(THEMES[now]));
  at("theme").setAttribute("aria-label", `${t("house.theme")}: ${t(`house.theme.${now}`)}`);
  at("theme").title = t(`house.theme.${now}`);
}

function turnTheme() {
  const names = Object.keys(THEMES);
  const now = names.indexOf(localStorage.getItem("kiln-theme") ?? "auto");
  localStorage.setItem("kiln-theme", names[(now + 1) % names.length]);
  showTheme();
}

lockedBy(askForKey);
dress();
showLanguages();
showTheme();
at("theme").addEventListener("click", turnTheme);
start(at("view"), showBar);
