/**
 * The measures of the case: its volume, the volume at other thresholds, and the scores against a reference.
 */
import { find, make } from '../core/dom.js';
import { countOf, formatArea, formatCount, formatGrey, formatLength, formatMillilitres, formatPrediction, formatScore, NONE, SCORES } from '../core/format.js';
import { isDrawing } from '../core/store.js';
import { table } from '../core/table.js';
import { lengthOf } from '../measuring/lines.js';

/** @import { CaseMeasure, CaseState, Lines, SliceMeasure } from '../core/types.js' */
/** @import { PixelSize } from '../measuring/diameters.js' */

export class Measures {
  #root = find('#measures');

  /**
   * @param {CaseState} open
   * @param {number} index the slice in view
   * @param {number} threshold
   * @param {PixelSize | null} pixelSize in millimetres
   */
  show(open, index, threshold, pixelSize) {
    const { measure, measureFault, slices } = open;
    if (isDrawing(open)) {
      this.#root.replaceChildren(make('p', { className: 'waiting' }, 'Measures appear when you compare the exercise.'));
      return;
    }
    if (measureFault) {
      this.#root.replaceChildren(make('p', { className: 'faulty' }, `Measuring failed: ${measureFault.message}`));
      return;
    }
    if (!measure?.slices.some(({ segmented, edited }) => segmented || edited)) {
      this.#root.replaceChildren(make('p', { className: 'waiting' }, 'Measures appear when the first slice is segmented.'));
      return;
    }
    const slice = measure.slices[index];
    this.#root.replaceChildren(
      make('h3', {}, 'Volume of the case'),
      volume(measure),
      pairs([
        ...segmented(measure),
        ...edits(measure, threshold),
        ...smallRegions(measure),
        ...(measure.predictedDice ? [['Predicted Dice, network’s masks', formatPrediction(measure.predictedDice)]] : []),
      ]),
      make('h3', {}, 'This slice'),
      pairs([
        ['Area', slice.segmented || slice.edited ? formatArea(slice.area, slice.mm2) : NONE],
        ...intensity(slice),
        ...lengths(slices[index].lines, pixelSize),
      ]),
      ranges(measure),
      ...(measure.scores || measure.network.scores || slice.scores ? [scores(measure, slice)] : []),
    );
  }
}

/** @param {CaseMeasure} measure */
function volume({ voxels, millilitres }) {
  const [figure, unit] = millilitres === null
    ? [formatCount(voxels), voxels === 1 ? 'voxel' : 'voxels']
    : [formatMillilitres(millilitres), countOf(voxels, 'voxel')];
  return make('p', { className: 'figure lesion', id: 'case-volume' }, make('b', {}, figure), make('span', {}, unit));
}

/** How many slices are measured, while it is not all of them. @param {CaseMeasure} measure */
function segmented({ slices }) {
  const found = slices.filter((slice) => slice.segmented || slice.edited).length;
  return found === slices.length ? [] : [['Segmented', `${found} of ${slices.length} slices`]];
}

/** The prediction, where masks were edited. @param {CaseMeasure} measure @param {number} threshold */
function edits({ slices, network }, threshold) {
  const edited = slices.filter((slice) => slice.edited).length;
  return edited === 0 ? [] : [['Edited', countOf(edited, 'slice')], [`Prediction at ${threshold.toFixed(2)}`, countOf(network.voxels, 'voxel')]];
}

/** Edited masks keep their small regions. @param {CaseMeasure} measure */
function smallRegions({ slices }) {
  const pixels = slices.reduce((sum, slice) => sum + (slice.edited ? 0 : slice.removedSmallRegions), 0);
  return pixels === 0 ? [] : [['Removed small regions', `${countOf(pixels, 'voxel')} at threshold 0.05`]];
}

/** @param {SliceMeasure} slice */
function intensity({ flair }) {
  if (!flair) return [];
  const [mean, deviation, min, max] = [flair.mean, flair.deviation, flair.min, flair.max].map((value) => formatGrey(Number(value.toPrecision(4))));
  return [['FLAIR, mean ± SD', `${mean} ± ${deviation}`], ['FLAIR, min to max', `${min} to ${max}`]];
}

/** @param {Lines} lines @param {PixelSize | null} size */
function lengths({ rulers, diameters }, size) {
  const [known, unit] = [size !== null, size ? 'mm²' : 'px²'];
  const [long, short] = (diameters ?? []).map((line) => lengthOf(line, size));
  return [
    ...(diameters ? [
      ['Longest diameter', formatLength(long, known)],
      ['Perpendicular diameter', formatLength(short, known)],
      ['Product', `${formatCount(Math.round(long * short))} ${unit}`],
    ] : []),
    ...rulers.map((line, i) => [`Ruler ${i + 1}`, formatLength(lengthOf(line, size), known)]),
  ];
}

/** @param {CaseMeasure} measure */
function ranges({ range, millilitres }) {
  const heads = ['Threshold', 'Voxels', ...(millilitres === null ? [] : ['Volume'])];
  const rows = range.map((one) => [
    one.threshold.toFixed(1),
    formatCount(one.voxels),
    ...(millilitres === null ? [] : [one.millilitres === null ? NONE : formatMillilitres(one.millilitres)]),
  ]);
  return table('range', 'Predicted volume by threshold', heads, rows);
}

/** @param {CaseMeasure} measure @param {SliceMeasure} slice */
function scores(measure, slice) {
  const edited = measure.slices.some((one) => one.edited);
  const heads = ['', 'Slice', 'Case', ...(edited ? ['Prediction'] : [])];
  const rows = SCORES.map(([key, name]) => [
    name,
    formatScore(slice.scores?.[key]),
    formatScore(measure.scores?.[key]),
    ...(edited ? [formatScore(measure.network.scores?.[key])] : []),
  ]);
  const scored = measure.slices.filter((one) => one.scores).length;
  const of = scored === measure.slices.length ? '' : `, on ${scored} of ${measure.slices.length} slices`;
  return table('scores', `Scores against the reference${of}`, heads, rows);
}

/** @param {string[][]} rows name and value */
function pairs(rows) {
  return make('dl', {}, ...rows.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}
