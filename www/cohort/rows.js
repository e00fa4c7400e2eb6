/**
 * The rows of the table of cases: what they say, their order, and which are shown.
 */
import { isDoubtful, isDrawing, isSegmentable } from '../core/store.js';

/** @import { CaseState } from '../core/types.js' */
/** @typedef {'passed' | 'overruled' | 'held'} Check the result of the input check */
/**
 * `voxels` and `millilitres` are null where nothing is measured or the spacing is unknown, `dice` without a reference, `predicted`
 * where no Dice is predicted.
 * `edited` counts slices. `largest` is the id of the slice with the largest area, or of the middle one.
 * @typedef {{id: string, name: string, slices: number, voxels: number | null, millilitres: number | null, dice: number | null, predicted: number | null, check: Check, edited: number, largest: string}} Row
 */
/** @typedef {'name' | 'slices' | 'volume' | 'dice' | 'predicted' | 'check' | 'edited'} Column */
/** @typedef {'all' | 'lesion' | 'clear' | 'low' | 'held' | 'edited'} Selection */

const names = new Intl.Collator('en', { numeric: true });
/** @type {Check[]} */
const CHECKS = ['passed', 'overruled', 'held'];

/** @param {CaseState} open @returns {Row} */
export function rowOf(open) {
  const { id, name, slices, measure, inputCheck } = open;
  const measured = measure?.slices.some(({ segmented, edited }) => segmented || edited) ? measure : null;
  return {
    id,
    name,
    slices: slices.length,
    voxels: measured?.voxels ?? null,
    millilitres: measured?.millilitres ?? null,
    dice: isDrawing(open) ? null : (measured?.scores?.dice ?? null),
    predicted: isDrawing(open) ? null : (measure?.predictedDice?.dice ?? null),
    check: inputCheck.accepted ? 'passed' : isSegmentable(open) ? 'overruled' : 'held',
    edited: measured?.slices.filter(({ edited }) => edited).length ?? 0,
    largest: measured?.largest ?? slices[slices.length >> 1].info.id,
  };
}

/**
 * In the order of a column. Missing values are last in both directions, equal ones in the order of their names.
 * @param {Row[]} rows
 * @param {Column} column
 * @param {boolean} descending
 */
export function sorted(rows, column, descending) {
  /** @param {Row} a @param {Row} b */
  const byName = (a, b) => names.compare(a.name, b.name);
  const sign = descending ? -1 : 1;
  if (column === 'name') return rows.toSorted((a, b) => sign * byName(a, b));
  // Millilitres where all cases have them.
  const spaced = rows.every(({ voxels, millilitres }) => voxels === null || millilitres !== null);
  /** @param {Row} row */
  const valueOf = (row) => (column === 'volume' ? (spaced ? row.millilitres : row.voxels) : column === 'check' ? CHECKS.indexOf(row.check) : row[column]);
  return rows.toSorted((a, b) => {
    const [one, other] = [valueOf(a), valueOf(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null) || byName(a, b);
    return sign * (one - other) || byName(a, b);
  });
}

/** @param {Row[]} rows @param {string} text a part of the name @param {Selection} selection */
export function filtered(rows, text, selection) {
  const wanted = text.trim().toLowerCase();
  return rows.filter(({ name, voxels, predicted, check, edited }) => name.toLowerCase().includes(wanted) && {
    all: true,
    lesion: (voxels ?? 0) > 0,
    clear: voxels === 0,
    low: isDoubtful(predicted),
    held: check !== 'passed',
    edited: edited > 0,
  }[selection]);
}
