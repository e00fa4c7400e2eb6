/**
 * Undo and redo of edits. A step may change several slices of a case. Steps are stored as differences: the pixels that
 * changed, as runs. All cases share one budget of bytes; the oldest steps are removed first.
 */

/** The edited mask of a slice, or null for the predicted mask. @typedef {Uint8Array | null} Edit */
/** An edit of one slice. @typedef {{slice: string, before: Edit, after: Edit}} Change */
/**
 * The difference of one slice. `runs` are pairs of start and length of the pixels that differ. `predicted`: which side is
 * the predicted mask; the other side is then stored as the difference to an empty mask. `interpolated`: which sides are
 * interpolated masks. `length`: pixels of the mask.
 * @typedef {{slice: string, runs: Uint32Array, predicted: 'before' | 'after' | null, interpolated: {before: boolean, after: boolean}, length: number}} Difference
 */
/** @typedef {Difference[]} Step */

/** Bytes of all steps. A stroke on a slice of 256 by 256 needs a few hundred. */
const BUDGET = 16 << 20;
/** What a difference needs beside its runs, in bytes. */
const OVERHEAD = 100;

export class EditHistory {
  /** Steps to undo, of all cases, the oldest first. @type {Step[]} */
  #past = [];
  /** Steps to redo, of all cases, the next one last. @type {Step[]} */
  #future = [];
  /** The edit that the steps of a slice lead to. @type {Map<string, Edit>} */
  #latest = new Map();
  /** The slices whose edit is an interpolated mask. @type {Set<string>} */
  #interpolated = new Set();
  #budget;

  /** @param {number} [budget] in bytes */
  constructor(budget = BUDGET) {
    this.#budget = budget;
  }

  /** The size of all steps in bytes. */
  get bytes() {
    return [...this.#past, ...this.#future].reduce((sum, step) => sum + bytesOf(step), 0);
  }

  /**
   * Records a step.
   * @param {Change[]} changes of slices of one case
   * @param {ReadonlySet<string>} slices of that case
   * @param {boolean} [interpolated] whether the masks were interpolated
   */
  record(changes, slices, interpolated = false) {
    this.#future = this.#future.filter((step) => !concerns(step, slices));
    this.#past.push(changes.map((change) => ({ ...difference(change), interpolated: { before: this.isInterpolated(change.slice), after: interpolated } })));
    for (const { slice, after } of changes) this.#set(slice, after, interpolated);
    let bytes = this.bytes;
    while (bytes > this.#budget && this.#past.length > 0) bytes -= bytesOf(/** @type {Step} */ (this.#past.shift()));
  }

  /** Whether the edit of a slice is an interpolated mask. @param {string} slice */
  isInterpolated(slice) {
    return this.#interpolated.has(slice);
  }

  /** @param {ReadonlySet<string>} slices of a case */
  canUndo(slices) {
    return this.#past.some((step) => concerns(step, slices));
  }

  /** @param {ReadonlySet<string>} slices of a case */
  canRedo(slices) {
    return this.#future.some((step) => concerns(step, slices));
  }

  /**
   * Undoes the last step of a case.
   * @param {ReadonlySet<string>} slices of the case
   * @param {(slice: string) => Edit} editOf what its edit is now
   * @returns {Map<string, Edit> | undefined} the edits before the step, by slice; undefined without a step
   */
  undo(slices, editOf) {
    return this.#move(slices, editOf, this.#past, this.#future, 'before');
  }

  /** @param {ReadonlySet<string>} slices @param {(slice: string) => Edit} editOf @returns {Map<string, Edit> | undefined} */
  redo(slices, editOf) {
    return this.#move(slices, editOf, this.#future, this.#past, 'after');
  }

  /**
   * Removes the steps of slices whose edit is another one than after the last step, or that are not open any more.
   * @param {(slice: string) => Edit | undefined} editOf
   */
  prune(editOf) {
    const fits = (/** @type {Difference} */ { slice }) => this.#latest.get(slice) === editOf(slice);
    const pruned = (/** @type {Step[]} */ steps) => steps.map((step) => step.filter(fits)).filter((step) => step.length > 0);
    this.#past = pruned(this.#past);
    this.#future = pruned(this.#future);
    for (const slice of this.#interpolated) if (this.#latest.get(slice) !== editOf(slice)) this.#interpolated.delete(slice);
    const slices = new Set([...this.#past, ...this.#future].flat().map(({ slice }) => slice));
    for (const slice of this.#latest.keys()) if (!slices.has(slice) && !this.isInterpolated(slice)) this.#latest.delete(slice);
  }

  /**
   * @param {ReadonlySet<string>} slices
   * @param {(slice: string) => Edit} editOf
   * @param {Step[]} from
   * @param {Step[]} to
   * @param {'before' | 'after'} side the one that it moves to
   * @returns {Map<string, Edit> | undefined}
   */
  #move(slices, editOf, from, to, side) {
    const at = from.findLastIndex((step) => concerns(step, slices));
    if (at < 0) return undefined;
    const [step] = from.splice(at, 1);
    to.push(step);
    return new Map(step.map((one) => {
      const edit = one.predicted === side ? null : apply(one, editOf(one.slice));
      this.#set(one.slice, edit, one.interpolated[side]);
      return [one.slice, edit];
    }));
  }

  /** @param {string} slice @param {Edit} edit @param {boolean} interpolated */
  #set(slice, edit, interpolated) {
    this.#latest.set(slice, edit);
    if (interpolated) this.#interpolated.add(slice);
    else this.#interpolated.delete(slice);
  }
}

/** Whether a step changes one of the slices. @param {Step} step @param {ReadonlySet<string>} slices */
function concerns(step, slices) {
  return step.some(({ slice }) => slices.has(slice));
}

/** @param {Step} step */
function bytesOf(step) {
  return step.reduce((sum, { runs }) => sum + runs.byteLength + OVERHEAD, 0);
}

/**
 * @param {Change} change
 * @returns {Omit<Difference, 'interpolated'>}
 */
function difference({ slice, before, after }) {
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

/** Inverts the pixels that differ. @param {Difference} difference @param {Edit} edit null counts as empty */
function apply({ runs, length }, edit) {
  const mask = edit?.slice() ?? new Uint8Array(length);
  for (let i = 0; i < runs.length; i += 2) {
    for (let k = runs[i]; k < runs[i] + runs[i + 1]; k++) mask[k] ^= 1;
  }
  return mask;
}
