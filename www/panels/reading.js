/**
 * What the files of the case in view are read as. It is known before anything is segmented.
 */
import { find, make } from '../core/dom.js';
import { countOf, formatCount } from '../core/format.js';

/** @import { CaseState, InspectedCase, InspectedSlice } from '../core/types.js' */

/** The metadata that state a spacing, by the name in the library. @type {Record<string, string>} */
const SOURCES = { tiff: 'resolution tags of the TIFF', imagej: 'ImageJ', ome: 'OME', nifti: 'NIfTI', dicom: 'DICOM' };

export class Reading {
  #root = /** @type {HTMLDetailsElement} */ (find('#reading'));
  #summary = find('summary', this.#root);
  #facts = find('dl', this.#root);
  #files = find('ul', this.#root);
  /** @type {CaseState | undefined} */
  #open;

  constructor() {
    this.#root.addEventListener('toggle', () => this.#fill());
  }

  /** @param {CaseState} [open] the case in view */
  show(open) {
    if (open?.reading === this.#open?.reading) return;
    this.#open = open;
    this.#root.hidden = !open;
    if (open) this.#summary.textContent = `Read as ${countOf(open.slices.length, 'slice')}, ${contrastsOf(open.reading)}`;
    this.#fill();
  }

  /** A case may have thousands of files, so the list is made when it is opened. */
  #fill() {
    const open = this.#root.open ? this.#open : undefined;
    this.#facts.replaceChildren(...(open ? facts(open) : []).map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
    const slices = open?.reading.slices ?? [];
    const stack = slices.some(({ page }) => page > 1);
    this.#files.replaceChildren(...slices.map((slice) => line(slice, stack)));
  }
}

/** @param {CaseState} open @returns {[string, string][]} */
function facts({ reading, doubtful }) {
  const { plane, orientation, spacing, spacingSource: source, slices } = reading;
  const sizes = new Set(slices.map(({ width, height }) => `${width} × ${height}`));
  const references = slices.filter(({ reference }) => reference !== null).length;
  const single = slices.length === 1 ? '; judged by itself, so the mask is less reliable (see the model card)' : '';
  const stated = spacing?.filter((length) => length !== null).map((length) => Number(length.toPrecision(6))).join(' × ');
  return [
    ['Slices', `${formatCount(slices.length)} of ${[...sizes].join(' and ')} pixels${single}`],
    ['Contrasts', contrastsOf(reading)],
    ['References', references === 0 ? 'none' : `${formatCount(references)} of ${countOf(slices.length, 'slice')}`],
    ['Spacing', stated ? `${stated} mm${source ? `, from ${SOURCES[source] ?? source}` : ''}`
      : doubtful ? `not known; the file states ${doubtful.map((length) => Number(length.toPrecision(6))).join(' × ')} mm, which is doubtful` : 'not in the files'],
    ['Plane', plane ?? 'not in the files'],
    ...(orientation ? [/** @type {[string, string]} */ (['Orientation', orientation])] : []),
  ];
}

/** @param {InspectedCase} reading */
function contrastsOf({ slices }) {
  const all = new Set(slices.map(({ contrasts }) => (contrasts.length === 1 ? 'FLAIR alone' : 'pre, FLAIR and post')));
  return [...all].join(' or ');
}

/** @param {InspectedSlice} slice @param {boolean} stack whether the files have pages */
function line({ file, page, reference, referencePixels: pixels }, stack) {
  return make('li', {}, make('b', {}, file), ...(stack ? [`, page ${page}`] : []),
    ...(reference ? [`; reference ${reference}, ${countOf(pixels ?? 0, 'pixel')}`] : []));
}
