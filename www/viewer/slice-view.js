/**
 * The slice in view, drawn from the store: the stage with its corners, the legend, and the thumbnails.
 */
import { formatCount } from '../core/format.js';
import { memoizeLast } from '../core/memoize.js';
import { isSegmentable } from '../core/store.js';
import { Legend } from './legend.js';
import { PixelCache } from './pixel-cache.js';
import { Stage } from './stage.js';
import { thresholdMask } from './threshold.js';
import { windowOf } from './window-presets.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Store } from '../core/store.js' */
/** @import { Filmstrip } from './filmstrip.js' */
/** @import { Appearance, SliceMeasure, SliceState } from '../core/types.js' */

const CONTRAST_NAMES = { pre: 'pre', flair: 'FLAIR', post: 'post', composite: 'RGB' };

export class SliceView {
  stage = new Stage();
  #pixels;
  #store;
  #legend = new Legend();
  #onLoaded;
  /** Zooming and panning need the same mask again. */
  #thresholdMask = memoizeLast(thresholdMask);

  /** @param {Engine} engine @param {Store} store @param {() => void} onLoaded the pixels in view are loaded */
  constructor(engine, store, onLoaded) {
    this.#pixels = new PixelCache(engine);
    this.#store = store;
    this.#onLoaded = onLoaded;
  }

  /** The pixels in view, if they are loaded. */
  get pixels() {
    const slice = this.#store.currentSlice;
    return slice ? (this.#pixels.loaded(slice.info.id)?.pixels ?? null) : null;
  }

  /** Other files are open. */
  clear() {
    this.#pixels.clear();
  }

  /** The mask in view: the edited one, or the predicted one at the threshold. */
  get mask() {
    const slice = this.#store.currentSlice;
    if (!slice) return null;
    const { probability, edit, smallRegions } = slice;
    return edit ?? (probability && this.#thresholdMask(probability, this.#store.threshold, smallRegions));
  }

  /**
   * @param {Appearance} appearance
   * @param {{strokeMask: Uint8Array | null, message: string, flickering: boolean}} state the mask during a stroke, why the slice cannot be edited, and whether mask and reference alternate
   */
  draw(appearance, { strokeMask, message, flickering }) {
    const { current, currentSlice: slice, index, threshold, display: { layout } } = this.#store;
    if (!current || !slice) return;
    const { info } = slice;
    const measure = current.measure?.slices[index];
    const picture = this.#pixels.loaded(info.id);
    if (!picture) void this.#pixels.load(info).then(this.#onLoaded, () => {});
    const view = picture && {
      ...picture,
      mask: strokeMask ?? this.mask,
      probability: slice.probability,
      sideBySide: layout === 'side' && picture.reference !== null,
      flickering,
    };
    const held = !isSegmentable(current);
    const state = held ? 'not segmented' : describe(slice, measure);
    this.stage.show(view, appearance, {
      nw: `${current.name}\n${index + 1} / ${current.slices.length}`,
      ne: `${info.grey ? 'grey' : CONTRAST_NAMES[appearance.contrast]}\n${info.width} × ${info.height}`,
      sw: [state, slice.edit ? 'edited' : '', message].filter(Boolean).join('\n'),
      se: measure?.scores ? `Dice ${measure.scores.dice.toFixed(3)}` : '',
      left: view?.sideBySide ? paneTitle('Mask', view.mask) : '',
      right: view?.sideBySide ? paneTitle('Reference', view.reference) : '',
    }, `Slice ${index + 1} of ${current.slices.length} of ${current.name}${slice.edit ? ', edited' : ''}: ${state}${message && `; ${message}`}`);
    // The volume shows neither the outline nor the reference, and the counts are those of the slice.
    const ofVolume = { threshold: null, scores: null, hasReference: false, comparable: true, edited: false, held };
    const scores = held ? null : (measure?.scores ?? null);
    this.#legend.show(appearance, layout === 'volume' ? ofVolume : {
      threshold, scores, hasReference: info.reference, comparable: info.reference, edited: slice.edit !== null, held,
    });
  }

  /** @param {Filmstrip} filmstrip @param {number} index of the slice in the case in view */
  async drawThumbnail(filmstrip, index) {
    const { current, threshold, display } = this.#store;
    const slice = current?.slices[index];
    if (!slice) return;
    const picture = await this.#pixels.load(slice.info).catch(() => null);
    if (!picture || this.#store.current !== current || !filmstrip.isVisible(index)) return;
    const { probability, edit, smallRegions } = slice;
    const mask = display.overlayVisible ? (edit ?? (probability && thresholdMask(probability, threshold, smallRegions))) : null;
    const window = windowOf(display.preset, display.window, display.contrast, picture.pixels);
    filmstrip.draw(index, picture.pixels, mask, { ...display, window });
  }
}

/** An empty pane says so. @param {string} title @param {Uint8Array | null} mask */
function paneTitle(title, mask) {
  return mask && !mask.includes(1) ? `${title}, empty` : title;
}

/** @param {SliceState} slice @param {SliceMeasure | undefined} measure */
function describe({ fault, probability }, measure) {
  if (fault) return 'not segmented';
  if (measure?.segmented || measure?.edited) return `${formatCount(measure.area)} px`;
  return probability ? 'measuring' : 'not segmented yet';
}
