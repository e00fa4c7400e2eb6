/**
 * The result of the input check, where the case in view is unlike the training data. Such a case is segmented only when
 * the visitor asks for it.
 */
import { find, make, moveFocusOut } from '../core/dom.js';
import { isSegmentable } from '../core/store.js';

/** @import { CaseState } from '../core/types.js' */

export class InputCheckCard {
  #root = find('#input-check');
  #reasons = find('ul', this.#root);
  #shown = '';

  /** @param {CaseState} [open] the case in view */
  show(open) {
    const reasons = open && !isSegmentable(open) ? open.inputCheck.reasons : null;
    const key = JSON.stringify([open?.id, reasons]);
    // Screen readers announce every change.
    if (key === this.#shown) return;
    this.#shown = key;
    if (!reasons) moveFocusOut(this.#root);
    this.#root.hidden = !reasons;
    this.#reasons.replaceChildren(...(reasons ?? []).map((reason) => make('li', {}, reason)));
  }
}
