/**
 * What the colours over the slice mean, under the stage.
 */
import { count, find, make } from '../core/dom.js';
import { HEAT } from './rasterise.js';

/** @import { Look, Scores } from '../core/types.js' */
/**
 * @typedef {object} Shown
 * @property {number | null} threshold at which the mask is outlined, if it is
 * @property {Scores | null} scores of the slice in view
 * @property {boolean} reference whether a reference mask is drawn as well
 * @property {boolean} compared whether the mask can be held against one
 * @property {boolean} edited whether the mask was drawn by hand
 * @property {boolean} held whether the input check holds all masks of the network back
 */

export class Legend {
  #root = find('#legend');
  #shown = '';

  /** @param {Look} look @param {Shown} shown */
  show(look, shown) {
    const { threshold, scores, reference, compared, edited, held } = shown;
    const key = JSON.stringify([look.overlay, look.hidden, look.reference, shown]);
    if (key === this.#shown) return;
    this.#shown = key;
    const agreement = look.overlay === 'agreement' && !look.hidden;
    if (held) this.#root.replaceChildren(
      make('span', {}, 'Held back by the input check: no mask is drawn'),
      ...(reference && look.reference ? [swatch('reference', 'Reference')] : []),
    );
    else if (look.overlay === 'heat' && !look.hidden) this.#root.replaceChildren(...this.#heat(edited ? null : threshold, edited));
    else if (agreement && compared) this.#root.replaceChildren(...agreementKeys(scores));
    else this.#root.replaceChildren(
      ...(look.hidden ? [] : [swatch('mask', agreement ? 'Mask; no reference on this slice' : 'Mask')]),
      ...(reference && look.reference ? [swatch('reference', 'Reference')] : []),
    );
  }

  /** @param {number | null} threshold @param {boolean} edited */
  #heat(threshold, edited) {
    const bar = make('canvas', { width: 120, height: 8 });
    const context = bar.getContext('2d');
    if (context) {
      const ramp = context.createLinearGradient(0, 0, bar.width, 0);
      HEAT.forEach((colour, i) => ramp.addColorStop(i / (HEAT.length - 1), colour));
      context.fillStyle = ramp;
      context.fillRect(0, 0, bar.width, bar.height);
      context.fillStyle = '#fff';
      if (threshold !== null) context.fillRect(Math.round(threshold * bar.width) - 1, 0, 2, bar.height);
    }
    return [make('span', {}, 'Probability 0'), bar, make('span', {}, edited ? '1, outline as edited' : threshold === null ? '1' : `1, outline at ${threshold.toFixed(2)}`)];
  }
}

/** @param {Scores | null} scores */
function agreementKeys(scores) {
  const [tp, fp, fn] = scores ? [scores.tp, scores.fp, scores.fn].map((value) => ` ${count(value)} px`) : ['', '', ''];
  return [swatch('tp', `Both${tp}`), swatch('fp', `Mask alone${fp}`), swatch('fn', `Reference alone${fn}`)];
}

/** @param {'tp' | 'fp' | 'fn' | 'mask' | 'reference'} kind @param {string} text */
function swatch(kind, text) {
  return make('span', {}, make('i', { className: `swatch is-${kind}` }), text);
}
