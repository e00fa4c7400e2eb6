/**
 * What was done to the masks of single slices, to be undone and done again. An edit is a mask, or null for the network's
 * own.
 */

/** @typedef {Uint8Array | null} Edit */

/** Strokes that can be undone on one slice. */
const DEPTH = 100;

export class History {
  /** @type {WeakMap<object, {past: Edit[], future: Edit[]}>} by slice: gone when the slice is */
  #slices = new WeakMap();

  /** Notes what an edit has replaced. @param {object} slice @param {Edit} before */
  note(slice, before) {
    const { past } = this.#of(slice);
    past.push(before);
    if (past.length > DEPTH) past.shift();
    this.#slices.set(slice, { past, future: [] });
  }

  /** @param {object} slice */
  can(slice) {
    const { past, future } = this.#of(slice);
    return { undo: past.length > 0, redo: future.length > 0 };
  }

  /** @param {object} slice @param {Edit} now @returns {Edit | undefined} what was before; undefined if nothing was */
  undo(slice, now) {
    const { past, future } = this.#of(slice);
    const before = past.pop();
    if (before !== undefined) future.push(now);
    return before;
  }

  /** @param {object} slice @param {Edit} now @returns {Edit | undefined} */
  redo(slice, now) {
    const { past, future } = this.#of(slice);
    const after = future.pop();
    if (after !== undefined) past.push(now);
    return after;
  }

  /** @param {object} slice */
  #of(slice) {
    let entry = this.#slices.get(slice);
    if (!entry) this.#slices.set(slice, (entry = { past: [], future: [] }));
    return entry;
  }
}
