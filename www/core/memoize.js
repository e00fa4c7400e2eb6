/**
 * Returns a function that keeps its last result and reuses it for the same arguments.
 * @template {any[]} A
 * @template R
 * @param {(...args: A) => R} compute
 * @returns {(...args: A) => R}
 */
export function memoizeLast(compute) {
  /** @type {A | null} */
  let last = null;
  /** @type {R} */
  let result;
  return (...args) => {
    if (!last || args.some((value, i) => value !== last?.[i])) {
      result = compute(...args);
      last = args;
    }
    return result;
  };
}
