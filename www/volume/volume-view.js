/**
 * The case as a volume, in three planes or in 3-D, with the mask or the probability. NiiVue draws it from the same NIfTI
 * files that are exported. See `xtask/vendor/README.md` for why the slice view does not use it.
 */
import { find, make, whenIdle } from '../core/dom.js';
import { isSegmentable, isWaiting } from '../core/store.js';
import { ARROWS } from '../viewer/keyboard.js';
import { niivueUrl, openNiivue } from './niivue-adapter.js';

/** @import { Engine, VolumeKind } from '../engine/engine.js' */
/** @import { Change, Store } from '../core/store.js' */
/** @import { Appearance, CaseState, Overlay, SliceState } from '../core/types.js' */
/** @import { Niivue, Place } from './niivue-adapter.js' */
/** The place on the slice that the slice view shows too, as fractions of width and height. @typedef {{get(): {x: number, y: number}, set(place: {x: number, y: number}): void}} LinkedPlace */

/** A mask inside a head has to be visible through it, so its opacity is at least this. */
const MIN_OPACITY = 0.5;
/** Changes within this time are built together. */
const DELAY_MS = 300;
/** Every new mask means a new volume, which blocks the page. While slices arrive, it is built at most this often. */
const ARRIVING_MS = 4000;
/** In a case with more slices it is built when all have arrived. */
const MANY_SLICES = 200;
/** How much farther arrow keys go with Shift. */
const FAST = 10;

export class VolumeView {
  #root = find('#volume');
  #hint = find('.hint', this.#root);
  #canvas = /** @type {HTMLCanvasElement} */ (find('canvas', this.#root));
  #engine;
  #store;
  /** @type {() => Appearance} */
  #appearance;
  #place;
  /** Loaded when a volume is shown for the first time. @type {Promise<Niivue> | null} */
  #niivue = null;
  /** What the volumes on the canvas were made from; empty without volumes. */
  #shown = '';
  /** Their case. @type {CaseState | undefined} */
  #shownCase;
  /** The value that the slices show as white, and the window on the canvas. */
  #white = 1;
  #window = '';
  /** Counts changes of masks that have to be shown. */
  #maskVersion = 0;
  /** Whether masks have changed since the last build, and when that was. */
  #stale = false;
  #builtAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #arriving;
  /** Whether a build is scheduled. */
  #scheduled = false;
  /** @type {Promise<void>} */
  #work = Promise.resolve();

  /** @param {Engine} engine @param {Store} store @param {() => Appearance} appearance @param {LinkedPlace} place */
  constructor(engine, store, appearance, place) {
    this.#engine = engine;
    this.#store = store;
    this.#appearance = appearance;
    this.#place = place;
    this.#listenToCanvas();
  }

