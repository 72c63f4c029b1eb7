// A job as it goes on: server-sent events, read by fetch because an EventSource sends no key.

import { ask, call, rest } from "./api.js";

/** States in which a job has ended for good. */
export const ENDED = ["succeeded", "failed", "cancelled", "expired"];
const LONGEST_REST_S = 10;
const POLL_S = 3;
const QUIET = 3;  // refusals in a row that no person needs to know of
const RETRY_S = 1;  // between two streams, whatever stands in between and cuts them off
const SILENCE_S = 16;  // the house says something every five seconds

/**
 * Follow a job until it has ended; a lost connection is taken up where it was.
 * @param {string} job its id
 * @param {{onView: (view: any) => void, onLost?: (problem: any) => void}} hooks `onLost` is told
 *     what went wrong, and null once all is well again
 * @returns {() => void} stop
 */
export function follow(job, { onView, onLost = () => {} }) {
  const quit = new AbortController();
  const state = { job, after: "", view: null, quit, onView };
  run(state, onLost).catch((problem) => {
    if (!quit.signal.aborted) onLost({ ...problem, final: true });
  });
  return () => quit.abort();
}

async function run(state, onLost) {
  let failed = 0;
  while (!state.quit.signal.aborted) {
    try {
      await look(state);
      if (failed) onLost(null);
      failed = 0;
      if (ENDED.includes(state.view.state)) return;
      // plain looks: a long poll takes a place where streams do
      await (state.poll ? rest(POLL_S, state.quit.signal) : listen(state));
    } catch (problem) {
      if (state.quit.signal.aborted) return;
      if ([401, 403, 404, 410].includes(problem.status)) throw problem;
      failed += 1;
      if (isFull(problem)) state.poll = true;
      if (!isFull(problem) || failed > QUIET) onLost(told(problem));
      await pause(Math.min(2 ** (failed - 1), LONGEST_REST_S), state.quit.signal);
    }
  }
}

/** Every stream is taken, or every one of this key; the job goes on all the same. */
const isFull = (problem) => problem.status === 429
  || (problem.status === 503 && problem.code === "busy");

const told = (problem) =>
  problem.status === undefined ? { status: 0, code: "offline", detail: "" } : problem;

async function look(state) {
  const view = await call(`/v1/jobs/${state.job}`, { signal: state.quit.signal, patient: false });
  tell(state, view);
}

function tell(state, view) {
  if (state.quit.signal.aborted) return;
  state.view = view;
  state.onView(view);
}

async function listen(state) {
  const headers = state.after ? { "Last-Event-ID": state.after } : {};
  const options = { headers, signal: state.quit.signal, patient: false };
  const response = await ask(`/v1/jobs/${state.job}/events`, options);
  if (response.status === 204 || !response.body) {
    await rest(1, state.quit.signal);
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const refresh = once(() => look(state));
  let pending = "";
  for (;;) {
    const { value, done } = await heard(reader);
    if (done) break;
    const blocks = (pending + value).split("\n\n");
    pending = blocks.pop();
    for (const block of blocks) hear(state, read(block), refresh);
  }
  await refresh.idle();
  await rest(RETRY_S, state.quit.signal);
}

/** Read on; a stream that has fallen silent (a phone that slept) is as good as lost. */
async function heard(reader) {
  let timer = 0;
  const silence = new Promise((_, give) => {
    timer = setTimeout(() => give({ status: 0, code: "offline", detail: "" }), SILENCE_S * 1000);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } catch (problem) {
    reader.cancel().catch(() => {});
    throw problem;
  } finally {
    clearTimeout(timer);
  }
}

function hear(state, event, refresh) {
  if (event.id) state.after = event.id;
  if (event.type === "eta") tell(state, { ...state.view, ...event.data });
  else if (event.type) refresh();
}

function read(block) {
  const event = { id: "", type: "", data: {} };
  for (const line of block.split("\n")) {
    const [, name, value] = line.match(/^(\w+): ?(.*)$/) ?? [];
    if (name === "id") event.id = value;
    if (name === "event") event.type = value;
    if (name === "data") event.data = JSON.parse(value);
  }
  return event;
}

/** Run one at a time, and once more if asked meanwhile. What fails, the stream will notice. */
function once(work) {
  let running = null;
  let wanted = false;
  const loop = async () => {
    do {
      wanted = false;
      await work().catch(() => {});
    } while (wanted);
    running = null;
  };
  const start = () => {
    if (running) wanted = true;
    else running = loop();
  };
  start.idle = () => running ?? Promise.resolve();
  return start;
}

/** Rest, but be awake at once when the network is back. */
async function pause(seconds, signal) {
  const online = new Promise((wake) => {
    window.addEventListener("online", wake, { once: true, signal });
  });
  await Promise.race([rest(seconds, signal), online]);
}
