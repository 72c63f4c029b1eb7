// Photos that come to the page by themselves: dropped on it, or pasted.

/** What a file picker offers; iPhones send HEIC, which browsers do not count as a picture. */
export const PHOTOS = "image/*,.heic,.heif";

/**
 * Take what is dropped or pasted, until told to stop. A near miss never opens the photo.
 * @param {HTMLElement} node marked `over` while something is held where it would be taken
 * @param {{dropped: (files: File[]) => void, pasted: (files: File[]) => boolean,
 *     anywhere?: boolean}} takers `pasted` tells whether the files were meant for it; `anywhere`
 *     takes what is dropped beside the node, too
 * @returns {() => void} stop
 */
export function takeGiven(node, { dropped, pasted, anywhere = false }) {
  const quit = new AbortController();
  const on = (name, act) => window.addEventListener(name, act, { signal: quit.signal });
  const isMeant = (event) => anywhere || node.contains(event.target);
  on("dragover", (event) => {
    event.preventDefault();
    node.classList.toggle("over", isMeant(event));
  });
  on("dragleave", (event) => { if (!event.relatedTarget) node.classList.remove("over"); });
  on("drop", (event) => {
    event.preventDefault();
    node.classList.remove("over");
    if (isMeant(event)) dropped([...event.dataTransfer?.files ?? []]);
  });
  on("paste", (event) => {
    if (pasted([...event.clipboardData?.files ?? []])) event.preventDefault();
  });
  return () => quit.abort();
}
