/**
 * The filmstrip: every slice of the case as a thumbnail with its mask.
 */
import { find, make } from '../core/dom.js';
import { formatCount } from '../core/format.js';
import { drawThumbnail } from './rasterise.js';

/** @import { Appearance, Pixels, SliceMeasure, SliceState } from '../core/types.js' */

/** The side of a thumbnail in canvas pixels: 72 CSS pixels at double density. */
const SIDE = 144;
/** Frames that are added to the page at once. Hundreds at once would block it. */
const BATCH = 30;

/** The state of a slice without a measured area, for screen readers. @type {Record<string, string>} */
const LABELS = { fault: 'not segmented', held: 'not segmented: not axial FLAIR', waiting: 'not segmented yet', found: 'segmented' };

export class Filmstrip {
  #root = find('#strip');
  /** @type {HTMLButtonElement[]} */
  #frames = [];
  #current = -1;
  #scroll = 0;
  /** Frames that are visible or nearly visible. @type {Set<number>} */
  #visible = new Set();
  #onVisible;
  #observer;

  /**
   * @param {(index: number) => void} onSelect
   * @param {(index: number) => void} onVisible a thumbnail has to be drawn
   */
  constructor(onSelect, onVisible) {
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const index = this.#frames.indexOf(/** @type {HTMLButtonElement} */ (target));
        // A frame of a case that was open before.
        if (index < 0) continue;
        if (isIntersecting) this.#visible.add(index);
        else this.#visible.delete(index);
        // A stack of hundreds keeps the canvases of visible frames only.
        if (isIntersecting) onVisible(index);
        else target.querySelector('canvas')?.remove();
      }
    }, { root: this.#root, rootMargin: '0px 400px' });
    this.#onVisible = onVisible;
    this.#root.addEventListener('click', ({ target }) => {
      const frame = target instanceof Element ? target.closest('button') : null;
      if (frame) onSelect(this.#frames.indexOf(frame));
    });
  }

  /** Shows another case. @param {SliceState[]} slices @param {boolean} held as for `update` */
  open(slices, held) {
    this.#observer.disconnect();
    this.#visible.clear();
    this.#current = -1;
    this.#frames = slices.map((_, index) => {
      const frame = make('button', { type: 'button', tabIndex: -1 });
      frame.append(make('b', { textContent: String(index + 1) }), make('i'));
      return frame;
    });
    this.#root.replaceChildren();
    slices.forEach((slice, index) => this.update(index, slice, undefined, held));
    this.#append(this.#frames);
  }

  /** @param {HTMLButtonElement[]} frames */
  #append(frames) {
    const batch = frames.slice(0, BATCH);
    // Another case has been opened in the meantime.
    if (batch.some((frame) => !this.#frames.includes(frame))) return;
    this.#root.append(...batch);
    for (const frame of batch) this.#observer.observe(frame);
    if (frames.length > batch.length) requestAnimationFrame(() => this.#append(frames.slice(BATCH)));
    if (this.#current >= 0) this.select(this.#current);
  }

  /** Draws all visible thumbnails again. */
  redraw() {
    for (const index of this.#visible) this.#onVisible(index);
  }

  /** @param {number} index */
  isVisible(index) {
    return this.#visible.has(index);
  }

  /**
   * Shows the state of a slice as a colour and as a label.
   * @param {number} index
   * @param {SliceState} slice
   * @param {SliceMeasure | undefined} measure
   * @param {boolean} held whether the input check has not accepted the case
   */
  update(index, { probability, edit, fault }, measure, held) {
    const frame = this.#frames[index];
    const measured = (probability && measure?.segmented) || (edit && measure?.edited);
    const is = fault ? 'fault' : held ? 'held' : measured ? (measure.area > 0 ? 'lesion' : 'clear') : probability ? 'found' : 'waiting';
    const state = LABELS[is] ?? `${formatCount(measure?.area ?? 0)} pixels outlined`;
    const label = `Slice ${index + 1}, ${state}${edit ? ', edited' : ''}`;
    // Most slices of a long stack do not change.
    if (frame.dataset.is !== is) frame.dataset.is = is;
    if (frame.ariaLabel !== label) frame.ariaLabel = label;
    if (frame.hasAttribute('data-edited') !== Boolean(edit)) frame.toggleAttribute('data-edited', Boolean(edit));
  }

  /**
   * @param {number} index
   * @param {Pixels} pixels
   * @param {Uint8Array | null} mask null where there is none or it is hidden
   * @param {Appearance} appearance
   */
  draw(index, pixels, mask, appearance) {
    const frame = this.#frames[index];
    if (!frame) return;
    let canvas = frame.querySelector('canvas');
    if (!canvas) frame.prepend((canvas = make('canvas', { width: SIDE, height: SIDE })));
    drawThumbnail(canvas, pixels, mask, appearance);
  }

  /** @param {number} index */
  select(index) {
    const before = this.#frames[this.#current];
    const frame = this.#frames[index];
    if (before !== frame) {
      before?.removeAttribute('aria-current');
      if (before) before.tabIndex = -1;
      frame.setAttribute('aria-current', 'true');
      frame.tabIndex = 0;
      if (before && document.activeElement === before) frame.focus({ preventScroll: true });
      this.#current = index;
    }
    // The strip itself may become visible with this frame.
    cancelAnimationFrame(this.#scroll);
    this.#scroll = requestAnimationFrame(() => {
      this.#root.scrollTo({ left: frame.offsetLeft - (this.#root.clientWidth - frame.offsetWidth) / 2 });
    });
  }
}
