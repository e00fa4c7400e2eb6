/**
 * The two cases of a comparison: which one the page proposes, and which one is the earlier.
 */

/** @typedef {{id: string, name: string}} Named */

/**
 * The case that is most probably the same patient: the one whose name begins most like that of the case in view; of several, the
 * next one.
 * @template {Named} T
 * @param {T[]} others without the case in view, in the order of the list
 * @param {string} name of the case in view
 * @param {number} at its position in the list
 */
export function proposed(others, name, at) {
  const next = [...others.slice(at), ...others.slice(0, at).reverse()];
  const common = (/** @type {Named} */ other) => commonLength(other.name, name);
  const most = Math.max(0, ...next.map(common));
  return next.find((other) => common(other) === most);
}

/**
 * The ids of two cases, the earlier one first. Files rarely state when they were made, so the order is that of the list.
 * @param {Named[]} cases @param {string} one @param {string} other
 */
export function ordered(cases, one, other) {
  const at = (/** @type {string} */ id) => cases.findIndex((open) => open.id === id);
  return at(one) < at(other) ? { earlier: one, later: other } : { earlier: other, later: one };
}

/** How many letters at the beginning are the same. @param {string} a @param {string} b */
function commonLength(a, b) {
  let at = 0;
  while (at < Math.min(a.length, b.length) && a[at] === b[at]) at++;
  return at;
}
