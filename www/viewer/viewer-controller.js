/**
 * The viewer: stage, toolbar, display panel, filmstrip, timeline and volume, over one store.
 */
import { MaskEditor } from '../editing/mask-editor.js';
import { LineEditor } from '../measuring/line-editor.js';
import { find } from '../core/dom.js';
import { memoizeLast } from '../core/memoize.js';
import { isDrawing, isSegmentable } from '../core/store.js';
import { VolumeView } from '../volume/volume-view.js';
import { DisplayPanel } from './display-panel.js';
import { Filmstrip } from './filmstrip.js';
import { Flicker } from './flicker.js';
import { listenForPointer } from './pointer.js';
import { SliceView } from './slice-view.js';
import { Timeline } from './timeline.js';
import { ToolCursor } from './tool-cursor.js';
import { Toolbar } from './toolbar.js';
import { PRESETS, windowOf } from './window-presets.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Change, Store } from '../core/store.js' */
/** @import { Appearance } from '../core/types.js' */

/** The thumbnails follow this long after the last change, in milliseconds. */
const THUMBNAIL_DELAY_MS = 150;

export class ViewerController {
  editor;
  lines;
  #store;
  #root = find('#stage');
  #view;
  #displayPanel;
  #toolbar;
  #cursor;
  #volume;
  #filmstrip;
  #timeline;
  #flicker = new Flicker(() => this.#redraw());
  #onDraw;
  #onOther;
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #thumbnailTimer;
  /** The id of the case in the filmstrip. @type {string | null} */
  #opened = null;
  #window = memoizeLast(windowOf);
  /** The window that was shown last. */
  #shownWindow = PRESETS.default;
  #maskColour = '';
  #values = find('[data-corner="values"]');
  #spokenValues = find('#values');

  /**
   * @param {Engine} engine
   * @param {Store} store
   * @param {{onDraw: () => void, onError: (error: unknown) => void, onOther: () => void}} events `onDraw`: the state of commands may be another one. `onOther`: a click on the case beside the one in view
   */
  constructor(engine, store, { onDraw, onError, onOther }) {
    this.#store = store;
    this.#onDraw = onDraw;
    this.#onOther = onOther;
    this.#view = new SliceView(engine, store, () => this.#redraw());
    this.editor = new MaskEditor(engine, store, { onEdit: () => this.#showMask(), onChange: () => this.#redraw(), onError });
    this.lines = new LineEditor(store);
    this.#displayPanel = new DisplayPanel(store);
    this.#toolbar = new Toolbar(store);
    this.#volume = new VolumeView(engine, store, () => this.#appearance, {
      get: () => this.#cursor.place,
      set: (place) => {
        this.#cursor.place = place;
      },
    });
    this.#timeline = new Timeline((index) => store.showIndex(index));
    this.#filmstrip = new Filmstrip((index) => store.showIndex(index), (index) => this.#drawThumbnail(index));
    this.#cursor = new ToolCursor(store, this.#view.stage, this.editor, this.lines, (byKeyboard) => this.#showValues(byKeyboard));
    this.#listenToPointer();
    this.#listenToStore();
    this.#toolbar.update();
  }

  get zoomed() {
    return this.#view.stage.camera.zoom > 1;
  }

  get flickering() {
    return this.#flicker.active;
  }

  /** Whether a stroke is under way on the slice in view. */
  get isPainting() {
    return this.editor.strokeMask !== null;
  }

  /** @param {number} factor @param {{clientX: number, clientY: number}} [event] the point that stays in place */
  zoomBy(factor, event) {
    this.#view.stage.zoomBy(factor, event);
    this.#redraw();
  }

  fit() {
    this.#view.stage.camera.reset();
    this.#redraw();
  }

  toggleFlicker() {
    this.#flicker.toggle();
  }

  /** Uses the tool at the cursor. */
  useTool() {
    this.#cursor.use();
  }

  /** Changes the region at the pointer. @param {'remove' | 'keep'} action */
  changeRegion(action) {
    this.#cursor.changeRegion(action);
  }

