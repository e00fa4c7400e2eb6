/**
 * What the input check says of the case in view, before there is any mask on it. A case that is unlike what the network
 * was fitted on gets none until the visitor asks for it all the same.
 */
import { find, leave, make } from '../core/dom.js';

/** @import { CaseState } from '../core/types.js' */

export class VerdictCard {
  #root = find('#verdict');
  #reasons = find('ul', this.#root);
  #said = '';

  /** @param {() => void} onAnyway */
  constructor(onAnyway) {
    find('button', this.#root).addEventListener('click', onAnyway);
  }

  /** @param {CaseState} [state] the case in view */
  show(state) {
    const held = state && !state.verdict.accepted && !state.anyway ? state.verdict.reasons : null;
    const words = JSON.stringify([state?.name, held]);
    // Said once, not with every slice that is looked at.
    if (words === this.#said) return;
    this.#said = words;
    if (!held) leave(this.#root);
    this.#root.hidden = !held;
    this.#reasons.replaceChildren(...(held ?? []).map((reason) => make('li', {}, reason)));
  }
}
