/**
 * The result of the input check, where the case in view does not show axial FLAIR. Such a case is segmented only when the visitor
 * asks for it.
 */
import { find, make, moveFocusOut } from '../core/dom.js';
import { isSegmentable } from '../core/store.js';

/** @import { CaseState, InputCheck, Kind } from '../core/types.js' */

/** @satisfies {Record<Kind, string>} */
const KINDS = {
  flair: 'axial FLAIR',
  t1: 'T1 before contrast',
  't1-contrast': 'T1 after contrast',
  t2: 'T2',
  'other-plane': 'coronal or sagittal slices',
  'no-head': 'no MR image of a head',
};

/** @param {Kind} kind */
export const nameOfKind = (kind) => KINDS[kind];

/** What a case shows, with a colon in front; empty without a check. @param {InputCheck} check */
export const shownKind = ({ kind }) => (kind ? `: ${KINDS[kind]}` : '');

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
