// The start page: sends the photo, follows the job's events, shows what has been made so far.

const at = (id) => document.getElementById(id);
const form = at("form");
const ENDED = ["succeeded", "failed", "cancelled", "expired"];
let events = null;
let job = null;
let key = sessionStorage.getItem("kiln-key") ?? "";  // of a house with a lock; gone with the tab

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function complain({ code, detail, hint }) {
  const text = code === "unauthorized" ? key && "This key does not fit." : [detail, hint].filter(Boolean).join(" ");
  at("problem").textContent = text;
  at("problem").hidden = !text;
}

async function ask(path, options = {}) {
  const shown = key ? { Authorization: `Bearer ${key}` } : {};
  const response = await fetch(path, { ...options, headers: { ...options.headers, ...shown } });
  if (response.ok) return response;
  if (response.status === 401) at("lock").hidden = false;
  throw await response.json();
}

async function call(path, options) {
  return (await ask(path, options)).json();
}

// A picture or a link sends no key: with one, the file is fetched into the tab first.
async function reachable(url) {
  return key ? URL.createObjectURL(await (await ask(url)).blob()) : url;
}

function link(file) {
  const made = element("a", { href: file.url, textContent: file.name, download: "" });
  made.addEventListener("click", async (clicked) => {
    if (!key) return;
    clicked.preventDefault();
    try {
      const href = await reachable(file.url);
      element("a", { href, download: file.name }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
    } catch (problem) { complain(problem); }
  });
  return made;
}

async function fillChoices() {
  const catalog = await call("/v1/catalog");
  for (const [field, choices] of [["style", catalog.styles], ["template", catalog.templates]]) {
    form.elements[field].replaceChildren(
      ...choices.map((c) => element("option", { value: c.name, title: c.title, textContent: c.name })),
    );
  }
}

function showPhoto() {
  const file = at("photo").files[0];
  at("invite").hidden = Boolean(file);
  at("shown").hidden = !file;
  URL.revokeObjectURL(at("shown").src);
  if (file) at("shown").src = URL.createObjectURL(file);
}

function inWords(bytes) {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function describe(stage) {
  if (stage.state === "done" && stage.cached) return "remembered";
  if (stage.run_ms !== null && stage.state === "done") return `${stage.run_ms} ms`;
  return stage.state;
}

function render(view) {
  job = view;
  at("job").hidden = false;
  at("job").dataset.state = view.state;
  at("state").textContent = { queued: "Waiting for a worker", running: "Working" }[view.state]
    ?? view.state[0].toUpperCase() + view.state.slice(1);
  at("progress").value = view.progress;
  at("cancel").hidden = ENDED.includes(view.state);
  at("stages").replaceChildren(...view.stages.map((stage) =>
    element("li", { className: stage.state }, stage.title, element("small", { textContent: describe(stage) }))));
  at("warnings").textContent = view.warnings.join(" · ");
  const pictures = view.artifacts.filter((file) => file.media_type.startsWith("image/"));
  showPictures(pictures);
  at("files").replaceChildren(...view.artifacts.map((file) =>
    element("li", {}, link(file),
      element("small", { textContent: ` ${inWords(file.size)}, ${file.purpose}` }))));
  complain(view.error ?? {});
  if (ENDED.includes(view.state)) leave();
}

function showPictures(pictures) {
  const shown = new Set([...at("pictures").children].map((picture) => picture.dataset.sha));
  for (const file of pictures.filter((picture) => !shown.has(picture.sha256))) {
    const picture = element("img", { alt: file.purpose, title: file.name });
    picture.dataset.sha = file.sha256;
    reachable(file.url).then((src) => { picture.src = src; }, complain);
    at("pictures").append(picture);
  }
}

function leave() {
  events?.close();
  events = null;
  at("go").disabled = false;
}

function follow(view) {
  let busy = false;
  let again = false;
  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    do {
      again = false;
      try { render(await call(view.links.self)); } catch (problem) { complain(problem); }
    } while (again);
    busy = false;
  };
  if (key) {  // a browser's EventSource sends no key
    const asking = setInterval(refresh, 1000);
    events = { close: () => clearInterval(asking) };
    return;
  }
  events = new EventSource(view.links.events);
  for (const type of ["accepted", "stage", "artifact", ...ENDED]) events.addEventListener(type, refresh);
}

async function send(submitted) {
  submitted.preventDefault();
  leave();
  complain({});
  at("go").disabled = true;
  at("pictures").replaceChildren();
  try {
    const headers = { "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
    const view = await call("/v1/figurines", { method: "POST", body: new FormData(form), headers });
    render(view);
    if (!ENDED.includes(view.state)) follow(view);
  } catch (problem) {
    complain(problem.detail ? problem : { detail: "The house does not answer." });
    leave();
  }
}

function unlock(entered) {
  entered.preventDefault();
  key = at("key").value.trim();
  sessionStorage.setItem("kiln-key", key);
  at("lock").hidden = true;
  complain({});
  fillChoices().catch(complain);
}

form.addEventListener("submit", send);
at("lock").addEventListener("submit", unlock);
at("photo").addEventListener("change", showPhoto);
form.elements.height_mm.addEventListener("input", (e) => { at("height").value = `${e.target.value} mm`; });
at("cancel").addEventListener("click", () =>
  call(job.links.cancel, { method: "POST" }).then(render).catch(complain));
at("drop").addEventListener("dragover", (e) => e.preventDefault());
at("drop").addEventListener("drop", (e) => {
  e.preventDefault();
  at("photo").files = e.dataTransfer.files;
  showPhoto();
});
fillChoices().catch(complain);
