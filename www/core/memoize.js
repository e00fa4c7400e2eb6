/**
 * A function that keeps its last result for as long as it is asked the same.
 * @template {any[]} A
 * @template R
 * @param {(...given: A) => R} work
 * @returns {(...given: A) => R}
 */
export function remember(work) {
  /** @type {A | null} */
  let last = null;
  /** @type {R} */
  let result;
  return (...given) => {
    if (!last || given.some((value, i) => value !== last?.[i])) {
      result = work(...given);
      last = given;
    }
    return result;
  };
}
