// What a job was asked for, as a wish for another one of the same photo.

const OWN = ["from", "pause_after", "ttl_hours", "plan"];

/**
 * @param {any} view of a figurine's job
 * @returns {Record<string, any>} parameters of a new job with that photo
 */
export function wishOf(view) {
  const params = Object.entries(view.parameters).filter(([name, value]) =>
    !OWN.includes(name) && value !== null && !name.startsWith("webhook"));
  return { ...Object.fromEntries(params), from: view.id };
}