  /** Goes to the next end of a line. */
  nextEnd() {
    this.#cursor.nextEnd();
  }

  /** An arrow key on the stage. @param {number} x @param {number} y @param {boolean} shift @returns {boolean} whether it was used */
  stageArrow(x, y, shift) {
    return this.#cursor.move(x, y, shift);
  }

  /** Loads the volume viewer while the page is idle. */
  prefetch() {
    this.#volume.prefetch();
  }

  /** The current view as a PNG. */
  toPng() {
    return this.#store.display.layout === 'volume' ? this.#volume.toPng() : this.#view.stage.toPng();
  }

  /** Draws a slice of any case on a square canvas. @param {HTMLCanvasElement} canvas @param {string} slice its id */
  drawThumbnail(canvas, slice) {
    return this.#view.drawCanvas(canvas, slice);
  }

  /** Shows the mask before an edit. */
  #showMask() {
    this.#flicker.stop();
    if (!this.#store.display.overlayVisible) this.#store.setDisplay({ overlayVisible: true });
  }

  #listenToPointer() {
    const { stage } = this.#view;
    this.#root.addEventListener('focus', () => this.#showCursor());
    listenForPointer(this.#root, {
      tool: () => this.#store.display.tool,
      zoomed: () => this.zoomed,
      step: (slices) => this.#store.showIndex(this.#store.index + slices),
      zoom: (factor, event) => this.zoomBy(factor, event),
      fit: () => this.fit(),
      pan: (x, y) => stage.panBy(x, y),
      window: (x, y) => this.#displayPanel.drag(x, y),
      stroke: (event, phase) => this.#cursor.stroke(stage.toSlice(event.clientX, event.clientY, phase !== 'start'), phase, event.pointerType === 'touch'),
      click: (event) => this.#click(event),
      hover: (event) => this.#cursor.hover(event && stage.toSlice(event.clientX, event.clientY, this.isPainting || this.lines.isMoving)),
    });
  }

  /** @param {PointerEvent} event */
  #click({ clientX, clientY }) {
    const { stage } = this.#view;
    if (stage.isOther(clientX, clientY)) this.#onOther();
    else if (this.#store.display.tool === 'region') this.#cursor.click(stage.toSlice(clientX, clientY));
  }

  /** With the keyboard, the cursor is visible before the first arrow key. */
  #showCursor() {
    if (this.#root.matches(':focus-visible')) this.#cursor.showForKeyboard();
    else this.#cursor.show(null);
  }

  /** Shows the values at the cursor. Screen readers announce them where the keyboard moves it. @param {boolean} byKeyboard */
  #showValues(byKeyboard) {
    const values = this.#view.valuesAt(this.#cursor.probed);
    this.#values.textContent = values.join('\n');
    if (byKeyboard) this.#spokenValues.textContent = [...values, ...this.lines.movingLength].join(', ');
  }

  #listenToStore() {
    const store = this.#store;
    /** @param {Change} change @param {(id: string) => void} act */
    const on = (change, act) => store.on(change, (id) => {
      act(id);
      this.#redraw();
      this.#volume.follow(change, id);
    });
    on('open', () => {
      this.#view.clear();
      this.#opened = null;
      this.#openCase();
    });
    on('view', () => {
      if (store.current?.id !== this.#opened) this.#openCase();
      this.#filmstrip.select(store.index);
    });
    on('slice', (id) => {
      const place = store.placeOf(id);
      if (!place || place.open !== store.current) return;
      this.#updateFrame(place.index);
      if (this.#filmstrip.isVisible(place.index)) this.#drawThumbnail(place.index);
    });
    on('lines', () => {});
    on('comparison', () => this.#flicker.stop());
    on('measure', (id) => {
      if (id === store.current?.id) store.current.slices.forEach((_, index) => this.#updateFrame(index));
    });
    on('settings', () => {
      store.current?.slices.forEach((_, index) => this.#updateFrame(index));
      this.#redrawThumbnails();
    });
    on('exercise', (id) => {
      if (id !== store.current?.id) return;
      this.#flicker.stop();
      store.current.slices.forEach((_, index) => this.#updateFrame(index));
      this.#redrawThumbnails();
    });
    let { tool, layout } = store.display;
    on('display', () => {
      this.#toolbar.update();
      const before = { tool, layout };
      ({ tool, layout } = store.display);
      if (tool !== before.tool) this.#showCursor();
      if (layout !== before.layout && layout === 'volume') this.#cursor.leave();
      if (layout !== before.layout && before.layout === 'volume') this.#cursor.enter();
      this.#redrawThumbnails();
    });
  }

  #openCase() {
    const { current, comparison, display } = this.#store;
    if (!current) {
      this.#view.stage.clear();
      this.#filmstrip.open([], false);
      return;
    }
    this.#opened = current.id;
    this.#toolbar.update();
    this.#flicker.stop();
    document.body.dataset.slices = String(current.slices.length);
    this.#filmstrip.open(current.slices, !isSegmentable(current));
    this.#filmstrip.select(this.#store.index);
    current.slices.forEach((_, index) => this.#updateFrame(index));
    // Two time points have the same zoom.
    if (!comparison) this.#view.stage.camera.reset();
    this.#cursor.centre();
    if (current.slices.some(({ info }) => info.reference)) return;
    // Without a reference there is nothing to compare with.
    if (display.overlay === 'agreement') this.#store.setDisplay({ overlay: 'mask' });
    if (display.layout === 'side' && !comparison) this.#store.setDisplay({ layout: 'slice' });
  }

  /** @param {number} index */
  #updateFrame(index) {
    const { current } = this.#store;
    if (!current) return;
    const measure = current.measure?.slices[index];
    const slice = current.slices[index];
    // In an exercise every slice has an edit. Those without a drawing are not marked.
    if (current.exercise && !measure?.area) this.#filmstrip.update(index, { ...slice, edit: null }, undefined, false);
    else this.#filmstrip.update(index, slice, measure, !isSegmentable(current) && !current.exercise);
  }

  /** @param {number} index */
  #drawThumbnail(index) {
    void this.#view.drawThumbnail(this.#filmstrip, index);
  }

  #redrawThumbnails() {
    clearTimeout(this.#thumbnailTimer);
    this.#thumbnailTimer = setTimeout(() => this.#filmstrip.redraw(), THUMBNAIL_DELAY_MS);
  }

  /** How the slice in view is drawn. @returns {Appearance} */
  get #appearance() {
    const { display } = this.#store;
    const { pixels } = this.#view;
    // While the pixels are loading, the window stays what it was.
    if (pixels) this.#shownWindow = this.#window(display.preset, display.window, display.contrast, pixels);
    // An exercise shows only what the visitor draws.
    const hidden = isDrawing(this.#store.current) ? { overlay: /** @type {const} */ ('mask'), referenceVisible: false } : {};
    return { ...display, ...hidden, window: this.#shownWindow };
  }

  /** Draws with the next frame. */
  #redraw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { current, index } = this.#store;
    if (!current) return;
    const shown = this.#shownWindow;
    const appearance = this.#appearance;
    if (appearance.window !== shown) this.#volume.update();
    this.#displayPanel.update(appearance.window, this.#view.pixels);
    // Setting it makes the browser recompute the styles of the whole page.
    if (this.#maskColour !== appearance.colour) find('main').style.setProperty('--mask', (this.#maskColour = appearance.colour));
    this.#timeline.show(current, index);
    const { showsReference } = this.#flicker;
    const flicker = showsReference === null ? {} : { overlay: /** @type {const} */ ('mask'), overlayVisible: !showsReference, referenceVisible: showsReference };
    const { strokeMask, message } = this.editor;
    this.#view.draw({ ...appearance, ...flicker }, { strokeMask, message, flickering: this.flickering, selected: this.lines.selected });
    this.#showValues(false);
    this.#root.toggleAttribute('data-near', this.zoomed);
    this.#root.toggleAttribute('data-comparing', current.exercise?.comparing ?? false);
    this.#onDraw();
  }
}
