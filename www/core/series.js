/**
 * DICOM series: what the page says about each, and the answers that choose what one is taken for.
 */
import { countOf } from './format.js';

/** @import { SeriesContrast, SeriesInfo, Words } from './types.js' */

/** What the basis of a contrast is called. @satisfies {Record<SeriesInfo['basis'], string>} */
const BASES = { reader: 'chosen by you', header: 'from the header', name: 'from the name', network: 'from what it looks like', none: 'the header does not tell' };

/** What a header states of series that are not used. @type {Partial<Record<SeriesInfo['sequence'], string>>} */
const UNUSED = { t2: 'T2', localiser: 'localiser', other: 'another sequence' };

/** The contrast that is chosen for a series: T2 is not used. @param {SeriesInfo} series @returns {SeriesContrast} */
export function chosenContrast({ contrast }) {
  return contrast === 't2' ? 'other' : contrast;
}

/**
 * How many slices a series has, what it is taken for, and why.
 * @param {SeriesInfo} series
 * @param {string} kind what the network sees in it; empty where it does not matter
 */
export function detailsOf(series, kind) {
  const { slices, sequence, basis, case: user } = series;
  const shown = basis === 'header' ? UNUSED[sequence] : undefined;
  const isSpare = user === null && chosenContrast(series) !== 'other';
  return [
    countOf(slices, 'slice'),
    shown ? `${shown}, ${BASES[basis]}` : BASES[basis],
    ...(isSpare ? ['not used'] : []),
    ...(kind ? [`looks like ${kind}`] : []),
  ].join('; ');
}

/**
 * The words for all series when a reader chooses a contrast for one. Another series of its study that a reader has chosen for the
 * same contrast is read as usual again.
 * @param {SeriesInfo[]} series
 * @param {SeriesInfo} changed
 * @param {SeriesContrast} contrast
 * @returns {Words[]}
 */
export function answersWith(series, changed, contrast) {
  return series.flatMap((one) => {
    if (one === changed) return wordsOf(one, contrast);
    const replaced = one.study === changed.study && one.contrast === contrast && contrast !== 'other';
    return replaced ? [] : answersOf(one);
  });
}

/** The words of what a reader has chosen for a series before. @param {SeriesInfo} series @returns {Words[]} */
export function answersOf(series) {
  return series.basis === 'reader' ? wordsOf(series, series.contrast) : [];
}

/** @param {SeriesInfo} series @param {SeriesContrast} contrast */
function wordsOf({ choices }, contrast) {
  return choices.flatMap(([choice, words]) => (choice === contrast ? [words] : []));
}

/** The series of each study. @param {SeriesInfo[]} series @returns {SeriesInfo[][]} */
export function studiesOf(series) {
  const numbers = new Set(series.map(({ study }) => study));
  return [...numbers].map((number) => series.filter(({ study }) => study === number));
}

/** Whether there is something to see or to choose: several series, or one that is not simply used. @param {SeriesInfo[]} study */
export function isWorthShowing(study) {
  return study.length > 1 || study.some(({ case: user, basis }) => user === null || basis === 'reader');
}

/** The name of a study: that of its case, else the folder of its files. @param {SeriesInfo[]} study */
export function nameOf(study) {
  const { label } = study[0];
  return study.find(({ case: user }) => user !== null)?.case ?? label.slice(0, Math.max(0, label.lastIndexOf('/')));
}
