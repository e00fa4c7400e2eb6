/**
 * The results of the slice in view.
 */
import { find, make } from '../core/dom.js';
import { formatCount, formatDuration, formatPercent, formatPrediction, formatScore } from '../core/format.js';
import { isDoubtful, isDrawing, isSegmentable } from '../core/store.js';
import { shownKind } from './input-check.js';

/** @import { CaseState, PredictedDice, SliceMeasure } from '../core/types.js' */

export class Results {
  #root = find('#readout');

  /** @param {() => void} onLargest go to the slice with the largest area */
  constructor(onLargest) {
    this.#root.addEventListener('click', ({ target }) => {
      if (target instanceof Element && target.closest('button')) onLargest();
    });
  }

  /**
   * @param {CaseState} open
   * @param {number} index the slice in view
   * @param {boolean} running whether slices are being segmented
   */
  show(open, index, running) {
    const { slices, measure, inputCheck } = open;
    const { info, probability, fault, milliseconds } = slices[index];
    const measured = measure?.slices[index];
    const shown = measured && (measured.segmented || measured.edited) ? measured : null;
    const drawing = isDrawing(open);
    const check = inputCheck.accepted ? 'passed' : isSegmentable(open) ? 'overruled' : 'not passed';
    const facts = [
      `${info.width} × ${info.height}, ${info.grey ? 'grey' : 'three contrasts'}`,
      ...(milliseconds === null || !probability ? [] : [`computed in ${formatDuration(milliseconds)}`]),
      `input check ${check}${shownKind(inputCheck)}`,
    ];
    const waiting = open.exercise ? 'Measuring…'
      : !isSegmentable(open) ? 'Not segmented: not axial FLAIR'
      : !probability ? (running ? 'Waiting to be segmented' : 'Not segmented')
        : open.measureFault ? '' : 'Measuring…';
    const focused = this.#root.contains(document.activeElement);
    this.#root.replaceChildren(
      make('div', { className: 'title' },
        make('h2', {}, `Slice ${index + 1}`, make('small', {}, ` of ${slices.length}`)),
        ...(measure?.largest && slices.length > 1 ? [largestButton(slices.findIndex((slice) => slice.info.id === measure.largest))] : [])),
      make('p', { className: 'file', title: info.name }, make('bdi', {}, info.name)),
      ...(fault ? [make('p', { className: 'faulty' }, `Not segmented: ${fault.message}`)] : []),
      ...(open.measureFault ? [make('p', { className: 'faulty' }, `Measuring failed: ${open.measureFault.message}`)] : []),
      ...(shown ? [figures(drawing ? { ...shown, scores: null } : shown, info.width * info.height)] : []),
      ...(measure?.predictedDice && !drawing ? [predicted(measure.predictedDice)] : []),
      ...(shown || fault || !waiting ? [] : [make('p', { className: 'waiting' }, waiting)]),
      make('p', { className: 'facts' }, `${facts.join('; ')}.`),
      ...(inputCheck.accepted ? [] : inputCheck.reasons.map((reason) => make('p', { className: 'faulty' }, reason))),
    );
    // The button that had the focus was replaced.
    if (focused) this.#root.querySelector('button')?.focus();
  }
}

/** @param {number} largest */
function largestButton(largest) {
  return make('button', { type: 'button', className: 'quiet', ariaLabel: `Go to largest area, slice ${largest + 1}` }, 'Go to largest area');
}

/** How well the network's masks of the case, without edits and at the model's threshold, are expected to match a reference. @param {PredictedDice} prediction */
function predicted(prediction) {
  const low = isDoubtful(prediction.dice);
  return make('p', { className: low ? 'predicted faulty' : 'predicted' },
    `Predicted Dice of the network’s masks: ${formatPrediction(prediction)}${low ? '. This is low: check the masks' : ''}.`);
}

/** @param {SliceMeasure} measure @param {number} pixels of the whole slice */
function figures({ area, mm2, edited, scores }, pixels) {
  const size = mm2 === null ? '' : `${formatCount(Math.round(mm2))} mm², `;
  return make('div', { className: 'figures' },
    make('p', { className: 'figure lesion' },
      make('b', {}, formatCount(area)),
      make('span', {}, `${area === 1 ? 'pixel' : 'pixels'} outlined${edited ? ', edited' : ''}, ${size}${formatPercent(area / pixels)} of the slice`)),
    ...(scores ? [make('p', { className: 'figure dice' },
      make('b', {}, formatScore(scores.dice)),
      make('span', {}, scores.tp + scores.fp + scores.fn === 0 ? 'Dice; mask and reference are empty' : 'Dice'))] : []));
}
