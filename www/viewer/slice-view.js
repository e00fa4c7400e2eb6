/**
 * The slice in view, drawn from the store: the stage with its corners, the legend, and the thumbnails.
 */
import { formatCount, formatGrey, formatScore } from '../core/format.js';
import { memoizeLast } from '../core/memoize.js';
import { isDrawing, isSegmentable, pixelSizeOf } from '../core/store.js';
import { ScoreTable } from '../exercise/score-table.js';
import { agreementOf } from '../exercise/scores.js';
import { captionsOf } from '../timepoints/captions.js';
import { besideOf } from '../timepoints/time-points.js';
import { Excerpts, smallestPart } from './excerpt.js';
import { Legend } from './legend.js';
import { PixelCache } from './pixel-cache.js';
import { drawThumbnail } from './rasterise.js';
import { Stage } from './stage.js';
import { isEmpty, maskOf } from './threshold.js';
import { windowOf } from './window-presets.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Store } from '../core/store.js' */
/** @import { End } from '../measuring/lines.js' */
/** @import { Beside } from '../timepoints/time-points.js' */
/** @import { Layers } from './excerpt.js' */
/** @import { Filmstrip } from './filmstrip.js' */
/** @import { Content } from './stage.js' */
/** @import { Agreement } from '../exercise/scores.js' */
/** @import { Appearance, CaseState, Pixels, SliceMeasure, SliceState } from '../core/types.js' */

const CONTRAST_NAMES = { pre: 'pre', flair: 'FLAIR', post: 'post', composite: 'RGB' };

export class SliceView {
  stage = new Stage();
  #engine;
  #pixels;
  #store;
  #legend = new Legend();
  #scoreTable = new ScoreTable();
  #network = memoizeLast(networkAgreement);
  #otherWindow = memoizeLast(windowOf);
  #onLoaded;
  /** Resolves when the next thumbnail may be drawn. @type {Promise<unknown>} */
  #turn = Promise.resolve();

