// Photos that were sent from this tab: the house shows them to nobody, so the tab keeps them.

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
