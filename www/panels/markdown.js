/**
 * The part of Markdown that the model card uses, as elements: headings, paragraphs, lists, tables, `code` and **bold**.
 * Everything else stays text. Nothing is parsed as HTML.
 */
import { make } from '../core/dom.js';

/**
 * @param {string} text
 * @param {1 | 2} depth how many levels deeper headings are on the page than in the text
 * @returns {HTMLElement[]}
 */
export function markdown(text, depth) {
  return text.split(/\n{2,}/).flatMap((block) => blockOf(block.trim(), depth) ?? []);
}

/**
 * @param {string} block lines without an empty one
 * @param {number} depth
 * @returns {HTMLElement | null}
 */
function blockOf(block, depth) {
  const heading = /^(#{1,4}) (.*)$/.exec(block);
  if (heading) return make(/** @type {'h2'} */ (`h${heading[1].length + depth}`), {}, ...inline(heading[2]));
  if (block.startsWith('|')) return table(block.split('\n').map(cells));
  if (block.startsWith('- ')) {
    const items = block.slice(2).split(/\n- /);
    return make('ul', {}, ...items.map((item) => make('li', {}, ...inline(item))));
  }
  return block ? make('p', {}, ...inline(block)) : null;
}

/** @param {string} line of a table */
function cells(line) {
  return line.replace(/^\||\|\s*$/g, '').split('|').map((cell) => cell.trim());
}

/** @param {string[][]} rows head, rule, body; an empty head is not shown */
function table([head, , ...body]) {
  const hasHead = head.some(Boolean);
  const heads = make('thead', {}, make('tr', {}, ...head.map((cell) => (cell ? make('th', { scope: 'col' }, ...inline(cell)) : make('td')))));
  const rows = body.map(([first, ...rest]) =>
    make('tr', {}, make('th', { scope: 'row' }, ...inline(first)), ...rest.map((cell) => make('td', {}, ...inline(cell)))));
  return make('table', {}, ...(hasHead ? [heads] : []), make('tbody', {}, ...rows));
}

/** @param {string} text @returns {(Node | string)[]} */
function inline(text) {
  return text.replaceAll('\n', ' ').split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`')) return make('code', {}, part.slice(1, -1));
    return part.startsWith('**') ? make('strong', {}, part.slice(2, -2)) : part;
  });
}
