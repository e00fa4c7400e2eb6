/**
 * The model card: what the network is, its training data and its accuracy. The figures are from
 * `card.json`. Below them is the whole text of the published model's card.
 */
import { find, make, whenIdle } from '../core/dom.js';
import { faultOf } from '../core/errors.js';
import { formatCount, formatPercent, formatScore } from '../core/format.js';
import { fetchBytes } from '../offline/verified-fetch.js';
import { markdown } from './markdown.js';

/** @import { ModelInfo } from '../core/types.js' */

export class ModelCard {
  #root = find('#card-body');
  #text = make('div', { className: 'written' });
  #isRequested = false;

  /** @param {ModelInfo} model @param {string | null} own the name of a model that is not the published one */
  show({ name, sha256, bytes, parameters, threshold, grid, normalisation, card }, own) {
    const { split, counts } = card ?? {};
    const metrics = card?.metrics ?? {};
    const rows = (/** @type {[string, string | null | undefined][]} */ ...pairs) =>
      make('dl', {}, ...pairs.flatMap(([name, value]) => (value == null ? [] : [make('div', {}, make('dt', {}, name), make('dd', {}, value))])));
    /** @param {string} key */
    const metric = (key) => (key in metrics ? formatScore(metrics[key]) : null);
    this.#root.replaceChildren(
      make('p', { className: 'alarm' }, 'Research use only. Not a medical device. Not for diagnosis.'),
      ...(own === null ? [] : [make('p', {}, `These are your own weights, from ${own}. Open the page without them to use the published model.`)]),
      make('h3', {}, 'Accuracy on held-out patients'),
      ...(Object.keys(metrics).length > 0 ? [] : [make('p', { className: 'fine' }, 'The model has no figures.')]),
      rows(
        ['Held-out patients', split && formatCount(split.held_out.length)],
        ['Dice per patient, mean', metric('patient_dice_mean')],
        ['Dice per patient, median', metric('patient_dice_median')],
        ['Dice per patient, lowest', metric('patient_dice_worst')],
        ['Dice per patient, standard deviation', metric('patient_dice_deviation')],
        ['Dice, all pixels pooled', metric('pooled_dice')],
        ['Sensitivity, pooled', metric('pooled_sensitivity')],
        ['Precision, pooled', metric('pooled_precision')],
        ['Slices without lesion but with a mask', 'empty_slices_drawn_fraction' in metrics ? formatPercent(metrics.empty_slices_drawn_fraction) : null],
      ),
      make('p', { className: 'fine' }, `At threshold ${threshold}. Dice per patient is computed over the patient’s whole volume.`),
      make('h3', {}, 'Model'),
      rows(
        ['Training data', split && counts && `${formatCount(split.fit.length)} patients, ${formatCount(counts.slices)} slices, ${formatCount(counts.positive)} with lesion`],
        ['Network', `${name}; ${formatCount(parameters)} parameters in ${formatCount(bytes)} bytes`],
        ['Input', `pre-contrast, FLAIR and post-contrast, or FLAIR alone; a grid of ${grid} × ${grid}; ${normalisation} over the whole case`],
        ['Weights, SHA-256', sha256],
        ['Licence', own === null ? 'CC BY-NC-SA 4.0, like the dataset' : null],
      ),
      make('p', { className: 'fine' }, 'To run your own weights, drop the folder that ', make('code', {}, 'train fit'), ' wrote, or a zip of it.'),
      ...(own === null ? [this.#text] : []),
    );
    if (own !== null) return;
    whenIdle(() => void this.#loadText());
  }

  /** Loads the text before the card is opened, so that opening it needs no network. */
  async #loadText() {
    if (this.#isRequested) return;
    this.#isRequested = true;
    try {
      this.#text.replaceChildren(...markdown(await loadCard(), 1));
    } catch (error) {
      this.#isRequested = false;
      this.#text.replaceChildren(make('p', { className: 'fine' }, `The text of the card could not be loaded: ${faultOf(error).message}`));
    }
  }
}

/** @returns {Promise<string>} without its title, which the dialog has already */
async function loadCard() {
  const text = new TextDecoder().decode(await fetchBytes('model/MODEL_CARD.md'));
  return text.replace(/^# .*\n/, '');
}
