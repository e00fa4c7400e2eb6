/**
 * The legend under the stage: what the colours mean.
 */
import { find, make } from '../core/dom.js';
import { formatCount } from '../core/format.js';
import { HEAT_COLOURS } from './rasterise.js';

/** @import { Appearance, Scores } from '../core/types.js' */
/**
 * @typedef {object} Content
 * @property {number | null} threshold of the outlined mask, if one is outlined
 * @property {Scores | null} scores of the slice in view
 * @property {boolean} hasReference whether the slice has a reference mask that is drawn
 * @property {boolean} comparable whether the mask can be compared with a reference
 * @property {boolean} edited
 * @property {boolean} drawn whether the mask is the visitor's in an exercise
 * @property {boolean} held whether the input check has not accepted the case
 */

export class Legend {
  #root = find('#legend');
  #shown = '';

  /** @param {Appearance} appearance @param {Content} content */
  show({ overlay, overlayVisible, referenceVisible }, content) {
    const { threshold, scores, hasReference, comparable, edited, drawn, held } = content;
    const key = JSON.stringify([overlay, overlayVisible, referenceVisible, content]);
    if (key === this.#shown) return;
    this.#shown = key;
    const reference = hasReference && referenceVisible ? [swatch('reference', 'Reference')] : [];
    if (held) this.#root.replaceChildren(make('span', {}, 'Not segmented: not axial FLAIR'), ...reference);
    else if (overlay === 'heat' && overlayVisible) this.#root.replaceChildren(...heatMap(edited ? null : threshold, edited));
    else if (overlay === 'agreement' && overlayVisible && comparable) this.#root.replaceChildren(...agreement(scores));
    else {
      const mask = drawn ? 'Your mask' : overlay === 'agreement' ? 'Mask (this slice has no reference)' : 'Mask';
      this.#root.replaceChildren(...(overlayVisible ? [swatch('mask', mask)] : []), ...reference);
    }
  }
}

/** @param {number | null} threshold @param {boolean} edited */
function heatMap(threshold, edited) {
  const bar = make('canvas', { width: 120, height: 8 });
  const context = bar.getContext('2d');
  if (context) {
    const ramp = context.createLinearGradient(0, 0, bar.width, 0);
    HEAT_COLOURS.forEach((colour, i) => ramp.addColorStop(i / (HEAT_COLOURS.length - 1), colour));
    context.fillStyle = ramp;
    context.fillRect(0, 0, bar.width, bar.height);
    context.fillStyle = '#fff';
    if (threshold !== null) context.fillRect(Math.round(threshold * bar.width) - 1, 0, 2, bar.height);
  }
  const outline = edited ? ', outline: edited mask' : threshold === null ? '' : `, outline at ${threshold.toFixed(2)}`;
  return [make('span', {}, 'Probability 0'), bar, make('span', {}, `1${outline}`)];
}

/** @param {Scores | null} scores */
function agreement(scores) {
  const [tp, fp, fn] = scores ? [scores.tp, scores.fp, scores.fn].map((value) => ` ${formatCount(value)} px`) : ['', '', ''];
  return [swatch('tp', `True positive${tp}`), swatch('fp', `False positive${fp}`), swatch('fn', `False negative${fn}`)];
}

/** @param {'tp' | 'fp' | 'fn' | 'mask' | 'reference'} kind @param {string} text */
function swatch(kind, text) {
  return make('span', {}, make('i', { className: `swatch is-${kind}` }), text);
}
