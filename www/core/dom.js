/**
 * The element that a selector names. The markup is static, so a miss is a mistake of the page's own.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T}
 */
export function find(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return /** @type {T} */ (/** @type {unknown} */ (found));
}

/**
 * A new element with properties and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Moves the focus on from what is about to go out of sight or out of use: else the keyboard would begin anew at the top
 * of the page.
 * @param {Element} node
 * @param {HTMLElement} [to]
 */
export function leave(node, to = find('#stage')) {
  if (node.contains(document.activeElement)) to.focus({ preventScroll: true });
}

/** A colour of the style sheet, as `#rrggbb`. @param {string} name */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Runs something once nothing else is to be done, or after five seconds. @param {() => void} task */
export function idle(task) {
  if ('requestIdleCallback' in window) requestIdleCallback(task, { timeout: 5000 });
  else setTimeout(task, 1000);
}

const counts = new Intl.NumberFormat('en');

/** A count with thousands set apart. @param {number} value */
export function count(value) {
  return counts.format(value);
}

/**
 * A count and its noun.
 * @param {number} value
 * @param {string} noun
 * @param {string} [nouns]
 */
export function many(value, noun, nouns = `${noun}s`) {
  return `${count(value)} ${value === 1 ? noun : nouns}`;
}
