/**
 * The model card: what the network is, what it was fitted on and how well it does. Every figure is out of the manifest
 * that came with the weights.
 */
import { count, find, make } from './dom.js';
import { score } from './figures.js';

export class ModelCard {
  #root = find('#card-body');

  /** @param {any} model the manifest, `model.json` */
  show(model) {
    const { metrics = {}, split = {}, weights = {}, counts = {}, network = {} } = model;
    const share = (/** @type {number} */ value) => `${(100 * value).toFixed(1)} %`;
    const rows = (/** @type {[string, string | null][]} */ ...pairs) =>
      make('dl', {}, ...pairs.flatMap(([name, value]) => (value === null ? [] : [make('div', {}, make('dt', {}, name), make('dd', {}, value))])));
    /** @param {string} key */
    const metric = (key) => (key in metrics ? score(metrics[key]) : null);
    this.#root.replaceChildren(
      make('p', { className: 'alarm' }, 'Research use only: no medical device, no diagnosis.'),
      make('p', {}, 'A U-Net that marks the FLAIR abnormality of lower-grade gliomas on single axial MR slices, before surgery.'),
      make('h3', {}, 'Measured on patients it has never seen'),
      rows(
        ['Held out', `${count(split.held_out?.length ?? 0)} patients`],
        ['Dice a patient, mean', metric('patient_dice_mean')],
        ['Dice a patient, median', metric('patient_dice_median')],
        ['Dice a patient, worst', metric('patient_dice_worst')],
        ['Standard deviation', metric('patient_dice_deviation')],
        ['Dice, all pixels pooled', metric('pooled_dice')],
        ['Sensitivity, pooled', metric('pooled_sensitivity')],
        ['Precision, pooled', metric('pooled_precision')],
        ['Slices without lesion that it marks', 'empty_slices_drawn_fraction' in metrics ? share(metrics.empty_slices_drawn_fraction) : null],
      ),
      make('p', { className: 'fine' }, `At threshold ${model.threshold}. Dice a patient is over the patient’s whole volume.`),
      make('h3', {}, 'Where it fails'),
      make('ul', {},
        make('li', {}, `Small and faint lesions${'patient_dice_worst' in metrics ? `: the worst patient’s Dice is ${score(metrics.patient_dice_worst)}` : ''}.`),
        make('li', {}, 'Just above and below a lesion it may go on where there is none.'),
        make('li', {}, 'It has seen one dataset, TCGA-LGG. Other diseases, contrasts, orientations and operated patients are outside of it.')),
      make('h3', {}, 'What it is'),
      rows(
        ['Fitted on', `${count(split.fit?.length ?? 0)} patients, ${count(counts.slices ?? 0)} slices, ${count(counts.positive ?? 0)} with lesion`],
        ['Network', `U-Net, widths ${network.widths?.join('-')}, ${count(weights.parameters ?? 0)} parameters`],
        ['Input', `pre-contrast, FLAIR and post-contrast, or FLAIR alone; a grid of ${model.grid} × ${model.grid}; ${model.normalisation} over the whole case`],
        ['Weights, SHA-256', weights.sha256 ?? null],
        ['Licence', 'CC BY-NC-SA 4.0, as the dataset’s'],
      ),
    );
  }
}
