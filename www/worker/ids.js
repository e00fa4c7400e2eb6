/**
 * Stable ids for cases and slices, over a library that numbers them by position. A slice's id is its name, which is
 * unique. A case's id is that of its first slice; the case keeps it for as long as that slice belongs to it. So an id
 * means the same in every worker that has read the same files.
 */

/** @import * as Library from '../pkg/glioscope.js' */
/**
 * @typedef {{accepted: boolean, reasons: string[]}} InputCheck whether a case is like the training data; `reasons` are sentences
 * @typedef {object} SliceInfo
 * @property {string} id
 * @property {string} name
 * @property {number} width
 * @property {number} height
 * @property {boolean} grey whether FLAIR alone serves for all channels
 * @property {boolean} reference whether a reference mask came with it
 * @property {boolean} segmented
 * @property {boolean} edited
 * @typedef {object} CaseInfo
 * @property {string} id
 * @property {string} name
 * @property {SliceInfo[]} slices in order
 * @property {[number, number] | null} resolution millimetres a pixel, x and y, where all files state the same
 * @property {InputCheck} inputCheck
 * @typedef {{cases: CaseInfo[], notes: Library.Note[]}} Assembly
 * @typedef {{slice: string, width: number, height: number, probability: Uint16Array<ArrayBuffer>, milliseconds: number}} Segmented
 * @typedef {{x: number, y: number, z: number}} Spacing millimetres, as given by the visitor; `z` between slices
 * @typedef {{threshold: number, spacing: Record<string, Spacing>, rules?: string, view?: unknown}} Settings `spacing` by case id; `view`: display settings
 * @typedef {object} SliceMeasure
 * @property {string} slice its id
 * @property {number} area pixels inside the mask
 * @property {boolean} edited
 * @property {boolean} segmented
 * @property {Library.Scores | null} scores null without a mask or a reference
 * @property {number | null} mm2 null without a known pixel size
 * @property {number} smallRegions pixels of removed small regions
 * @typedef {Omit<Library.CaseMeasure, 'slices'> & {slices: SliceMeasure[]}} CaseMeasure `largest` is a position in `slices`, or -1
 */

export class Ids {
  /** @type {Library.CaseInfo[]} */
  #cases = [];
  /** By slice id. @type {Map<string, {case: number, slice: number, caseId: string}>} */
  #places = new Map();

  /** Numbers the cases of an assembly. @param {Library.Session} session @returns {Assembly} */
  assemble(session) {
    const { cases, notes } = session.assemble();
    const former = this.#places;
    this.#cases = cases;
    this.#places = new Map();
    const named = cases.map((one, at) => {
      const names = new Set(one.slices.map(({ name }) => name));
      const kept = one.slices.map(({ name }) => former.get(name)?.caseId).find((id) => id !== undefined && names.has(id));
      const id = kept ?? one.slices[0].name;
      one.slices.forEach(({ name }, slice) => this.#places.set(name, { case: at, slice, caseId: id }));
      const { slices } = session.measure(at, 0.5, null);
      return {
        id,
        name: one.name,
        resolution: one.resolution,
        inputCheck: one.verdict,
        slices: one.slices.map((info, i) => ({ ...info, id: info.name, segmented: slices[i].done, edited: slices[i].edited })),
      };
    });
    return { cases: named, notes };
  }

  clear() {
    this.#cases = [];
    this.#places = new Map();
  }

  /** The position of a slice: of its case, and in its case. @param {string} id @returns {[number, number]} */
  slice(id) {
    const place = this.#places.get(id);
    if (!place) throw { kind: 'usage', file: null, message: `no open slice is ${id}` };
    return [place.case, place.slice];
  }

  /** The position of a case. @param {string} id */
  case(id) {
    return this.slice(id)[0];
  }

  /** @param {Library.Session} session @param {string} id @param {number} threshold @param {Spacing | null} spacing @returns {CaseMeasure} */
  measure(session, id, threshold, spacing) {
    const at = this.case(id);
    const { slices, ...rest } = session.measure(at, threshold, toLibrary(spacing));
    return {
      ...rest,
      slices: slices.map(({ done, left_out, ...one }, i) => ({
        ...one, slice: this.#cases[at].slices[i].name, segmented: done, smallRegions: left_out,
      })),
    };
  }

  /** @param {Settings} settings @returns {Library.Settings} */
  settings({ threshold, spacing, rules }) {
    const ids = new Map([...this.#places.values()].map((place) => [place.case, place.caseId]));
    return { threshold, rules, spacing: this.#cases.map((_, at) => toLibrary(spacing[ids.get(at) ?? ''] ?? null)) };
  }

  /** The settings of a session, once its cases are assembled. @param {Library.Settings} settings @returns {Settings} */
  restored({ threshold, spacing, rules }) {
    const entries = [...this.#places.values()].flatMap(({ case: at, caseId }) => {
      const given = spacing[at];
      return given ? [/** @type {const} */ ([caseId, { x: given.x, y: given.y, z: given.slice }])] : [];
    });
    return { threshold, rules, spacing: Object.fromEntries(entries) };
  }
}

/** @param {Spacing | null} spacing @returns {Library.Spacing | null} */
export function toLibrary(spacing) {
  return spacing && { x: spacing.x, y: spacing.y, slice: spacing.z };
}
