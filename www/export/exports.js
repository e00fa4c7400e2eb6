/**
 * What can be taken away. One thing is made at a time, and its button says so.
 */
import { find } from '../core/dom.js';
import { open, save, saveAs } from './save.js';
import { extract } from '../intake/zip.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { State } from '../core/store.js' */

const ZIP = 'application/zip';
const NIFTI = 'application/octet-stream';

export class Exports {
  #engine;
  #state;
  #buttons = /** @type {HTMLButtonElement[]} */ ([find('#save-all'), ...find('#panel-save').querySelectorAll('[data-save]')]);

  /**
   * @param {Engine} engine
   * @param {State} state
   * @param {() => Promise<Blob | null>} picture of the view, as PNG
   * @param {(message: string) => void} onFault
   */
  constructor(engine, state, picture, onFault) {
    this.#engine = engine;
    this.#state = state;
    /** What makes files that edits are in notes those that it began with. @param {() => Uint8Array[]} edits @param {() => Promise<boolean>} act */
    const keeping = (edits, act) => async () => {
      const begun = edits();
      if (await act()) state.save(begun);
    };
    const everything = () => state.edits;
    const here = () => state.current?.slices.flatMap(({ edit }) => edit ?? []) ?? [];
    /** @type {Record<string, () => Promise<unknown>>} */
    const acts = {
      all: keeping(everything, async () => {
        save(`${this.#name()}_glioscope.zip`, await engine.exportZip(state.settings), ZIP);
        return true;
      }),
      report: () => open(engine.report(state.settings), `${this.#name()}_report.html`),
      session: keeping(everything, () => saveAs(`${this.#name()}_session.zip`, ZIP, () => this.#session())),
      mask: keeping(here, async () => {
        save(`${this.#caseName()}_mask.nii`, await this.#volume('mask'), NIFTI);
        return true;
      }),
      probability: async () => save(`${this.#caseName()}_probability.nii`, await this.#volume('probability'), NIFTI),
      csv: async () => {
        const name = `${this.#name()}_statistics.csv`;
        const archive = new Blob([await engine.exportZip(state.settings)]);
        save(name, await extract(archive, 'statistics.csv'), 'text/csv');
      },
      view: async () => {
        const name = `${this.#caseName()}_slice_${state.at.slice + 1}.png`;
        const png = await picture();
        if (!png) throw new Error('there is no picture in view');
        save(name, png, 'image/png');
      },
    };
    for (const button of this.#buttons) {
      button.addEventListener('click', async () => {
        if (button.ariaBusy === 'true') return;
        button.ariaBusy = 'true';
        try {
          // Where files are being added, a case may be about to get another number.
          await state.settled();
          this.update();
          if (button.disabled) return;
          await acts[button.dataset.save ?? 'all']();
        } catch (error) {
          onFault(`Not saved: ${error instanceof Error ? error.message : String(error)}`);
        } finally {
          button.ariaBusy = 'false';
        }
      });
    }
    this.update();
  }

  /** Offers what there is. */
  update() {
    const { cases, at } = this.#state;
    const found = cases.some(({ slices }) => slices.some(({ probability, edit }) => probability || edit));
    // A volume has no way to say which of its slices are missing.
    const here = cases[at.case]?.slices;
    /** @type {Record<string, boolean | undefined>} */
    const offered = {
      view: cases.length > 0,
      session: cases.length > 0,
      mask: here?.every(({ probability, edit }) => probability || edit),
      probability: here?.every(({ probability }) => probability),
    };
    for (const button of this.#buttons) button.disabled = !(offered[button.dataset.save ?? 'all'] ?? found);
  }

  /** The visitor may have taken long to say where it goes. */
  async #session() {
    await this.#state.settled();
    return this.#engine.saveSession(this.#state.settings);
  }

  /** @param {'mask' | 'probability'} what */
  #volume(what) {
    const { at, threshold, current } = this.#state;
    return this.#engine.volume(at.case, what, threshold, current?.spacing ?? null);
  }

  /** Of all that is open. */
  #name() {
    return this.#state.cases.length === 1 ? this.#caseName() : 'glioscope';
  }

  #caseName() {
    return (this.#state.current?.name ?? 'glioscope').replace(/[^\p{L}\p{M}\p{N}_.-]+/gu, '_');
  }
}
