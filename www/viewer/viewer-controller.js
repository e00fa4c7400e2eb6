/**
 * The viewer, wired: the stage, the bar over it, the display controls, the slider and the strip, over one state.
 */
import { find } from '../core/dom.js';
import { Editing } from '../editing/mask-editor.js';
import { Flicker } from './flicker.js';
import { listenForHands } from './pointer.js';
import { Looks } from './display-panel.js';
import { Pen } from '../editing/brush-cursor.js';
import { Scene } from './slice-view.js';
import { listenForShortcuts } from './shortcuts.js';
import { Strip } from './filmstrip.js';
import { Timeline } from './timeline.js';
import { Tools } from './toolbar.js';
import { Volume } from '../volume/volume-view.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { State } from '../core/store.js' */
/** @typedef {'open' | 'view' | 'slice' | 'settings' | 'measure'} Change */

/** After a turn of the threshold the thumbnails follow, in milliseconds. */
const CALM_MS = 150;

export class Looking {
  #state;
  #stage = find('#stage');
  #scene;
  #looks;
  #tools;
  #editing;
  #pen;
  #volume;
  #strip;
  #timeline;
  #flicker = new Flicker(() => this.#redraw());
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #calm;
  /** The case that the strip shows. */
  #opened = -1;
  #ownThreshold = 0.5;
  #colour = '';

