// Calls of the house. What goes wrong is thrown as a problem: {status, code, detail, hint}.

/** @typedef {{status: number, code: string, detail: string, hint?: string}} Problem */

const KEY = "kiln-key";  // of a house with a lock; gone with the tab
const TRIES = 4;
const LONGEST_REST_S = 20;

let askForKey = null;
let unanswered = null;  // the last wish: what was asked for, and under which key

/**
 * Say who asks a person for a key. The call that met the lock goes on by itself once it has one.
 * @param {(wasWrong: boolean) => Promise<string>} ask
 */
export function lockedBy(ask) {
  askForKey = ask;
}

/** @returns {string} the key of this tab, empty where none was needed so far */
export const keyNow = () => sessionStorage.getItem(KEY) ?? "";

/**
 * Call the house. Whoever is told to come later comes later, a few times.
 * @param {string} path
 * @param {RequestInit & {patient?: boolean}} [options] `patient: false` gives problems at once
 * @returns {Promise<Response>}
 */
export async function ask(path, { patient = true, ...options } = {}) {
  for (let tried = 1; ; tried += 1) {
    const response = await send(path, options);
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (response.status === 401 && askForKey) {
      sessionStorage.setItem(KEY, await askForKey(Boolean(keyNow())));
      tried = 0;
      continue;
    }
    const comeLater = patient && tried < TRIES && [429, 503].includes(response.status);
    if (!comeLater) throw problem;
    await rest(Number(response.headers.get("Retry-After")) || 2 ** tried, options.signal);
  }
}

/**
 * Call the house and read its JSON.
 * @param {string} path
 * @param {RequestInit & {patient?: boolean}} [options]
 * @returns {Promise<any>}
 */
export async function call(path, options) {
  return (await ask(path, options)).json();
}

/**
 * Submit something; sent twice it is accepted once, also by a person whose answer was lost.
 * @param {string} path
 * @param {FormData|Record<string, any>} wish
 * @returns {Promise<any>}
 */
export async function submit(path, wish) {
  const isForm = wish instanceof FormData;
  const body = isForm ? wish : JSON.stringify(wish);
  const mine = keyed([path, ...(isForm ? [...wish].flat() : [body])]);
  const headers = { "Idempotency-Key": mine.key };
  if (!isForm) headers["Content-Type"] = "application/json";
  const forget = () => { if (unanswered === mine) unanswered = null; };
  try {
    const view = await call(path, { method: "POST", headers, body });
    forget();
    return view;
  } catch (problem) {
    if (problem.status >= 400 && problem.status < 500) forget();  // all else may have been accepted
    throw problem;
  }
}

/**
 * An address for a picture, a viewer or a link: those send no key, so with one the file is
 * fetched into the tab first. Give it back to `release`.
 * @param {string} url
 * @returns {Promise<string>}
 */
export async function reachable(url) {
  return keyNow() ? URL.createObjectURL(await (await ask(url)).blob()) : url;
}

/**
 * The address of a file as it is now: an equal path may hold another picture later, and a browser
 * keeps what it has once fetched.
 * @param {{url: string, sha256: string}} file
 */
export const versioned = (file) => `${file.url}?v=${file.sha256.slice(0, 12)}`;

/** @param {string} url what `reachable` gave */
export function release(url) {
  if (url.startsWith("blob:")) URL.revokeObjectURL(url);
}

/**
 * Wait; over at once when the signal aborts.
 * @param {number} seconds
 * @param {AbortSignal|null} [signal]
 */
export function rest(seconds, signal) {
  return new Promise((wake) => {
    const timer = setTimeout(wake, Math.min(seconds, LONGEST_REST_S) * 1000);
    signal?.addEventListener("abort", () => { clearTimeout(timer); wake(); }, { once: true });
  });
}

async function send(path, options) {
  const key = keyNow();
  const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  try {
    return await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw { status: 0, code: "offline", detail: "" };
  }
}

async function problemOf(response) {
  const said = await response.json().catch(() => ({}));
  return { code: "unknown", detail: response.statusText, ...said, status: response.status };
}

function keyed(parts) {
  const isSame = unanswered?.parts.length === parts.length
    && parts.every((part, at) => isEqual(part, unanswered.parts[at]));
  if (!isSame) unanswered = { parts, key: unique() };
  return unanswered;
}

const isEqual = (one, other) => one === other  // a form may give its file anew each time
  || (one instanceof File && other instanceof File
    && ["name", "size", "lastModified"].every((of) => one[of] === other[of]));

function unique() {  // randomUUID is there on https and on this machine only
  const drawn = crypto.getRandomValues(new Uint8Array(16));
  return [...drawn].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
