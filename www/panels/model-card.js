/**
 * The model card: what the network is, what it was fitted on and how well it does. The figures at its head are out of the
 * manifest that came with the weights; below them stands the card that was written for them, whole.
 */
import { count, find, make } from '../core/dom.js';
import { score } from '../core/format.js';
import { vouch } from '../offline/integrity.js';
import { markdown } from './markdown.js';

/** @import { ModelInfo } from '../core/types.js' */

export class ModelCard {
  #root = find('#card-body');
  #written = make('div', { className: 'written' });

  constructor() {
    // With the rest of the page, and not when it is looked at: by then nothing is asked for any more.
    void card().then(
      (text) => this.#written.replaceChildren(...markdown(text, 1)),
      (error) => this.#written.replaceChildren(make('p', { className: 'fine' }, `The rest of the card could not be had: ${error.message}`)),
    );
  }

  /** @param {ModelInfo} model */
  show({ name, sha256, bytes, parameters, threshold, grid, normalisation, split, counts, metrics }) {
    const share = (/** @type {number} */ value) => `${(100 * value).toFixed(1)} %`;
    const rows = (/** @type {[string, string | null][]} */ ...pairs) =>
      make('dl', {}, ...pairs.flatMap(([name, value]) => (value === null ? [] : [make('div', {}, make('dt', {}, name), make('dd', {}, value))])));
    /** @param {string} key */
    const metric = (key) => (key in metrics ? score(metrics[key]) : null);
    this.#root.replaceChildren(
      make('p', { className: 'alarm' }, 'Research use only: no medical device, no diagnosis.'),
      make('h3', {}, 'Measured on patients it has never seen'),
      rows(
        ['Held out', `${count(split.held_out.length)} patients`],
        ['Dice a patient, mean', metric('patient_dice_mean')],
        ['Dice a patient, median', metric('patient_dice_median')],
        ['Dice a patient, worst', metric('patient_dice_worst')],
        ['Standard deviation', metric('patient_dice_deviation')],
        ['Dice, all pixels pooled', metric('pooled_dice')],
        ['Sensitivity, pooled', metric('pooled_sensitivity')],
        ['Precision, pooled', metric('pooled_precision')],
        ['Slices without lesion that it marks', 'empty_slices_drawn_fraction' in metrics ? share(metrics.empty_slices_drawn_fraction) : null],
      ),
      make('p', { className: 'fine' }, `At threshold ${threshold}. Dice a patient is over the patient’s whole volume.`),
      make('h3', {}, 'What it is'),
      rows(
        ['Fitted on', `${count(split.fit.length)} patients, ${count(counts.slices)} slices, ${count(counts.positive)} with lesion`],
        ['Network', `${name}; ${count(parameters)} parameters in ${count(bytes)} bytes`],
        ['Input', `pre-contrast, FLAIR and post-contrast, or FLAIR alone; a grid of ${grid} × ${grid}; ${normalisation} over the whole case`],
        ['Weights, SHA-256', sha256],
        ['Licence', 'CC BY-NC-SA 4.0, as the dataset’s'],
      ),
      this.#written,
    );
  }
}

/** @returns {Promise<string>} without its title, which the sheet has already */
async function card() {
  const response = await fetch(new URL('../model/MODEL_CARD.md', import.meta.url));
  if (!response.ok) throw new Error(`model/MODEL_CARD.md: the server answered ${response.status}`);
  const [, text] = await Promise.all([vouch(response.clone()), response.text()]);
  return text.replace(/^# .*\n/, '');
}
