/**
 * Asks before a file is written that has the patient's name and identifiers. They come from DICOM files.
 */
import { ConfirmDialog } from '../core/confirm-dialog.js';

export class IdentifierWarning {
  #dialog = new ConfirmDialog('#identifiers');

  /** Whether the visitor wants the file. @param {string} file the beginning of a sentence, for example “A session” */
  async mayWrite(file) {
    const answer = await this.#dialog.ask(
      `${file} contains the name, the identifiers and the dates in the DICOM files. No other file that this page saves has them.`,
    );
    return answer === 'save';
  }
}
