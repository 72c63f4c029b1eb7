// What only this tab knows of a job: its photos, which the house shows to nobody, and what somebody
// did on its page and sent nowhere.

const MOST = 10;

/** @type {Map<string, File[]>} */
const sent = new Map();

/**
 * Keep the photos of a job for as long as the tab lives.
 * @param {string} job
 * @param {File[]} files
 */
export function remember(job, files) {
  if (!files.length) return;
  sent.set(job, files);
  if (sent.size > MOST) sent.delete(sent.keys().next().value);
}

/**
 * @param {string} job
 * @returns {File[]} none in another tab, or after a reload
 */
export const photosOf = (job) => sent.get(job) ?? [];

/** @type {Map<string, {lists: Record<string, any>, ticks: Set<number>, servings: any}>} */
const notes = new Map();

/**
 * Lists being put right, ticks on the shopping list, people at the table: they outlive another
 * language and a look at another view.
 * @param {string} job
 */
export function notesOf(job) {
  if (!notes.has(job)) notes.set(job, { lists: {}, ticks: new Set(), servings: {} });
  return notes.get(job);
}
