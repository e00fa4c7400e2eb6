/**
 * Undo and redo of edits, for each slice. Steps are stored as differences: the pixels that changed, as runs. All slices
 * share one budget of bytes; the oldest steps are removed first.
 */

/** The edited mask of a slice, or null for the predicted mask. @typedef {Uint8Array | null} Edit */
/**
 * A step between two edits. `runs` are pairs of start and length of the pixels that differ. `predicted`: which side is
 * the predicted mask; the other side is then stored as the difference to an empty mask. `length`: pixels of the mask.
 * @typedef {{slice: string, runs: Uint32Array, predicted: 'before' | 'after' | null, length: number}} Step
 */

/** Bytes of all steps. A stroke on a slice of 256 by 256 needs a few hundred. */
const BUDGET = 16 << 20;
/** What a step needs beside its runs, in bytes. */
const STEP_OVERHEAD = 100;

export class EditHistory {
  /** Steps to undo, of all slices, the oldest first. @type {Step[]} */
  #past = [];
  /** Steps to redo, of all slices, the next one last. @type {Step[]} */
  #future = [];
  /** The edit that the steps of a slice lead to. @type {Map<string, Edit>} */
  #latest = new Map();
  #budget;

  /** @param {number} [budget] in bytes */
  constructor(budget = BUDGET) {
    this.#budget = budget;
  }

  /** The size of all steps in bytes. */
  get bytes() {
    return [...this.#past, ...this.#future].reduce((sum, { runs }) => sum + runs.byteLength + STEP_OVERHEAD, 0);
  }

  /** Records an edit. @param {string} slice its id @param {Edit} before @param {Edit} after */
  record(slice, before, after) {
    this.#future = this.#future.filter((step) => step.slice !== slice);
    this.#past.push(difference(slice, before, after));
    this.#latest.set(slice, after);
    let bytes = this.bytes;
    while (bytes > this.#budget && this.#past.length + this.#future.length > 0) {
      const [oldest] = this.#past.length > 0 ? this.#past.splice(0, 1) : this.#future.splice(0, 1);
      bytes -= oldest.runs.byteLength + STEP_OVERHEAD;
    }
  }

  /** @param {string} slice */
  canUndo(slice) {
    return this.#past.some((step) => step.slice === slice);
  }

  /** @param {string} slice */
  canRedo(slice) {
    return this.#future.some((step) => step.slice === slice);
  }

  /** @param {string} slice @param {Edit} now @returns {Edit | undefined} the edit before the last step; undefined without a step */
  undo(slice, now) {
    const step = take(this.#past, slice);
    if (!step) return undefined;
    this.#future.push(step);
    return this.#moveTo(slice, step.predicted === 'before' ? null : apply(step, now));
  }

  /** @param {string} slice @param {Edit} now @returns {Edit | undefined} */
  redo(slice, now) {
    const step = take(this.#future, slice);
    if (!step) return undefined;
    this.#past.push(step);
    return this.#moveTo(slice, step.predicted === 'after' ? null : apply(step, now));
  }

  /**
   * Removes the steps of slices whose edit is another one than after the last step, or that are not open any more.
   * @param {(slice: string) => Edit | undefined} editOf
   */
  prune(editOf) {
    const fits = (/** @type {Step} */ { slice }) => this.#latest.get(slice) === editOf(slice);
    this.#past = this.#past.filter(fits);
    this.#future = this.#future.filter(fits);
    const slices = new Set([...this.#past, ...this.#future].map(({ slice }) => slice));
    for (const slice of this.#latest.keys()) if (!slices.has(slice)) this.#latest.delete(slice);
  }

  /** @param {string} slice @param {Edit} edit */
  #moveTo(slice, edit) {
    this.#latest.set(slice, edit);
    return edit;
  }
}

/** Takes the last step of a slice. @param {Step[]} steps @param {string} slice */
function take(steps, slice) {
  const at = steps.findLastIndex((step) => step.slice === slice);
  return at < 0 ? undefined : steps.splice(at, 1)[0];
}

/**
 * @param {string} slice
 * @param {Edit} before
 * @param {Edit} after
 * @returns {Step}
 */
function difference(slice, before, after) {
  const length = (before ?? after)?.length ?? 0;
  const [one, other] = [before ?? new Uint8Array(length), after ?? new Uint8Array(length)];
  const [words, others] = [wordsOf(one), wordsOf(other)];
  const runs = [];
  for (let i = 0; i < length; i++) {
    // Most pixels are equal, so they are compared four at a time.
    while (i % 4 === 0 && i / 4 < words.length && words[i / 4] === others[i / 4]) i += 4;
    if (one[i] === other[i]) continue;
    const start = i;
    while (i < length && one[i] !== other[i]) i++;
    runs.push(start, i - start);
  }
  return { slice, runs: Uint32Array.from(runs), predicted: before === null ? 'before' : after === null ? 'after' : null, length };
}

/** Four pixels a number, without the last ones where they are fewer than four. @param {Uint8Array} mask */
function wordsOf({ buffer, byteOffset, length }) {
  return new Uint32Array(buffer, byteOffset, length >> 2);
}

/** Inverts the pixels that differ. @param {Step} step @param {Edit} edit null counts as empty */
function apply({ runs, length }, edit) {
  const mask = edit?.slice() ?? new Uint8Array(length);
  for (let i = 0; i < runs.length; i += 2) {
    for (let k = runs[i]; k < runs[i] + runs[i + 1]; k++) mask[k] ^= 1;
  }
  return mask;
}
