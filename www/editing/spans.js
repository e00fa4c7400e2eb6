/**
 * Which slices are interpolated.
 */

/** The slices between two drawn ones, by the positions of these two. @typedef {[number, number]} Span */

/**
 * The spans next to a slice. From a drawn slice they reach to the drawn slices before and after it; any other slice is inside
 * one span. Neighbours have no span, because no slice is between them.
 * @param {boolean[]} drawn whether each slice of a case is drawn
 * @param {number} index
 * @returns {Span[]}
 */
export function spansAround(drawn, index) {
  const before = drawn.lastIndexOf(true, index - 1);
  const after = drawn.indexOf(true, index + 1);
  // A negative start counts from the end.
  const [from, to] = [index === 0 ? -1 : before, after];
  /** @type {Span[]} */
  const spans = drawn[index] ? [[from, index], [index, to]] : [[from, to]];
  return spans.filter(([start, end]) => start >= 0 && end > start + 1);
}
