/**
 * As much of Markdown as the model card is written in, as elements: headings, paragraphs, lists, tables, `code` and
 * **bold**. Anything else stays the text that it is; nothing becomes markup.
 */
import { make } from '../core/dom.js';

/**
 * @param {string} text
 * @param {1 | 2} deeper by how many levels headings are lower in the page than in the text
 * @returns {HTMLElement[]}
 */
export function markdown(text, deeper) {
  return text.split(/\n{2,}/).flatMap((block) => blockOf(block.trim(), deeper) ?? []);
}

/**
 * @param {string} block lines without an empty one
 * @param {number} deeper
 * @returns {HTMLElement | null}
 */
function blockOf(block, deeper) {
  const heading = /^(#{1,4}) (.*)$/.exec(block);
  if (heading) return make(/** @type {'h2'} */ (`h${heading[1].length + deeper}`), {}, ...inline(heading[2]));
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

/** @param {string[][]} rows the head, a rule, then the body; a head without words is left out */
function table([head, , ...body]) {
  const named = head.some(Boolean);
  const heads = make('thead', {}, make('tr', {}, ...head.map((cell) => (cell ? make('th', { scope: 'col' }, ...inline(cell)) : make('td')))));
  const rows = body.map(([first, ...rest]) =>
    make('tr', {}, make('th', { scope: 'row' }, ...inline(first)), ...rest.map((cell) => make('td', {}, ...inline(cell)))));
  return make('table', {}, ...(named ? [heads] : []), make('tbody', {}, ...rows));
}

/** @param {string} text @returns {(Node | string)[]} */
function inline(text) {
  return text.replaceAll('\n', ' ').split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`')) return make('code', {}, part.slice(1, -1));
    return part.startsWith('**') ? make('strong', {}, part.slice(2, -2)) : part;
  });
}
