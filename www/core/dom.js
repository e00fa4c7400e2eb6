/**
 * Short helpers for the page's elements.
 */

/**
 * The element that a selector matches. The markup is static, so a missing element is a bug.
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
 * Moves the focus out of an element that is about to be hidden or disabled. Otherwise the keyboard would start again at
 * the top of the page.
 * @param {Element} node
 * @param {HTMLElement} [to]
 */
export function moveFocusOut(node, to = find('#stage')) {
  if (node.contains(document.activeElement)) to.focus({ preventScroll: true });
}

/** A colour of the style sheet, as `#rrggbb`. @param {string} name */
export function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Runs a task when the page is idle, or after five seconds. @param {() => void} task */
export function whenIdle(task) {
  if ('requestIdleCallback' in window) requestIdleCallback(task, { timeout: 5000 });
  else setTimeout(task, 1000);
}
