/**
 * The change of the lesion's volume between two cases, and how much of it the threshold alone explains.
 */

/** @import { CaseMeasure } from '../core/types.js' */
/** Amounts are millilitres or voxels. A fraction is null where the earlier volume is 0. @typedef {{amount: number, fraction: number | null}} Difference */
/**
 * `millilitres`: whether amounts are in millilitres, otherwise in voxels. `lowest` and `highest`: the range of the change. The
 * lowest change is from the largest volume of the earlier case at any threshold to the smallest one of the later case, the highest
 * change from the smallest to the largest one. `within`: this range contains both the change and 0, so that the threshold alone may
 * explain the change. `edited`: a mask is edited; the range has those of the network. `complete`: all slices of both cases have a mask.
 * @typedef {object} Change
 * @property {boolean} millilitres
 * @property {number} earlier
 * @property {number} later
 * @property {Difference} change
 * @property {Difference} lowest
 * @property {Difference} highest
 * @property {boolean} within
 * @property {boolean} edited
 * @property {boolean} complete
 */

/** @param {CaseMeasure} earlier @param {CaseMeasure} later @returns {Change} */
export function changeOf(earlier, later) {
  const millilitres = earlier.millilitres !== null && later.millilitres !== null;
  /** @param {{voxels: number, millilitres: number | null}} measure */
  const amountOf = (measure) => (millilitres ? (measure.millilitres ?? 0) : measure.voxels);
  const [before, after] = [earlier, later].map((measure) => {
    const amounts = measure.range.map(amountOf);
    return { amount: amountOf(measure), least: Math.min(...amounts), most: Math.max(...amounts) };
  });
  const lowest = difference(before.most, after.least);
  const highest = difference(before.least, after.most);
  const change = difference(before.amount, after.amount);
  const slices = [...earlier.slices, ...later.slices];
  return {
    millilitres,
    earlier: before.amount,
    later: after.amount,
    change,
    lowest,
    highest,
    // Without a lesion at any threshold there is nothing to explain.
    within: before.most + after.most > 0 && [0, change.amount].every((amount) => lowest.amount <= amount && amount <= highest.amount),
    edited: slices.some((slice) => slice.edited),
    complete: slices.every((slice) => slice.edited || slice.segmented),
  };
}

/** @param {number} from @param {number} to @returns {Difference} */
function difference(from, to) {
  return { amount: to - from, fraction: from > 0 ? (to - from) / from : null };
}
