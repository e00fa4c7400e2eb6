/**
 * What each key does: the list that the help shows is in the page's markup.
 */
import { find } from '../core/dom.js';
import { listenForKeys } from './keyboard.js';

/** @import { Looks } from './display-panel.js' */
/** @import { State } from '../core/store.js' */
/** @import { Tools } from './toolbar.js' */

/** How far a turn of the threshold by key goes. */
const TURN = 0.05;
/** Pixels of the slice that Shift and an arrow move the brush by, and CSS pixels that they move the slice by. */
const FAR = 10;

/**
 * @param {object} parts
 * @param {State} parts.state
 * @param {Looks} parts.looks
 * @param {Tools} parts.tools
 * @param {Record<'undo' | 'redo' | 'revert' | 'nearer' | 'farther' | 'fit' | 'flicker', () => void>} parts.press
 * @param {(slices: number) => void} parts.step
 * @param {(x: number, y: number, far: boolean) => boolean} parts.move
 * @param {() => void} parts.stamp
 */
export function listenForShortcuts({ state, looks, tools, press, step, move, stamp }) {
  /** @param {number} by */
  const turn = (by) => state.setThreshold(Math.min(0.95, Math.max(0.05, Math.round((state.threshold + by) * 100) / 100)));
  const contrasts = ['flair', 'pre', 'post', 'composite'];
  listenForKeys({
    isOpen: () => state.cases.length > 0,
    anywhere: {
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      v: () => tools.pick('tool', 'browse'),
      w: () => tools.pick('tool', 'window'),
      b: () => tools.pick('tool', 'brush'),
      e: () => tools.pick('tool', 'eraser'),
      '[': () => tools.grow(-1),
      ']': () => tools.grow(1),
      ...Object.fromEntries(contrasts.map((contrast, i) => [String(i + 1), () => looks.pick('contrast', contrast)])),
      m: () => looks.pick('overlay', 'mask'),
      p: () => looks.pick('overlay', 'heat'),
      a: () => looks.pick('overlay', 'agreement'),
      o: () => looks.next('style'),
      h: () => looks.toggle('shown'),
      r: () => looks.toggle('reference'),
      l: () => state.show({ ...state.at, slice: state.best(state.at.case) }),
      s: () => tools.pick('layout', tools.layout === 'side' ? 'slice' : 'side'),
      d: () => tools.pick('layout', tools.layout === 'volume' ? 'slice' : 'volume'),
      f: press.flicker,
      '+': press.nearer,
      '=': press.nearer,
      '-': press.farther,
      0: press.fit,
      ',': () => turn(-TURN),
      '.': () => turn(TURN),
      ' ': stamp,
      '?': () => find('#help').togglePopover(),
    },
    onSlices: {
      ArrowUp: () => step(-1),
      ArrowDown: () => step(1),
      PageUp: () => step(-10),
      PageDown: () => step(10),
      Home: () => step(-Infinity),
      End: () => step(Infinity),
    },
    withControl: { z: press.undo, y: press.redo, 'Shift+z': press.redo },
    move: (x, y, far) => move(far ? x * FAR : x, far ? y * FAR : y, far),
  }, /** @type {HTMLInputElement} */ (find('#letters')));
}
