/**
 * Plots over the slices of a case: the area, and Dice where there is a reference. Each plot is two SVG paths, however many
 * slices there are.
 */
import { find, make } from '../core/dom.js';
import { formatCount, formatScore } from '../core/format.js';

/** @import { CaseMeasure } from '../core/types.js' */
/**
 * @typedef {object} Plot
 * @property {string} title
 * @property {string} kind for the style sheet
 * @property {(number | null)[]} values null for slices without one
 * @property {number} max the upper end of the axis
 * @property {(value: number) => string} format
 */

const SVG = 'http://www.w3.org/2000/svg';
/** In the units of the drawing. The left margin contains the axis labels. */
const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [268, 92, 34, 8, 74];

export class Plots {
  #root = find('#plots');
  #onSelect;

  /** @param {(index: number) => void} onSelect */
  constructor(onSelect) {
    this.#onSelect = onSelect;
  }

  /** @param {CaseMeasure | null} measure @param {number} at the slice in view @param {boolean} scored whether scores are shown */
  show(measure, at, scored) {
    const slices = measure?.slices ?? [];
    if (slices.length < 2) return this.#root.replaceChildren();
    const spaced = slices.some(({ mm2 }) => mm2 !== null);
    const areas = slices.map(({ segmented, edited, area, mm2 }) => (segmented || edited ? (spaced ? mm2 : area) : null));
    if (areas.every((area) => area === null)) return this.#root.replaceChildren();
    const unit = spaced ? 'mm²' : 'pixels';
    const plots = [{
      title: `Area by slice, ${unit}`,
      kind: 'area',
      values: areas,
      max: Math.max(1, ...areas.map(Number)),
      format: (/** @type {number} */ value) => formatCount(Math.round(value)),
    }];
    const dice = slices.map(({ scores }) => (scores && Number.isFinite(scores.dice) ? scores.dice : null));
    if (scored && dice.some((value) => value !== null)) plots.push({ title: 'Dice by slice', kind: 'dice', values: dice, max: 1, format: formatScore });
    this.#root.replaceChildren(...plots.map((plot) => this.#draw(plot, at)));
  }

  /** @param {Plot} plot @param {number} at */
  #draw({ title, kind, values, max, format }, at) {
    const step = (WIDTH - LEFT) / values.length;
    const level = (/** @type {number} */ value) => BOTTOM - (BOTTOM - TOP) * (value / max);
    const bar = (/** @type {number | null} */ value, /** @type {number} */ i) =>
      value === null ? '' : `M${(LEFT + step * (i + 0.12)).toFixed(2)} ${BOTTOM}V${Math.min(BOTTOM - 0.8, level(value)).toFixed(2)}h${(step * 0.76).toFixed(2)}V${BOTTOM}Z`;
    const value = values[at];
    const highest = values.reduce((/** @type {number} */ best, one, i) => (Number(one) > Number(values[best] ?? -1) ? i : best), 0);
    const svg = draw('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', class: `plot plot-${kind}` },
      draw('path', { class: 'grid', d: `M${LEFT} ${TOP}H${WIDTH}M${LEFT} ${(TOP + BOTTOM) / 2}H${WIDTH}M${LEFT} ${BOTTOM}H${WIDTH}` }),
      draw('path', { class: 'here', d: `M${LEFT + step * at} ${TOP}h${step}V${BOTTOM}h${-step}Z` }),
      draw('path', { class: 'bars', d: values.map(bar).join('') }),
      label(format(max), LEFT - 5, TOP + 3, 'end'),
      label('0', LEFT - 5, BOTTOM + 3, 'end'),
      label('1', LEFT, HEIGHT - 6, 'start'),
      label(String(values.length), WIDTH, HEIGHT - 6, 'end'),
      label('slice', (LEFT + WIDTH) / 2, HEIGHT - 6, 'middle'),
    );
    const here = `Slice ${at + 1}: ${value === null ? 'none' : format(value)}`;
    svg.setAttribute('aria-label', `${title}. ${here}. Highest on slice ${highest + 1}: ${format(Number(values[highest]))}.`);
    svg.addEventListener('click', (/** @type {any} */ event) => {
      const { left, width } = svg.getBoundingClientRect();
      const slice = Math.floor((((event.clientX - left) / width) * WIDTH - LEFT) / step);
      if (slice >= 0 && slice < values.length) this.#onSelect(slice);
    });
    return make('figure', {}, make('figcaption', {}, title, make('output', {}, here)), svg);
  }
}

/** @param {string} text @param {number} x @param {number} y @param {'start' | 'middle' | 'end'} anchor */
function label(text, x, y, anchor) {
  const node = draw('text', { x: String(x), y: String(y), 'text-anchor': anchor });
  node.textContent = text;
  return node;
}

/**
 * @param {'svg' | 'path' | 'text'} tag
 * @param {Record<string, string>} attributes
 * @param {Node[]} children
 */
function draw(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
