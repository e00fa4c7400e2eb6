/**
 * What was measured: the case's volume, how far it depends on the threshold, and the scores against a reference.
 */
import { count, find, make, many } from '../core/dom.js';
import { areaOf, litres, NONE, score, SCORES } from '../core/format.js';

/** @import { CaseMeasure, CaseState, SliceMeasure } from '../core/types.js' */

export class Measures {
  #root = find('#measures');

  /**
   * @param {CaseState} state
   * @param {number} at the slice in view
   * @param {number} threshold of the network's mask
   */
  show({ measure }, at, threshold) {
    if (!measure?.slices.some(({ done, edited }) => done || edited)) {
      this.#root.replaceChildren(make('p', { className: 'waiting' }, 'Measured as soon as a slice is segmented.'));
      return;
    }
    const slice = measure.slices[at];
    this.#root.replaceChildren(
      make('h3', {}, 'Volume of the case'),
      volume(measure),
      pairs([
        ...segmented(measure),
        ['This slice', slice.done || slice.edited ? areaOf(slice.area, slice.mm2) : NONE],
        ...edits(measure, threshold),
        ...leftOut(measure),
      ]),
      ranges(measure),
      ...(measure.scores || measure.network.scores || slice.scores ? [scores(measure, slice)] : []),
    );
  }
}

/** @param {CaseMeasure} measure */
function volume({ voxels, millilitres }) {
  const [figure, unit] = millilitres === null ? [count(voxels), voxels === 1 ? 'voxel' : 'voxels'] : [litres(millilitres), many(voxels, 'voxel')];
  return make('p', { className: 'figure lesion', id: 'case-volume' }, make('b', {}, figure), make('span', {}, unit));
}

/** What the figures are of, while that is not the whole case. @param {CaseMeasure} measure */
function segmented({ slices }) {
  const found = slices.filter(({ done, edited }) => done || edited).length;
  return found === slices.length ? [] : [['Segmented', `${found} of ${slices.length} slices`]];
}

/** The network's own, where a hand has changed it. @param {CaseMeasure} measure @param {number} threshold */
function edits({ slices, network }, threshold) {
  const edited = slices.filter((slice) => slice.edited).length;
  return edited === 0 ? [] : [['Edited', many(edited, 'slice')], [`Network alone, at ${threshold.toFixed(2)}`, many(network.voxels, 'voxel')]];
}

/** Small regions and what surrounds them, which the heat map still shows; a hand's mask leaves none out. @param {CaseMeasure} measure */
function leftOut({ slices }) {
  const pixels = slices.reduce((sum, slice) => sum + (slice.edited ? 0 : slice.left_out), 0);
  return pixels === 0 ? [] : [['Small regions left out', `${many(pixels, 'voxel')}, down to 0.05`]];
}

/** @param {CaseMeasure} measure */
function ranges({ range, millilitres }) {
  const heads = ['Threshold', 'Voxels', ...(millilitres === null ? [] : ['Volume'])];
  const rows = range.map((one) => [
    one.threshold.toFixed(1),
    count(one.voxels),
    ...(millilitres === null ? [] : [one.millilitres === null ? NONE : litres(one.millilitres)]),
  ]);
  return table('range', 'Volume by threshold, the network alone', heads, rows);
}

/** @param {CaseMeasure} measure @param {SliceMeasure} slice */
function scores(measure, slice) {
  const edited = measure.slices.some((one) => one.edited);
  const heads = ['', 'Slice', 'Case', ...(edited ? ['Network'] : [])];
  const rows = SCORES.map(([key, name]) => [
    name,
    score(slice.scores?.[key]),
    score(measure.scores?.[key]),
    ...(edited ? [score(measure.network.scores?.[key])] : []),
  ]);
  const scored = measure.slices.filter((one) => one.scores).length;
  const of = scored === measure.slices.length ? '' : `, on ${scored} of ${measure.slices.length} slices`;
  return table('scores', `Against the reference mask${of}`, heads, rows);
}

/** @param {string[][]} rows name and value */
function pairs(rows) {
  return make('dl', {}, ...rows.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}

/**
 * @param {string} id
 * @param {string} caption
 * @param {string[]} heads
 * @param {string[][]} rows the first cell of each is its head
 */
function table(id, caption, heads, rows) {
  return make('table', { id },
    make('caption', {}, caption),
    make('thead', {}, make('tr', {}, ...heads.map((text) => (text ? make('th', { scope: 'col' }, text) : make('td'))))),
    make('tbody', {}, ...rows.map(([head, ...cells]) =>
      make('tr', {}, make('th', { scope: 'row' }, head), ...cells.map((text) => make('td', {}, text))))));
}
