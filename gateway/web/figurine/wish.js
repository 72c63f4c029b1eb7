// What a job was asked for, as a wish for another one of the same photo.

const OWN = ["from", "pause_after", "ttl_hours", "plan"];
const DRAWN = ["beard", "expression", "eyes"];  // of a drawn face alone: the photo's own are seen otherwise

/**
 * @param {Record<string, any>} wish
 * @param {string} name of a look or a colour
 * @returns {boolean} whether the house makes it of this wish
 */
export const goesWith = (wish, name) => wish.face !== "portrait" || !DRAWN.includes(name);

/**
 * @param {any} view of a figurine's job
 * @returns {Record<string, any>} parameters of a new job with that photo
 */
export function wishOf(view) {
  const params = Object.entries(view.parameters).filter(([name, value]) =>
    !OWN.includes(name) && value !== null && !name.startsWith("webhook")
    && goesWith(view.parameters, name));
  return { ...Object.fromEntries(params), from: view.id };
}