  #listenToCanvas() {
    this.#canvas.addEventListener('keydown', (event) => this.#onKey(event));
    this.#canvas.addEventListener('webglcontextlost', (event) => this.#onContextLost(event));
    this.#canvas.addEventListener('webglcontextrestored', (event) => this.#onContextRestored(event));
  }

  /** Loads the library while the page is idle. */
  prefetch() {
    whenIdle(() => document.head.append(make('link', { rel: 'modulepreload', href: niivueUrl().href })));
  }

  /** The view as a PNG; null without a volume. */
  async toPng() {
    return this.#shown ? ((await this.#niivue)?.toPng() ?? null) : null;
  }

  /** @param {Change} change @param {string} id of the slice or case that changed */
  follow(change, id) {
    const { current } = this.#store;
    if (change === 'open') {
      this.#stale = true;
      if (!current) this.#dispose();
      this.#buildWithMasks();
    } else if (change === 'slice') {
      if (current && this.#store.placeOf(id)?.open === current) this.#onMask(current);
    } else if (change === 'view') {
      this.#withNiivue((niivue) => this.#showSlice(niivue));
      this.update();
    } else if (change === 'display') {
      const on = this.#isOn;
      if (this.#root.hidden === on) {
        this.#root.hidden = !on;
        this.#buildWithMasks();
      }
      this.#withNiivue((niivue) => niivue.setPlanes(this.#store.display.planes));
      this.update();
    } else if (change === 'settings') this.update();
  }

  get #isOn() {
    return this.#store.display.layout === 'volume';
  }

  /** @param {CaseState} current its mask has changed */
  #onMask({ slices }) {
    this.#stale = true;
    clearTimeout(this.#arriving);
    const arriving = this.#store.phase === 'running' && slices.some(isWaiting);
    if (arriving && slices.length > MANY_SLICES) return this.#updateHint();
    const wait = arriving ? this.#builtAt + ARRIVING_MS - performance.now() : 0;
    this.#arriving = setTimeout(() => this.#buildWithMasks(), wait);
  }

  /** Builds with the masks that exist now. */
  #buildWithMasks() {
    if (this.#stale) this.#maskVersion++;
    this.update();
  }

  /** Moves the crosshair. Elsewhere arrow keys change slices. @param {KeyboardEvent} event */
  #onKey(event) {
    const { key, shiftKey, altKey, ctrlKey, metaKey } = event;
    const arrow = ARROWS[key];
    if (!arrow || altKey || ctrlKey || metaKey || !this.#shown) return;
    event.preventDefault();
    event.stopPropagation();
    const [x, y] = arrow.map((by) => (shiftKey ? FAST * by : by));
    this.#withNiivue((niivue) => niivue.move(x, y));
  }

  /** Shows what has changed. */
  update() {
    const { current } = this.#store;
    // Never shows a volume of another case.
    if (this.#shown && this.#shownCase !== current) this.#hideCanvas('Building the volume…');
    if (!this.#isOn || !current || this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#work = this.#work.then(() => this.#build()).catch((error) => this.#onFailed(error));
    }, this.#shown ? DELAY_MS : 0);
  }

  /** @param {(niivue: Niivue) => void} act once it is loaded; a failure is reported by the build */
  #withNiivue(act) {
    this.#niivue?.then(act, () => {});
  }

  /**
   * Shows a message in place of the volume. The next build tries again. Some browsers (Chromium 148) remember that a
   * module could not be loaded; then the page has to be reloaded.
   * @param {any} error
   */
  #onFailed(error) {
    this.#hideCanvas(`The volume cannot be shown: ${error.message ?? error}. If this message stays, reload the page.`);
  }

  /** Frees the volumes and their textures. */
  #dispose() {
    clearTimeout(this.#arriving);
    this.#hideCanvas('');
    this.#shownCase = undefined;
    const niivue = this.#niivue;
    if (!niivue) return;
    this.#replaceCanvas();
    this.#work = this.#work.then(() => niivue).then(({ dispose }) => dispose(), () => {});
  }

  /** The library starts again on a new canvas. */
  #replaceCanvas() {
    const canvas = /** @type {HTMLCanvasElement} */ (this.#canvas.cloneNode());
    this.#canvas.replaceWith(canvas);
    this.#canvas = canvas;
    this.#niivue = null;
    this.#listenToCanvas();
  }

  /** The browser took the memory of the GPU away. @param {Event} event */
  #onContextLost(event) {
    if (event.target !== this.#canvas) return;
    // Otherwise the browser does not restore it.
    event.preventDefault();
    this.#hideCanvas('The browser has lost the 3-D context. The volume appears again when the browser restores it.');
  }

  /** The old textures and shaders are gone. @param {Event} event */
  #onContextRestored(event) {
    if (event.target !== this.#canvas) return;
    this.#replaceCanvas();
    this.update();
  }

  /** @param {string} text shown in place of the volume */
  #hideCanvas(text) {
    this.#shown = '';
    this.#canvas.hidden = true;
    this.#setHint(text);
  }

  async #build() {
    this.#scheduled = false;
    const { current, threshold, display: { planes } } = this.#store;
    if (!current || !this.#isOn) return;
    const appearance = this.#appearance();
    const background = appearance.contrast === 'composite' ? 'flair' : appearance.contrast;
    // The agreement needs a reference.
    const hasOverlay = (/** @type {SliceState} */ { probability, edit, info }) =>
      (probability || edit) && (appearance.overlay !== 'agreement' || info.reference);
    const found = isSegmentable(current) && current.slices.some(hasOverlay);
    const overlay = appearance.overlayVisible && found ? appearance.overlay : null;
    const { colour, opacity } = appearance;
    const key = JSON.stringify([current.id, current.spacing, background, overlay, colour, opacity, threshold, this.#maskVersion]);
    const window = JSON.stringify(appearance.window);
    if (key === this.#shown && window === this.#window) return;
    if (!this.#shown) this.#setHint('Building the volume…');
    // NiiVue draws at the size that the canvas has when it starts.
    if (!this.#niivue) this.#canvas.hidden = false;
    this.#niivue ??= openNiivue(this.#canvas, (place) => this.#onPlace(place));
    const niivue = await this.#niivue.catch((error) => {
      this.#niivue = null;
      throw error;
    });
    if (key !== this.#shown) {
      this.#stale = false;
      // Before the build, so that masks that arrive during it wait too.
      this.#builtAt = performance.now();
      niivue.addColours('glioscope-mask', [colour, colour]);
      /** @param {VolumeKind} what */
      const file = (what) => this.#engine.uprightVolume(current.id, what, threshold, current.spacing);
      const image = await niivue.loadImage((await file(background)).buffer, `${background}.nii`, 'gray', 1);
      this.#white = image.cal_max;
      const layers = await layersOf(overlay, file);
      const images = await Promise.all(layers.map(([name, bytes, smallest]) =>
        niivue.loadImage(bytes.buffer, `${name}.nii`, `glioscope-${name}`, MIN_OPACITY + (1 - MIN_OPACITY) * opacity)
          .then((layer) => Object.assign(layer, { cal_min: smallest, cal_max: 1 }))));
      // Another case is in view by now. Its own build follows.
      if (this.#store.current !== current) return;
      // A hidden canvas has no size to draw in.
      this.#canvas.hidden = false;
      niivue.setPlanes(planes);
      niivue.show([image, ...images]);
      this.#shown = key;
      this.#builtAt = performance.now();
      this.#shownCase = current;
      this.#showSlice(niivue);
    }
    // As on the slice, where 255 is white.
    const { low, high } = appearance.window;
    niivue.setWindow((low / 255) * this.#white, (Math.max(low + 1, high) / 255) * this.#white);
    this.#window = window;
    this.#updateHint();
  }

  /** Says what the volume does not show. */
  #updateHint() {
    const { current } = this.#store;
    if (!this.#shown || !current) return;
    const spacing = current.spacing ?? current.reading.spacing?.[2] ? '' : 'Voxels are shown as cubes because the spacing is unknown. Enter it under Measure.';
    const masks = this.#stale && current.slices.length > MANY_SLICES ? 'New masks appear when all slices are segmented, or when you choose Volume again.' : '';
    this.#setHint([spacing, masks].filter(Boolean).join(' '));
  }

  /** Moves the crosshair to the place in the slice view. @param {Niivue} niivue */
  #showSlice(niivue) {
    const { current, index } = this.#store;
    const { x, y } = this.#place.get();
    if (this.#isOn && current) niivue.showPlace(x, y, (index + 0.5) / current.slices.length);
  }

  /** Shows the slice of the crosshair, and its place there. @param {Place} place */
  #onPlace({ x, y, slice }) {
    const { current } = this.#store;
    if (!this.#isOn || !current || slice < 0 || slice >= current.slices.length) return;
    this.#place.set({ x, y });
    this.#store.showIndex(slice);
  }

  /** @param {string} text */
  #setHint(text) {
    // Screen readers announce every change.
    if (this.#hint.textContent !== text) this.#hint.textContent = text;
  }
}

/**
 * The volumes of an overlay: name of the colour map, NIfTI-1, and the smallest value that is drawn.
 * @param {Overlay | null} overlay
 * @param {(what: VolumeKind) => Promise<Uint8Array<ArrayBuffer>>} file
 * @returns {Promise<[string, Uint8Array<ArrayBuffer>, number][]>}
 */
async function layersOf(overlay, file) {
  if (overlay === null) return [];
  if (overlay === 'heat') return [['heat', await file('probability'), 0.05]];
  if (overlay === 'mask') return [['mask', await file('mask'), 0.5]];
  /** @param {'tp' | 'fp' | 'fn'} part @returns {Promise<[string, Uint8Array<ArrayBuffer>, number]>} */
  const layer = async (part) => [part, await file(part), 0.5];
  return Promise.all([layer('tp'), layer('fp'), layer('fn')]);
}
