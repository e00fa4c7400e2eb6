/**
 * Saving: all results, single files, the report and sessions. Each kind is made once at a time.
 */
import { find } from '../core/dom.js';
import { IdentifierWarning } from './identifier-warning.js';
import { download, openInTab, releaseTab, saveAs } from './save.js';
import { extract } from '../core/zip.js';

/** @import { SaveKind } from '../core/commands.js' */
/** @import { Engine } from '../engine/engine.js' */
/** @import { Store } from '../core/store.js' */

const ZIP = 'application/zip';
const NIFTI = 'application/octet-stream';
const DICOM = 'application/dicom';

export class Exports {
  #engine;
  #store;
  #onError;
  #warning = new IdentifierWarning();
  /** @type {Record<SaveKind, () => Promise<void>>} */
  #makers;
  /** @type {Set<SaveKind>} */
  #busy = new Set();

  /**
   * @param {Engine} engine
   * @param {Store} store
   * @param {{toPng: () => Promise<Blob | null>, onError: (error: unknown) => void}} page the current view as a PNG
   */
  constructor(engine, store, { toPng, onError }) {
    this.#engine = engine;
    this.#store = store;
    this.#onError = onError;
    store.on('open', () => {
      if (store.cases.length === 0) releaseTab();
    });
    this.#makers = {
      all: async () => {
        const edits = store.edits;
        download(`${this.#name()}_glioscope.zip`, await engine.exportZip(store.settings), ZIP);
        store.markSaved(edits);
      },
      report: () => openInTab(engine.report(store.settings), `${this.#name()}_report.html`),
      session: async () => {
        const identified = store.cases.some(({ reading }) => reading.spacingSource === 'dicom');
        if (identified && !(await this.#warning.mayWrite('A session'))) return;
        let edits = store.edits;
        const saved = await saveAs(`${this.#name()}_session.zip`, ZIP, () => {
          // The visitor may have edited while the dialog was open.
          edits = store.edits;
          return engine.saveSession(store.settings);
        });
        if (saved) store.markSaved(edits);
      },
      dicom: () => this.#saveSegmentation(false),
      'label-map': () => this.#saveSegmentation(true),
      mask: async () => {
        const edits = this.#caseEdits();
        download(`${this.#caseName()}_mask.nii`, await this.#volume('mask'), NIFTI);
        store.markSaved(edits);
      },
      probability: async () => download(`${this.#caseName()}_probability.nii`, await this.#volume('probability'), NIFTI),
      csv: () => this.#saveTable('statistics'),
      cohort: () => this.#saveTable('cohort'),
      view: async () => {
        const name = `${this.#caseName()}_slice_${store.index + 1}.png`;
        const png = await toPng();
        if (!png) throw new Error('nothing is shown');
        download(name, png, 'image/png');
      },
    };
  }

  /** @param {SaveKind} kind */
  async save(kind) {
    if (this.#busy.has(kind)) return;
    this.#setBusy(kind, true);
    try {
      await this.#makers[kind]();
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#setBusy(kind, false);
    }
  }

  /** @param {SaveKind} kind @param {boolean} busy */
  #setBusy(kind, busy) {
    if (busy) this.#busy.add(kind);
    else this.#busy.delete(kind);
    find(`[data-command="save-${kind}"]`).ariaBusy = String(busy);
  }

  /** A table of all cases. @param {'statistics' | 'cohort'} table one row a slice, or a case */
  async #saveTable(table) {
    const name = `${this.#name()}_${table}.csv`;
    const archive = await this.#engine.exportZip(this.#store.settings);
    download(name, await extract(archive, `${table}.csv`), 'text/csv');
  }

  /** @param {boolean} labelMap */
  async #saveSegmentation(labelMap) {
    const { threshold, current } = this.#store;
    if (!current || !(await this.#warning.mayWrite('A DICOM segmentation'))) return;
    const edits = this.#caseEdits();
    download(`${this.#caseName()}_mask.dcm`, await this.#engine.segmentation(current.id, threshold, labelMap), DICOM);
    this.#store.markSaved(edits);
  }

  /** The edits of the case in view. */
  #caseEdits() {
    return this.#store.current?.slices.flatMap(({ edit }) => edit ?? []) ?? [];
  }

  /** A volume of the case in view. @param {'mask' | 'probability'} what */
  #volume(what) {
    const { threshold, current } = this.#store;
    if (!current) throw new Error('nothing is open');
    return this.#engine.volume(current.id, what, threshold, current.spacing);
  }

  /** The name of a file with all cases. */
  #name() {
    return this.#store.cases.length === 1 ? this.#caseName() : 'glioscope';
  }

  #caseName() {
    return (this.#store.current?.name ?? 'glioscope').replace(/[^\p{L}\p{M}\p{N}_.-]+/gu, '_');
  }
}
