/**
 * What was found: on the slice in view, and in the case so far.
 */
import { count, find, make, many } from './dom.js';

/** @import { CaseState } from './types.js' */

export class Results {
  #root = find('#readout');
  #onGo;

  /** @param {(slice: number) => void} onGo */
  constructor(onGo) {
    this.#onGo = onGo;
  }

  /**
   * @param {CaseState} state
   * @param {number} at
   */
  show({ name, slices }, at) {
    const { info, finding, fault } = slices[at];
    const findings = slices.flatMap((slice) => slice.finding ?? []);
    const areas = slices.map((slice) => slice.finding?.area ?? 0);
    const largest = areas.indexOf(Math.max(...areas));
    const rows = [['Size', `${info.width} × ${info.height}, ${info.grey ? 'grey' : 'three contrasts'}`]];
    if (finding?.milliseconds) rows.push(['Computed in', duration(finding.milliseconds)]);
    this.#root.replaceChildren(
      make('h2', {}, `Slice ${at + 1}`, make('small', {}, ` of ${slices.length}`)),
      make('p', { className: 'file', title: info.name }, info.name),
      ...(fault ? [make('p', { className: 'faulty' }, `Not segmented: ${fault.message}`)] : []),
      ...(finding ? [figure(finding.area, info.width * info.height, finding.dice)] : []),
      ...(finding || fault ? [] : [make('p', { className: 'waiting' }, 'Waiting for its turn')]),
      table(rows),
      make('h3', { title: name }, 'Case'),
      table([
        ['Segmented', `${findings.length} of ${slices.length}`],
        ['Outlined', many(areas.filter(Boolean).length, 'slice')],
        ['Outlined in all', many(areas.reduce((sum, area) => sum + area, 0), 'pixel')],
      ]),
      ...(areas[largest] > 0 && slices.length > 1 ? [this.#jump(largest)] : []),
    );
  }

  /** @param {number} largest */
  #jump(largest) {
    const onclick = () => this.#onGo(largest);
    return make('button', { type: 'button', className: 'quiet', onclick }, `Go to the largest, slice ${largest + 1}`);
  }
}

/**
 * @param {number} area
 * @param {number} pixels of the whole slice
 * @param {number | undefined} dice
 */
function figure(area, pixels, dice) {
  const share = ((100 * area) / pixels).toFixed(1);
  return make('div', { className: 'figures' },
    make('p', { className: 'figure lesion' },
      make('b', {}, count(area)),
      make('span', {}, `${area === 1 ? 'pixel' : 'pixels'} outlined, ${share} % of the slice`)),
    ...(dice === undefined ? [] : [make('p', { className: 'figure dice' },
      make('b', {}, dice.toFixed(3)),
      make('span', {}, dice === 1 && area === 0 ? 'Dice with the reference mask: both are empty' : 'Dice with the reference mask'))]));
}

/** @param {string[][]} rows name and value */
function table(rows) {
  return make('dl', {}, ...rows.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}

/** @param {number} milliseconds */
function duration(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