  /** @param {Engine} engine @param {State} state */
  constructor(engine, state) {
    this.#state = state;
    this.#scene = new Scene(engine, state, () => this.#redraw());
    this.#editing = new Editing(engine, state, () => this.#redraw());
    this.#looks = new Looks(
      () => this.#redraw(true),
      (threshold) => state.setThreshold(threshold),
      () => this.#scene.pixels,
    );
    this.#volume = new Volume(engine, state, () => this.#looks.value);
    const go = (/** @type {number} */ slice) => state.show({ ...state.at, slice });
    this.#timeline = new Timeline(go);
    this.#strip = new Strip(go, (slice) => this.#drawThumbnail(slice));
    const press = this.#presses();
    this.#tools = new Tools({
      onTool: () => {
        this.#stage.dataset.tool = this.#tools.tool;
        this.#showPen();
      },
      onLayout: (layout) => {
        find('.viewer').dataset.layout = layout;
        this.#volume.show(layout === 'volume');
        this.#redraw();
      },
      onSize: (size) => {
        this.#editing.brush.size = size;
      },
      press,
    });
    this.#pen = new Pen(state, this.#scene, this.#editing, this.#tools, () => this.#unveil());
    this.#listen(press);
    for (const change of /** @type {const} */ (['open', 'view', 'slice', 'settings', 'measure'])) state.on(change, () => this.#heard(change));
  }

  /** The network's own threshold, to which the slider goes back. @param {number} threshold 0 to 1 */
  setOwnThreshold(threshold) {
    this.#ownThreshold = threshold;
    find('[data-act="threshold"]').onclick = () => this.#state.setThreshold(this.#ownThreshold);
    this.#looks.setThreshold(this.#state.threshold, threshold);
  }

  /** Has fetched what is not needed at first. */
  prefetch() {
    this.#volume.prefetch();
  }

  /** Whether a stroke is under way on the slice in view. */
  get drawing() {
    return this.#editing.mask !== null;
  }

  /** The stage, or the volume in its place, as it stands, as a PNG. */
  picture() {
    return this.#tools.layout === 'volume' ? this.#volume.picture() : this.#scene.viewer.picture();
  }

  /** What buttons and keys have in common. */
  #presses() {
    const { camera } = this.#scene.viewer;
    const approach = (/** @type {number} */ factor) => {
      this.#scene.viewer.approach(factor);
      this.#redraw();
    };
    return {
      undo: () => this.#editing.undo(),
      redo: () => this.#editing.redo(),
      revert: () => this.#editing.revert(),
      nearer: () => approach(1.25),
      farther: () => approach(0.8),
      fit: () => {
        camera.reset();
        this.#redraw();
      },
      flicker: () => {
        const { current, at } = this.#state;
        if (this.#flicker.turned !== null || current?.slices[at.slice].info.reference) this.#flicker.toggle();
      },
    };
  }

  /** What is painted has to be seen. */
  #unveil() {
    this.#flicker.stop();
    if (this.#looks.value.hidden) this.#looks.toggle('shown');
  }

  /** Whoever draws by keyboard sees where, before the first arrow. */
  #showPen() {
    if (this.#stage.matches(':focus-visible')) this.#pen.appear();
    else this.#pen.show(null);
  }

  /** @param {import('./toolbar.js').Acts['press']} press */
  #listen(press) {
    this.#stage.addEventListener('focus', () => this.#showPen());
    const { viewer } = this.#scene;
    const step = (/** @type {number} */ slices) => this.#step(slices);
    listenForHands(this.#stage, {
      tool: () => this.#tools.tool,
      near: () => viewer.camera.zoom > 1,
      step,
      approach: (factor, event) => {
        viewer.approach(factor, event);
        this.#redraw();
      },
      fit: press.fit,
      shift: (x, y) => viewer.shift(x, y),
      window: (x, y) => this.#looks.drag(x, y),
      stroke: (event, phase) => this.#pen.stroke(viewer.pixelAt(event.clientX, event.clientY, phase !== 'start'), phase),
      hover: (event) => this.#pen.show(event && viewer.pixelAt(event.clientX, event.clientY, this.drawing)),
    });
    listenForShortcuts({
      state: this.#state,
      looks: this.#looks,
      tools: this.#tools,
      press,
      step,
      move: (x, y, far) => this.#pen.move(x, y, far),
      stamp: () => this.#pen.stamp(),
    });
  }

  /** @param {Change} change */
  #heard(change) {
    const { at, told, current } = this.#state;
    if (change === 'open') {
      this.#scene.clear();
      // Where it began is not where it was.
      this.#editing.drop();
      this.#opened = -1;
    }
    if (current && at.case !== this.#opened) this.#openCase();
    if (change === 'view' && current) {
      this.#editing.leave();
      this.#strip.select(at.slice);
    }
    if (change === 'settings') this.#looks.setThreshold(this.#state.threshold, this.#ownThreshold);
    if (told.case === at.case && change === 'slice') {
      this.#mark(told.slice);
      if (this.#strip.wants(told.slice)) this.#drawThumbnail(told.slice);
    }
    if (told.case === at.case && change === 'measure') current?.slices.forEach((_, slice) => this.#mark(slice));
    this.#redraw(change === 'settings');
    this.#volume.follow(change);
  }

  #openCase() {
    const { at, current } = this.#state;
    if (!current) return;
    const { slices } = current;
    this.#opened = at.case;
    this.#flicker.stop();
    document.body.dataset.slices = String(slices.length);
    this.#strip.open(slices, !this.#state.drawn(at.case));
    this.#strip.select(at.slice);
    slices.forEach((_, slice) => this.#mark(slice));
    this.#looks.offer(slices.every(({ info }) => info.grey), slices.some(({ info }) => info.reference));
    this.#scene.viewer.camera.reset();
    this.#pen.rest();
  }

  /** @param {number} slice */
  #mark(slice) {
    const { current } = this.#state;
    if (current) this.#strip.mark(slice, current.slices[slice], current.measure?.slices[slice], !this.#state.drawn(this.#state.at.case));
  }

  /** @param {number} slice */
  #drawThumbnail(slice) {
    void this.#scene.drawThumbnail(this.#strip, { ...this.#state.at, slice }, this.#looks.value);
  }

  /** Has all that is in view drawn with the next frame. @param {boolean} [thumbnails] those too, once there is time */
  #redraw(thumbnails = false) {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
    if (!thumbnails) return;
    this.#redrawThumbnails();
    this.#volume?.update();
  }

  #redrawThumbnails() {
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => this.#strip.again(), CALM_MS);
  }

  #draw() {
    const { at, current } = this.#state;
    if (!current) return;
    const followed = this.#looks.follow();
    const own = this.#looks.value;
    if (followed) this.#volume.update();
    // A window that is each slice's own changes that slice alone.
    if (followed && !own.own) this.#redrawThumbnails();
    const { turned } = this.#flicker;
    const look = turned === null ? own : { ...own, overlay: /** @type {const} */ ('mask'), hidden: turned, reference: turned };
    // Set, it is looked up anew by everything below.
    if (this.#colour !== look.colour) find('main').style.setProperty('--mask', (this.#colour = look.colour));
    this.#timeline.show(current, at.slice);
    const { mask, refusal } = this.#editing;
    this.#scene.draw(look, { mask, refusal, flickering: turned !== null, layout: this.#tools.layout });
    const near = this.#scene.viewer.camera.zoom > 1;
    this.#stage.toggleAttribute('data-near', near);
    const reference = current.slices.some(({ info }) => info.reference);
    this.#tools.offer({ ...this.#editing.can, near, reference, flickering: turned !== null });
  }

  /** @param {number} slices */
  #step(slices) {
    const { at, current } = this.#state;
    const last = (current?.slices.length ?? 0) - 1;
    const slice = Math.min(last, Math.max(0, at.slice + slices));
    if (last >= 0 && slice !== at.slice) this.#state.show({ ...at, slice });
  }
}
