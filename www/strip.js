/**
 * The film strip: every slice of the case as a thumbnail with its mask.
 */
import { colour, count, find, make } from './dom.js';
import { paint, tint } from './picture.js';

/** @import { Contrast, Pixels, SliceState } from './types.js' */

/** The side of a thumbnail in canvas pixels: enough for a display of double density. */
const SIDE = 144;

export class Strip {
  #root = find('#strip');
  /** @type {HTMLButtonElement[]} */
  #frames = [];
  #current = -1;
  #colour = colour('--lesion');
  #watch;

  /**
   * @param {(slice: number) => void} onGo
   * @param {(slice: number) => void} onNeed a thumbnail has come into sight that is not drawn
   */
  constructor(onGo, onNeed) {
    this.#watch = new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen) {
        if (!isIntersecting) continue;
        this.#watch.unobserve(target);
        onNeed(this.#frames.indexOf(/** @type {HTMLButtonElement} */ (target)));
      }
    }, { root: this.#root, rootMargin: '0px 400px' });
    this.#root.addEventListener('click', ({ target }) => {
      const frame = target instanceof Element ? target.closest('button') : null;
      if (frame) onGo(this.#frames.indexOf(frame));
    });
  }

  /** Starts over with another case. @param {SliceState[]} slices */
  open(slices) {
    this.#watch.disconnect();
    this.#current = -1;
    this.#frames = slices.map((_, at) => {
      const frame = make('button', { type: 'button', tabIndex: -1 });
      frame.append(make('b', { textContent: String(at + 1) }), make('i'));
      return frame;
    });
    this.#root.replaceChildren(...this.#frames);
    slices.forEach((slice, at) => this.mark(at, slice));
    this.again();
  }

  /** Every thumbnail is to be drawn anew once it is in sight. */
  again() {
    for (const frame of this.#frames) this.#watch.observe(frame);
  }

  /** What is known of a slice, in words and by its colour. @param {number} at @param {SliceState} slice */
  mark(at, { finding, fault }) {
    const frame = this.#frames[at];
    frame.dataset.is = fault ? 'fault' : !finding ? 'waiting' : finding.area > 0 ? 'lesion' : 'clear';
    const found = fault ? 'not segmented' : !finding ? 'waiting' : `${count(finding.area)} pixels outlined`;
    frame.ariaLabel = `Slice ${at + 1}, ${found}`;
  }

  /**
   * @param {number} at
   * @param {Pixels} pixels
   * @param {Uint8Array | null} mask null where there is none or it is hidden
   * @param {Contrast} contrast
   */
  draw(at, pixels, mask, contrast) {
    const frame = this.#frames[at];
    if (!frame) return;
    let canvas = frame.querySelector('canvas');
    if (!canvas) frame.prepend((canvas = make('canvas', { width: SIDE, height: SIDE })));
    const context = canvas.getContext('2d');
    if (!context) return;
    const scale = Math.min(SIDE / pixels.width, SIDE / pixels.height);
    const [width, height] = [pixels.width * scale, pixels.height * scale];
    const place = /** @type {const} */ ([(SIDE - width) / 2, (SIDE - height) / 2, width, height]);
    context.clearRect(0, 0, SIDE, SIDE);
    context.imageSmoothingQuality = 'high';
    context.drawImage(paint(pixels, contrast), ...place);
    if (!mask) return;
    context.globalAlpha = 0.75;
    context.drawImage(tint(mask, pixels.width, pixels.height, this.#colour), ...place);
    context.globalAlpha = 1;
  }

  /** @param {number} at */
  select(at) {
    if (at === this.#current) return;
    const before = this.#frames[this.#current];
    const frame = this.#frames[at];
    before?.removeAttribute('aria-current');
    if (before) before.tabIndex = -1;
    frame.setAttribute('aria-current', 'true');
    frame.tabIndex = 0;
    if (before && document.activeElement === before) frame.focus({ preventScroll: true });
    this.#root.scrollTo({ left: frame.offsetLeft - (this.#root.clientWidth - frame.offsetWidth) / 2 });
    this.#current = at;
  }
}