  /** @param {Engine} engine @param {Store} store @param {() => void} onLoaded the pixels in view are loaded */
  constructor(engine, store, onLoaded) {
    this.#engine = engine;
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
    this.#scoreTable.show(null);
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
    return [`x ${x}, y ${y}`, `FLAIR ${formatGrey(flair[at])}`, ...(slice.probability && !isDrawing(this.#store.current) ? [`probability ${(slice.probability[at] / 65535).toFixed(2)}`] : [])];
  }

  /**
   * @param {Appearance} appearance
   * @param {{strokeMask: Uint8Array | null, message: string, flickering: boolean, selected: End | null}} state the mask during a stroke, why the slice was not edited, whether mask and reference alternate, and the end of a line that is selected
   */
  draw(appearance, { strokeMask, message, flickering, selected }) {
    const { current, currentSlice: slice, index, threshold, display: { layout } } = this.#store;
    if (!current || !slice) return;
    const { info, probability, smallRegions } = slice;
    const measure = current.measure?.slices[index];
    const { exercise } = current;
    const drawing = isDrawing(current);
    const comparing = exercise !== null && !drawing;
    const content = this.#contentOf(current, { ...slice, edit: strokeMask ?? slice.edit }, appearance, selected);
    const { layers } = content;
    const network = comparing && layers?.reference ? this.#network(probability, smallRegions, threshold, layers.reference) : null;
    this.#scoreTable.show(comparing ? resultOf(current, measure, network) : null);
    const held = !isSegmentable(current) && !exercise;
    const state = stateOf(current, index);
    const kind = exercise ? 'your mask' : slice.edit ? 'edited' : '';
    const beside = layout === 'side' ? besideOf(this.#store) : null;
    if (beside) this.#showBeside(beside, content, [state, kind, message].filter(Boolean));
    else {
      const dice = measure?.scores && !drawing ? `Dice ${formatScore(measure.scores.dice)}` : '';
      const sideBySide = layout === 'side' && !drawing && layers !== null && (comparing || layers.reference !== null);
      this.stage.show({ contents: sideBySide ? twoPanes(content, layers, comparing) : [content], active: null, comparing: (sideBySide && !comparing) || flickering }, {
        nw: `${current.name}\n${index + 1} / ${current.slices.length}`,
        ne: `${info.grey ? 'grey' : CONTRAST_NAMES[appearance.contrast]}\n${info.width} × ${info.height}`,
        sw: [state, kind, message].filter(Boolean).join('\n'),
        se: sideBySide && comparing ? '' : dice,
        left: !sideBySide ? '' : comparing ? ['You', dice].filter(Boolean).join(', ') : paneTitle('Mask', isEmpty(layers, threshold)),
        right: !sideBySide ? '' : comparing ? networkTitle(probability, network) : paneTitle('Reference', !layers.reference?.includes(1)),
        other: '',
      }, [`Slice ${index + 1} of ${current.slices.length} of ${current.name}${kind && `, ${kind}`}: ${state}`,
        ...(comparing && dice ? [`your ${dice}`] : []),
        ...(network ? [`${networkTitle(probability, network)}`] : []),
        ...(message ? [message] : [])].join('; '));
    }
    // The volume shows neither the outline nor the reference, and the counts are those of the slice.
    const ofVolume = { threshold: null, scores: null, hasReference: false, comparable: true, edited: false, drawn: exercise !== null, held };
    // Two cases have colours in common, but no counts.
    const scores = held || drawing || beside ? null : (measure?.scores ?? null);
    const hasReference = info.reference && !drawing;
    this.#legend.show(appearance, layout === 'volume' ? ofVolume : {
      threshold, scores, hasReference, comparable: hasReference, edited: slice.edit !== null, drawn: exercise !== null, held,
    });
  }

  /** Shows two time points. @param {Beside} beside @param {Content} content of the slice in view @param {string[]} state of the slice in view */
  #showBeside(beside, content, state) {
    const { current, index, display } = this.#store;
    if (!current) return;
    const { side, open, place } = beside;
    const slice = open.slices[place.index];
    const other = this.#contentOf(open, slice, content.appearance, null);
    const pixels = other.layers?.pyramid.at(-1);
    if (pixels) other.appearance = { ...other.appearance, window: this.#otherWindow(display.preset, display.window, display.contrast, pixels) };
    if (!place.inside) other.layers = null;
    const { corners, label } = captionsOf(beside,
      { name: current.name, index, count: current.slices.length, state },
      { name: open.name, index: place.index, count: open.slices.length, state: [stateOf(open, place.index), ...(slice.edit ? ['edited'] : [])] });
    const [contents, active] = side === 'earlier' ? [[content, other], 0] : [[other, content], 1];
    this.stage.show({ contents, active, comparing: false }, corners, label);
  }

  /**
   * A slice of any case, as the stage shows it. Its pixels are requested if they are not loaded.
   * @param {CaseState} open
   * @param {SliceState} slice
   * @param {Appearance} appearance
   * @param {End | null} selected
   * @returns {Content}
   */
  #contentOf(open, { info, probability, smallRegions, edit, lines }, appearance, selected) {
    const picture = this.#pixels.loaded(info.id);
    if (!picture) void this.#pixels.load(info).then(this.#onLoaded, () => {});
    const pixelSize = pixelSizeOf(open);
    return {
      width: info.width,
      height: info.height,
      pixel: pixelSize?.x ?? null,
      layers: picture && { ...picture, probability, smallRegions, edit, threshold: this.#store.threshold },
      drawn: { lines, selected, pixelSize },
      appearance,
    };
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
    const { pixels, mask, appearance } = this.#small(slice, picture.pyramid);
    filmstrip.draw(index, pixels, mask, appearance);
  }

  /** Draws a slice of any case. @param {HTMLCanvasElement} canvas @param {string} id of the slice */
  async drawCanvas(canvas, id) {
    const slice = this.#store.slice(id);
    const pyramid = slice && (await this.#engine.pixels(id).catch(() => null));
    // The case may have been closed, or may have got another thumbnail.
    if (!pyramid || this.#store.slice(id) !== slice || canvas.dataset.slice !== id) return;
    const { pixels, mask, appearance } = this.#small(slice, pyramid);
    drawThumbnail(canvas, pixels, mask, appearance);
  }

  /** A slice at its lowest resolution, as it is drawn now. @param {SliceState} slice @param {Pixels[]} pyramid */
  #small(slice, pyramid) {
    const { threshold, display } = this.#store;
    const { pixels, mask } = new Excerpts().of({ ...slice, pyramid, threshold, reference: null }, smallestPart(pyramid));
    const window = windowOf(display.preset, display.window, display.contrast, pixels);
    return { pixels, mask: display.overlayVisible ? mask : null, appearance: { ...display, window } };
  }
}

/**
 * The network's mask against the reference; null before the slice is segmented.
 * @param {Uint16Array | null} probability
 * @param {Uint8Array | null} smallRegions
 * @param {number} threshold
 * @param {Uint8Array} reference
 */
function networkAgreement(probability, smallRegions, threshold, reference) {
  const mask = maskOf({ probability, smallRegions, edit: null }, threshold);
  return mask && agreementOf(mask, reference);
}

/** @param {CaseState} open @param {SliceMeasure | undefined} slice @param {Agreement | null} network that of the slice */
function resultOf({ measure }, slice, network) {
  return {
    you: { slice: slice?.scores ?? null, case: measure?.scores ?? null },
    network: { slice: network, case: measure?.network.scores ?? null },
  };
}

/** @param {Uint16Array | null} probability @param {Agreement | null} network */
function networkTitle(probability, network) {
  return network ? `Network, Dice ${formatScore(network.dice)}` : probability ? 'Network' : 'Network, not segmented';
}

/**
 * Mask and reference, or in an exercise the visitor's mask and the network's.
 * @param {Content} content @param {Layers} layers @param {boolean} comparing whether an exercise is compared
 * @returns {Content[]}
 */
function twoPanes(content, layers, comparing) {
  const { appearance } = content;
  if (comparing) return [content, { ...content, layers: { ...layers, edit: null } }];
  return [{ ...content, appearance: { ...appearance, referenceVisible: false } },
    { ...content, appearance: { ...appearance, overlayVisible: false, referenceVisible: true } }];
}

/** An empty pane says so. @param {string} title @param {boolean} empty */
function paneTitle(title, empty) {
  return empty ? `${title}, empty` : title;
}

/** The result of a slice. @param {CaseState} open @param {number} index */
function stateOf(open, index) {
  const { fault, probability } = open.slices[index];
  const measure = open.measure?.slices[index];
  if (fault || (!isSegmentable(open) && !open.exercise)) return 'not segmented';
  if (measure?.segmented || measure?.edited) return `${formatCount(measure.area)} px`;
  return probability ? 'measuring' : 'not segmented yet';
}
