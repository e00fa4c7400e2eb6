/**
 * Protects edits that are in no file yet: the browser asks before the page is closed, the page before files are replaced.
 */
import { ConfirmDialog } from '../core/confirm-dialog.js';
import { countOf } from '../core/format.js';

/** @import { Store } from '../core/store.js' */

export class UnsavedDialog {
  #dialog = new ConfirmDialog('#unsaved');
  #store;
  #save;

  /** @param {Store} store @param {() => Promise<void>} save saves a session */
  constructor(store, save) {
    this.#store = store;
    this.#save = save;
    addEventListener('beforeunload', (event) => {
      if (store.unsavedEdits > 0) event.preventDefault();
    });
  }

  /**
   * Whether edits may be dropped. Asks the visitor where one would be lost, and saves a session on request.
   * @param {string} action the beginning of a sentence, for example “Opening these files”
   * @param {Uint8Array[]} [edits] those that would be dropped; by default all
   */
  async mayDiscard(action, edits) {
    const count = () => (edits ? this.#store.countUnsaved(edits) : this.#store.unsavedEdits);
    if (count() === 0) {
      this.#dialog.dismiss();
      return true;
    }
    const answer = await this.#dialog.ask(
      `${action} discards the edits of ${countOf(count(), 'slice')}. A session keeps files, results and edits.`,
    );
    if (answer !== 'save') return answer === 'discard';
    await this.#save();
    // Nothing is saved where the visitor cancels, or where it fails.
    return count() === 0;
  }
}
