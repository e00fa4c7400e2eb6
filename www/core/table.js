/**
 * A small table with a caption.
 */
import { make } from './dom.js';

/**
 * @param {string} id
 * @param {string} caption
 * @param {string[]} heads
 * @param {string[][]} rows the first cell of each is its head
 */
export function table(id, caption, heads, rows) {
  return make('table', { id },
    make('caption', {}, caption),
    make('thead', {}, make('tr', {}, ...heads.map((text) => (text ? make('th', { scope: 'col' }, text) : make('td'))))),
    make('tbody', {}, ...rows.map(([head, ...cells]) =>
      make('tr', {}, make('th', { scope: 'row' }, head), ...cells.map((text) => make('td', {}, text))))));
}
