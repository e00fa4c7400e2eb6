/**
 * The case as a volume: three planes and a rendering.
 */

/** @import { Engine } from './engine.js' */
/** @import { State } from './state.js' */
/** @import { Look } from './types.js' */

export class Volume {
  /** @param {Engine} engine @param {State} state */
  constructor(engine, state) {
    void engine;
    void state;
  }

  /** @param {boolean} on @param {Look} look */
  show(on, look) {
    void look;
    void on;
  }

  /** @param {string} change */
  follow(change) {
    void change;
  }
}
