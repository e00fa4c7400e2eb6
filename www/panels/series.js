/**
 * The series of each DICOM study as thumbnails, with what each is taken for. A click changes it.
 */
import { find, make, moveFocusOut } from '../core/dom.js';
import { countOf } from '../core/format.js';
import { answersOf, answersWith, chosenContrast, detailsOf, isWorthShowing, nameOf, studiesOf } from '../core/series.js';
import { nameOfKind } from './input-check.js';

/** @import { SeriesContrast, SeriesInfo, Words } from '../core/types.js' */

/** What a reader can choose, and its full name. @type {[SeriesContrast, string, string][]} */
const CONTRASTS = [
  ['flair', 'FLAIR', 'FLAIR'],
  ['pre', 'T1', 'T1 before contrast agent'],
  ['post', 'T1c', 'T1c: T1 after contrast agent'],
  ['other', 'None', 'None: not used'],
];

export class SeriesList {
  #root = find('#series');
  /** @type {SeriesInfo[]} */
  #series = [];

  /** @param {(words: Words[], changed: SeriesInfo) => void} onAnswer with the words of what is chosen for all series */
  constructor(onAnswer) {
    this.#root.addEventListener('change', ({ target }) => {
      const { name, value } = /** @type {HTMLInputElement} */ (target);
      const changed = this.#series[Number(name.slice('series-'.length))];
      onAnswer(answersWith(this.#series, changed, /** @type {SeriesContrast} */ (value)), changed);
    });
    // A cohort may have thousands of series, so a study is drawn when it is opened.
    this.#root.addEventListener('toggle', ({ target }) => this.#fill(/** @type {HTMLDetailsElement} */ (target)), true);
  }

  /** The words of what a reader has chosen. */
  get words() {
    return this.#series.flatMap(answersOf);
  }

  /** @param {SeriesInfo[]} series */
  show(series) {
    const focused = /** @type {HTMLInputElement | null} */ (this.#root.contains(document.activeElement) ? document.activeElement : null);
    const opened = new Set([...this.#studies].flatMap(({ open, dataset }) => (open ? [dataset.study] : [])));
    const first = this.#series.length === 0;
    this.#series = series;
    const studies = studiesOf(series);
    const shown = studies.filter(isWorthShowing);
    if (shown.length === 0) moveFocusOut(this.#root);
    this.#root.hidden = shown.length === 0;
    this.#root.replaceChildren(...shown.map((study) => {
      const used = study.filter(({ case: user }) => user !== null).length;
      const name = studies.length > 1 ? `${nameOf(study)}: ` : '';
      const summary = make('summary', {}, `${name}${countOf(study.length, 'series', 'series')}, ${used} used`);
      const details = make('details', { className: 'report' }, summary, make('ul'));
      details.dataset.study = String(study[0].study);
      details.open = first ? studies.length === 1 || used === 0 : opened.has(details.dataset.study);
      this.#fill(details);
      return details;
    }));
    // The input that had the focus was replaced.
    if (focused?.name) /** @type {HTMLElement | null} */ (this.#root.querySelector(`[name="${focused.name}"]:checked`))?.focus();
  }

  /** @returns {NodeListOf<HTMLDetailsElement>} */
  get #studies() {
    return this.#root.querySelectorAll('details');
  }

  /** @param {HTMLDetailsElement} details */
  #fill(details) {
    const list = find('ul', details);
    if (!details.open || list.children.length > 0) return;
    list.append(...this.#series.flatMap((series, at) => (String(series.study) === details.dataset.study ? [row(series, at)] : [])));
  }
}

/** @param {SeriesInfo} series @param {number} at */
function row(series, at) {
  const { description, label, contrast, kind, basis, case: user } = series;
  const name = description || label;
  const seen = kind && (kind !== 'flair' || basis === 'none') ? nameOfKind(kind) : '';
  const choices = CONTRASTS.map(([value, text, full]) => {
    const input = make('input', { type: 'radio', name: `series-${at}`, value, checked: value === chosenContrast(series), ariaLabel: full });
    return make('label', { title: full }, input, text);
  });
  const group = make('div', { className: 'choice', role: 'radiogroup', ariaLabel: `What ${name} is taken for` }, ...choices);
  const item = make('li', {}, thumbnail(series), make('b', { title: label }, name), make('span', {}, detailsOf(series, seen)), group);
  item.toggleAttribute('data-used', user !== null);
  item.dataset.contrast = contrast;
  return item;
}

/** @param {SeriesInfo} series */
function thumbnail({ width, height, levels }) {
  const canvas = make('canvas', { width, height, ariaHidden: 'true' });
  const image = new ImageData(width, height);
  new Uint32Array(image.data.buffer).set(Array.from(levels, (level) => 0xff000000 | level * 0x010101));
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}
