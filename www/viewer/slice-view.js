/**
 * What is in view, drawn from the state: the slice on the stage with its corners and its legend, and the thumbnails.
 */
import { count } from '../core/dom.js';
import { Legend } from './legend.js';
import { maskOf } from './rasterise.js';
import { Pictures } from './pixel-cache.js';
import { remember } from '../core/memoize.js';
import { Viewer } from './stage.js';
import { tissue } from './window-presets.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { State } from '../core/store.js' */
/** @import { Strip } from './filmstrip.js' */
/** @import { Layout } from './toolbar.js' */
/** @import { Look, Place, SliceMeasure, SliceState } from '../core/types.js' */

export class Scene {
  viewer = new Viewer();
  #pictures;
  #state;
  #legend = new Legend();
  #onPicture;
  /** Dragging and zooming ask for the same mask again and again. */
  #cut = remember(maskOf);

  /** @param {Engine} engine @param {State} state @param {() => void} onPicture what is in view can be drawn now */
  constructor(engine, state, onPicture) {
    this.#pictures = new Pictures(engine);
    this.#state = state;
    this.#onPicture = onPicture;
  }

  /** The pixels in view, once they are here. */
  get pixels() {
    return this.#pictures.ready(this.#state.at)?.pixels ?? null;
  }

  /** Other files are open. */
  clear() {
    this.#pictures.clear();
  }

  /** The mask in view: what was drawn by hand, or the network's at the threshold. */
  get mask() {
    const { at, threshold } = this.#state;
    const { probability, edit, leftOut } = this.#state.slice(at);
    return edit ?? (probability && this.#cut(probability, threshold, leftOut));
  }

  /**
   * @param {Look} look
   * @param {{mask: Uint8Array | null, refusal: string, flickering: boolean, layout: Layout}} now the mask under the brush, if
   * there is one, why nothing could be drawn, whether mask and reference take turns, and which view is open
   */
  draw(look, { mask, refusal, flickering, layout }) {
    const { at, current, threshold } = this.#state;
    if (!current) return;
    const slice = current.slices[at.slice];
    const { info } = slice;
    const measure = current.measure?.slices[at.slice];
    const picture = this.#pictures.ready(at);
    if (!picture) void this.#pictures.get(at, info.reference).then(this.#onPicture, () => {});
    const view = picture && {
      ...picture,
      mask: mask ?? this.mask,
      probability: slice.probability,
      beside: layout === 'side' && picture.reference !== null,
      flickering,
    };
    const held = !this.#state.drawn(at.case);
    const found = held ? 'held back' : finding(slice, measure);
    const where = `${at.slice + 1} of ${current.slices.length} of ${current.name}`;
    this.viewer.show(view, look, {
      nw: `${current.name}\n${at.slice + 1} / ${current.slices.length}`,
      ne: `${info.grey ? 'grey' : CONTRASTS[look.contrast]}\n${info.width} × ${info.height}`,
      sw: [found, slice.edit ? 'edited' : '', refusal].filter(Boolean).join('\n'),
      se: measure?.scores ? `Dice ${measure.scores.dice.toFixed(3)}` : '',
      left: view?.beside ? pane('Mask', view.mask) : '',
      right: view?.beside ? pane('Reference', view.reference) : '',
    }, `Slice ${where}${slice.edit ? ', edited' : ''}: ${found}${refusal && `; ${refusal}`}`);
    // The volume has neither an outline nor the reference's line in it, and the counts are this slice's.
    const volume = { threshold: null, scores: null, reference: false, compared: true, edited: false, held };
    const scores = held ? null : (measure?.scores ?? null);
    this.#legend.show(look, layout === 'volume' ? volume : {
      threshold, scores, reference: info.reference, compared: info.reference, edited: slice.edit !== null, held,
    });
  }

  /** @param {Strip} strip @param {Place} place @param {Look} look */
  async drawThumbnail(strip, place, look) {
    const { current, at } = this.#state;
    if (!current || place.case !== at.case) return;
    const slice = current.slices[place.slice];
    const picture = await this.#pictures.get(place, slice.info.reference).catch(() => null);
    if (!picture || this.#state.current !== current || !strip.wants(place.slice)) return;
    const { probability, edit, leftOut } = slice;
    const mask = look.hidden ? null : (edit ?? (probability && maskOf(probability, this.#state.threshold, leftOut)));
    strip.draw(place.slice, picture.pixels, mask, look.own ? { ...look, window: tissue(picture.pixels, look.contrast) } : look);
  }
}

const CONTRASTS = { pre: 'pre', flair: 'FLAIR', post: 'post', composite: 'RGB' };

/** What a pane shows; without a word an empty one would look broken. @param {string} name @param {Uint8Array | null} mask */
function pane(name, mask) {
  return mask && !mask.includes(1) ? `${name}, empty` : name;
}

/** In few words. @param {SliceState} slice @param {SliceMeasure | undefined} measure */
function finding({ fault, probability }, measure) {
  if (fault) return 'not segmented';
  if (measure?.done || measure?.edited) return `${count(measure.area)} px`;
  return probability ? 'measuring' : 'not segmented yet';
}
