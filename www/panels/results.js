/**
 * What was found on the slice in view.
 */
import { count, find, make } from '../core/dom.js';
import { duration, score } from '../core/format.js';

/** @import { CaseState, SliceMeasure } from '../core/types.js' */

export class Results {
  #root = find('#readout');

  /** @param {(slice: number) => void} onGo */
  constructor(onGo) {
    this.#root.addEventListener('click', ({ target }) => {
      if (target instanceof HTMLElement && target.dataset.slice) onGo(Number(target.dataset.slice));
    });
  }

  /**
   * @param {CaseState} state
   * @param {number} at
   * @param {boolean} drawn whether masks are drawn on this case
   * @param {boolean} running whether slices are being segmented
   */
  show({ slices, measure, verdict }, at, drawn, running) {
    const { info, probability, fault, milliseconds } = slices[at];
    const found = measure?.slices[at];
    const shown = found && (found.done || found.edited) ? found : null;
    const facts = [
      `${info.width} × ${info.height}, ${info.grey ? 'grey' : 'three contrasts'}`,
      ...(milliseconds === null || !probability ? [] : [`computed in ${duration(milliseconds)}`]),
      `input check ${verdict.accepted ? 'passed' : drawn ? 'overruled' : 'not passed'}`,
    ];
    const undone = running ? 'Waiting for its turn' : 'Not segmented';
    const waiting = !drawn ? 'Not segmented: held back by the input check' : probability ? 'Being measured' : undone;
    const focused = this.#root.contains(document.activeElement);
    this.#root.replaceChildren(
      make('div', { className: 'title' },
        make('h2', {}, `Slice ${at + 1}`, make('small', {}, ` of ${slices.length}`)),
        ...(measure && measure.largest >= 0 && slices.length > 1 ? [jump(measure.largest)] : [])),
      make('p', { className: 'file', title: info.name }, make('bdi', {}, info.name)),
      ...(fault ? [make('p', { className: 'faulty' }, `Not segmented: ${fault.message}`)] : []),
      ...(shown ? [figures(shown, info.width * info.height)] : []),
      ...(shown || fault ? [] : [make('p', { className: 'waiting' }, waiting)]),
      make('p', { className: 'facts' }, `${facts.join('; ')}.`),
      ...(verdict.accepted ? [] : verdict.reasons.map((reason) => make('p', { className: 'faulty' }, reason))),
    );
    // The button that was pressed is another one now.
    if (focused) this.#root.querySelector('button')?.focus();
  }
}

/** @param {number} largest */
function jump(largest) {
  const button = make('button', { type: 'button', className: 'quiet', ariaLabel: `Go to the largest, slice ${largest + 1}` }, 'Go to the largest');
  button.dataset.slice = String(largest);
  return button;
}

/** @param {SliceMeasure} measure @param {number} pixels of the whole slice */
function figures({ area, mm2, edited, scores }, pixels) {
  const share = `${((100 * area) / pixels).toFixed(1)} % of the slice`;
  const size = mm2 === null ? '' : `${count(Math.round(mm2))} mm², `;
  const origin = edited ? ', as edited' : '';
  return make('div', { className: 'figures' },
    make('p', { className: 'figure lesion' },
      make('b', {}, count(area)),
      make('span', {}, `${area === 1 ? 'pixel' : 'pixels'} outlined${origin}, ${size}${share}`)),
    ...(scores ? [make('p', { className: 'figure dice' },
      make('b', {}, score(scores.dice)),
      make('span', {}, scores.tp + scores.fp + scores.fn === 0 ? 'Dice with the reference mask: both are empty' : 'Dice with the reference mask'))] : []));
}
