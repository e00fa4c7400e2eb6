/**
 * The film strip: every slice of the case as a thumbnail with its mask.
 */
import { count, find, make } from '../core/dom.js';
import { paint, tint } from './rasterise.js';

/** @import { Look, Pixels, SliceMeasure, SliceState } from '../core/types.js' */

/** The side of a thumbnail in canvas pixels: enough for a display of double density. */
const SIDE = 144;

/** Frames that are laid out in one go. */
const AT_ONCE = 30;

/** What is said of a slice without an area. @type {Record<string, string>} */
const WORDS = { fault: 'not segmented', held: 'held back by the input check', waiting: 'not segmented yet', found: 'segmented' };

export class Strip {
  #root = find('#strip');
  /** @type {HTMLButtonElement[]} */
  #frames = [];
  #current = -1;
  #scroll = 0;
  /** @type {Set<number>} those in sight or nearly so */
  #near = new Set();
  #onNeed;
  #watch;

  /**
   * @param {(slice: number) => void} onGo
   * @param {(slice: number) => void} onNeed a thumbnail has come into sight that is not drawn as it should be
   */
  constructor(onGo, onNeed) {
    this.#watch = new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen) {
        const at = this.#frames.indexOf(/** @type {HTMLButtonElement} */ (target));
        // Said of a case that was open before.
        if (at < 0) continue;
        if (isIntersecting) this.#near.add(at);
        else this.#near.delete(at);
        // A stack of hundreds keeps the pictures that are about to be seen, and no others.
        if (isIntersecting) onNeed(at);
        else target.querySelector('canvas')?.remove();
      }
    }, { root: this.#root, rootMargin: '0px 400px' });
    this.#onNeed = onNeed;
    this.#root.addEventListener('click', ({ target }) => {
      const frame = target instanceof Element ? target.closest('button') : null;
      if (frame) onGo(this.#frames.indexOf(frame));
    });
  }

  /** Starts over with another case. @param {SliceState[]} slices @param {boolean} held as for `mark` */
  open(slices, held) {
    this.#watch.disconnect();
    this.#near.clear();
    this.#current = -1;
    this.#frames = slices.map((_, at) => {
      const frame = make('button', { type: 'button', tabIndex: -1 });
      frame.append(make('b', { textContent: String(at + 1) }), make('i'));
      return frame;
    });
    this.#root.replaceChildren();
    slices.forEach((slice, at) => this.mark(at, slice, undefined, held));
    this.#hang(this.#frames);
  }

  /** Puts frames on the page, some with each picture of the display: hundreds at once would hold it up. @param {HTMLButtonElement[]} frames */
  #hang(frames) {
    const now = frames.slice(0, AT_ONCE);
    // Another case has been opened meanwhile.
    if (now.some((frame) => !this.#frames.includes(frame))) return;
    this.#root.append(...now);
    for (const frame of now) this.#watch.observe(frame);
    if (frames.length > now.length) requestAnimationFrame(() => this.#hang(frames.slice(AT_ONCE)));
    if (this.#current >= 0) this.select(this.#current);
  }

  /** Those in sight are to be drawn anew. */
  again() {
    for (const at of this.#near) this.#onNeed(at);
  }

  /** Whether a thumbnail is worth drawing. @param {number} at */
  wants(at) {
    return this.#near.has(at);
  }

  /**
   * What is known of a slice, in words and by its colour.
   * @param {number} at
   * @param {SliceState} slice
   * @param {SliceMeasure | undefined} measure
   * @param {boolean} held whether the input check holds its mask back
   */
  mark(at, { probability, edit, fault }, measure, held) {
    const frame = this.#frames[at];
    const known = (probability && measure?.done) || (edit && measure?.edited);
    const is = fault ? 'fault' : held ? 'held' : known ? (measure.area > 0 ? 'lesion' : 'clear') : probability ? 'found' : 'waiting';
    const found = WORDS[is] ?? `${count(measure?.area ?? 0)} pixels outlined`;
    const label = `Slice ${at + 1}, ${found}${edit ? ', edited' : ''}`;
    // Most slices of a long stack stay as they are.
    if (frame.dataset.is !== is) frame.dataset.is = is;
    if (frame.ariaLabel !== label) frame.ariaLabel = label;
    if (frame.hasAttribute('data-edited') !== Boolean(edit)) frame.toggleAttribute('data-edited', Boolean(edit));
  }

  /**
   * @param {number} at
   * @param {Pixels} pixels
   * @param {Uint8Array | null} mask null where there is none or it is hidden
   * @param {Look} look
   */
  draw(at, pixels, mask, { contrast, window, colour }) {
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
    context.drawImage(paint(pixels, contrast, window), ...place);
    if (!mask) return;
    context.globalAlpha = 0.75;
    context.drawImage(tint(mask, pixels.width, pixels.height, colour), ...place);
    context.globalAlpha = 1;
  }

  /** @param {number} at */
  select(at) {
    const before = this.#frames[this.#current];
    const frame = this.#frames[at];
    if (before !== frame) {
      before?.removeAttribute('aria-current');
      if (before) before.tabIndex = -1;
      frame.setAttribute('aria-current', 'true');
      frame.tabIndex = 0;
      if (before && document.activeElement === before) frame.focus({ preventScroll: true });
      this.#current = at;
    }
    // The strip may only now come into sight itself.
    cancelAnimationFrame(this.#scroll);
    this.#scroll = requestAnimationFrame(() => {
      this.#root.scrollTo({ left: frame.offsetLeft - (this.#root.clientWidth - frame.offsetWidth) / 2 });
    });
  }
}
