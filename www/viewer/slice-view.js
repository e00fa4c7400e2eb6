/**
 * The slice in view, drawn from the store: the stage with its corners, the legend, and the thumbnails.
 */
import { formatCount, formatGrey } from '../core/format.js';
import { isSegmentable } from '../core/store.js';
import { Excerpts, smallestPart } from './excerpt.js';
import { Legend } from './legend.js';
import { PixelCache } from './pixel-cache.js';
import { Stage } from './stage.js';
import { isEmpty } from './threshold.js';
import { windowOf } from './window-presets.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Store } from '../core/store.js' */
/** @import { End } from '../measuring/lines.js' */
/** @import { Filmstrip } from './filmstrip.js' */
/** @import { Appearance, SliceMeasure, SliceState } from '../core/types.js' */

const CONTRAST_NAMES = { pre: 'pre', flair: 'FLAIR', post: 'post', composite: 'RGB' };

export class SliceView {
  stage = new Stage();
  #pixels;
  #store;
  #legend = new Legend();
  #onLoaded;
  /** Resolves when the next thumbnail may be drawn. @type {Promise<unknown>} */
  #turn = Promise.resolve();

  /** @param {Engine} engine @param {Store} store @param {() => void} onLoaded the pixels in view are loaded */
  constructor(engine, store, onLoaded) {
    this.#pixels = new PixelCache(engine);
    this.#store = store;
    this.#onLoaded = onLoaded;
  }

  /** The pixels in view, if they are loaded. Those of a large slice are a copy at a lower resolution. */
  get pixels() {
    const slice = this.#store.currentSlice;
    const picture = slice && this.#pixels.loaded(slice.info.id);
    return picture?.pyramid.at(-1) ?? null;
  }

  /** Other files are open. */
  clear() {
    this.#pixels.clear();
  }

  /** The values at a point of the slice in view, as lines of text; none outside it. @param {{x: number, y: number} | null} point */
  valuesAt(point) {
    const slice = this.#store.currentSlice;
    const flair = slice && this.#pixels.loaded(slice.info.id)?.flair;
    if (!point || !flair) return [];
    const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
    const { width, height } = slice.info;
    if (x < 0 || y < 0 || x >= width || y >= height) return [];
    const at = y * width + x;
    return [`x ${x}, y ${y}`, `FLAIR ${formatGrey(flair[at])}`, ...(slice.probability ? [`probability ${(slice.probability[at] / 65535).toFixed(2)}`] : [])];
  }

  /**
   * @param {Appearance} appearance
   * @param {{strokeMask: Uint8Array | null, message: string, flickering: boolean, selected: End | null}} state the mask during a stroke, why the slice was not edited, whether mask and reference alternate, and the end of a line that is selected
   */
  draw(appearance, { strokeMask, message, flickering, selected }) {
    const { current, currentSlice: slice, index, threshold, display: { layout } } = this.#store;
    if (!current || !slice) return;
    const { info } = slice;
    const measure = current.measure?.slices[index];
    const picture = this.#pixels.loaded(info.id);
    if (!picture) void this.#pixels.load(info).then(this.#onLoaded, () => {});
    const { probability, smallRegions } = slice;
    const view = picture && {
      ...picture,
      probability,
      smallRegions,
      edit: strokeMask ?? slice.edit,
      threshold,
      sideBySide: layout === 'side' && picture.reference !== null,
      flickering,
      drawn: { lines: slice.lines, selected, pixelSize: this.#store.pixelSize },
    };
    const held = !isSegmentable(current);
    const state = held ? 'not segmented' : describe(slice, measure);
    this.stage.show(view, appearance, {
      nw: `${current.name}\n${index + 1} / ${current.slices.length}`,
      ne: `${info.grey ? 'grey' : CONTRAST_NAMES[appearance.contrast]}\n${info.width} × ${info.height}`,
      sw: [state, slice.edit ? 'edited' : '', message].filter(Boolean).join('\n'),
      se: measure?.scores ? `Dice ${measure.scores.dice.toFixed(3)}` : '',
      left: view?.sideBySide ? paneTitle('Mask', isEmpty(view, threshold)) : '',
      right: view?.sideBySide ? paneTitle('Reference', !view.reference?.includes(1)) : '',
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
    const { current } = this.#store;
    const slice = current?.slices[index];
    if (!slice) return;
    const picture = await this.#pixels.load(slice.info).catch(() => null);
    // Each in a task of its own, because many at once would block the page.
    await (this.#turn = this.#turn.then(() => new Promise((next) => setTimeout(next))));
    if (!picture || this.#store.current !== current || !filmstrip.isVisible(index)) return;
    const { threshold, display } = this.#store;
    const layers = { ...slice, pyramid: picture.pyramid, threshold, reference: null };
    const { pixels, mask } = new Excerpts().of(layers, smallestPart(picture.pyramid));
    const window = windowOf(display.preset, display.window, display.contrast, pixels);
    filmstrip.draw(index, pixels, display.overlayVisible ? mask : null, { ...display, window });
  }
}

/** An empty pane says so. @param {string} title @param {boolean} empty */
function paneTitle(title, empty) {
  return empty ? `${title}, empty` : title;
}

/** @param {SliceState} slice @param {SliceMeasure | undefined} measure */
function describe({ fault, probability }, measure) {
  if (fault) return 'not segmented';
  if (measure?.segmented || measure?.edited) return `${formatCount(measure.area)} px`;
  return probability ? 'measuring' : 'not segmented yet';
}
