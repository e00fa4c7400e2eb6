/**
 * The viewer, wired: the stage, the bar over it, the display controls, the slider and the strip, over one state.
 */
import { count, find } from './dom.js';
import { Editing } from './editing.js';
import { Flicker } from './flicker.js';
import { listenForHands } from './hands.js';
import { Legend } from './legend.js';
import { Looks } from './look.js';
import { maskOf } from './picture.js';
import { Pictures } from './pictures.js';
import { remember } from './remember.js';
import { listenForShortcuts } from './shortcuts.js';
import { Strip } from './strip.js';
import { Timeline } from './timeline.js';
import { Tools } from './tools.js';
import { Viewer } from './viewer.js';
import { Volume } from './volume.js';

/** @import { Engine } from './engine.js' */
/** @import { State } from './state.js' */
/** @import { Place } from './types.js' */

/** After a turn of the threshold the thumbnails follow, in milliseconds. */
const CALM_MS = 150;

export class Looking {
  #state;
  #pictures;
  #viewer = new Viewer();
  #legend = new Legend();
  #looks;
  #tools;
  #editing;
  #volume;
  #strip;
  #timeline;
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #calm;
  #flicker = new Flicker(() => this.#redraw());
  /** Where the keyboard has put the brush, in pixels of the slice. */
  #cursor = { x: 0, y: 0 };
  #opened = -1;
  #cut = remember(maskOf);
  #ownThreshold = 0.5;

  /** @param {Engine} engine @param {State} state */
  constructor(engine, state) {
    this.#state = state;
    this.#pictures = new Pictures(engine);
    this.#looks = new Looks(
      () => {
        this.#redraw(true);
        this.#volume?.update();
      },
      (threshold) => state.setThreshold(threshold),
      () => this.#pictures.ready(state.at)?.pixels ?? null,
    );
    this.#editing = new Editing(engine, state, () => this.#redraw());
    this.#volume = new Volume(engine, state, () => this.#looks.value);
    const editing = this.#editing;
    const nearer = (/** @type {number} */ factor) => {
      this.#viewer.approach(factor);
      this.#redraw();
    };
    const press = {
      undo: () => editing.undo(),
      redo: () => editing.redo(),
      revert: () => editing.revert(),
      nearer: () => nearer(1.25),
      farther: () => nearer(0.8),
      fit: () => this.#fit(),
      flicker: () => {
        if (state.current?.slices[state.at.slice].info.reference) this.#flicker.toggle();
      },
    };
    this.#tools = new Tools({
      onTool: () => {
        find('#stage').dataset.tool = this.#tools.tool;
        this.#viewer.point(null);
      },
      onLayout: (layout) => {
        find('.viewer').dataset.layout = layout;
        this.#volume.show(layout === 'volume');
        this.#redraw();
      },
      onSize: (size) => {
        editing.brush.size = size;
      },
      press,
    });
    const go = (/** @type {number} */ slice) => state.show({ ...state.at, slice });
    this.#timeline = new Timeline(go);
    this.#strip = new Strip(go, (slice) => void this.#thumbnail({ ...state.at, slice }));
    const step = (/** @type {number} */ slices) => this.step(slices);
    listenForHands(find('#stage'), {
      tool: () => this.#tools.tool,
      near: () => this.#viewer.camera.zoom > 1,
      step,
      approach: (factor, event) => {
        this.#viewer.approach(factor, event);
        this.#redraw();
      },
      fit: () => this.#fit(),
      shift: (x, y) => this.#viewer.shift(x, y),
      window: (x, y) => this.#looks.drag(x, y),
      stroke: (event, phase) => this.#stroke(this.#viewer.pixelAt(event.clientX, event.clientY), phase),
      hover: (event) => this.#point(event && this.#viewer.pixelAt(event.clientX, event.clientY)),
    });
    listenForShortcuts({ state, looks: this.#looks, tools: this.#tools, press, step, move: (x, y) => this.#move(x, y), stamp: () => this.#stamp() });
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

  /** The stage as it stands, as a PNG. */
  picture() {
    return this.#viewer.picture();
  }

  /** @param {number} slices */
  step(slices) {
    const { at, current } = this.#state;
    const last = (current?.slices.length ?? 0) - 1;
    const slice = Math.min(last, Math.max(0, at.slice + slices));
    if (last >= 0 && slice !== at.slice) this.#state.show({ ...at, slice });
  }

  /** @param {'open' | 'view' | 'slice' | 'settings' | 'measure'} change */
  #heard(change) {
    const { at, told, current } = this.#state;
    if (change === 'open') {
      this.#pictures.clear();
      this.#flicker.stop();
      this.#opened = -1;
    }
    if (current && at.case !== this.#opened) this.#openCase();
    if (change === 'view' && current) this.#strip.select(at.slice);
    if (change === 'settings') this.#looks.setThreshold(this.#state.threshold, this.#ownThreshold);
    if (told.case === at.case && change === 'slice') {
      this.#mark(told.slice);
      if (this.#strip.wants(told.slice)) void this.#thumbnail(told);
    }
    if (told.case === at.case && change === 'measure') current?.slices.forEach((_, slice) => this.#mark(slice));
    this.#redraw(change === 'settings');
    this.#volume.follow(change);
  }

  #openCase() {
    const { at, current } = this.#state;
    if (!current) return;
    this.#opened = at.case;
    const { slices } = current;
    document.body.dataset.slices = String(slices.length);
    this.#strip.open(slices);
    this.#strip.select(at.slice);
    slices.forEach((_, slice) => this.#mark(slice));
    this.#looks.offer(slices.every(({ info }) => info.grey), slices.some(({ info }) => info.reference));
    this.#viewer.camera.reset();
    this.#cursor = { x: slices[at.slice].info.width / 2, y: slices[at.slice].info.height / 2 };
  }

  /** @param {number} slice */
  #mark(slice) {
    const { current } = this.#state;
    if (current) this.#strip.mark(slice, current.slices[slice], current.measure?.slices[slice]);
  }

  /** Has all that is in view drawn with the next frame. @param {boolean} [thumbnails] once there is time */
  #redraw(thumbnails = false) {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#render());
    if (!thumbnails) return;
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => this.#strip.again(), CALM_MS);
  }

  /** The mask to draw: the stroke under way, the edit, or the network's at the threshold. @param {Place} place */
  #maskAt(place) {
    const { at, threshold } = this.#state;
    const { probability, edit } = this.#state.slice(place);
    const live = place.case === at.case && place.slice === at.slice ? this.#editing.mask : null;
    return live ?? edit ?? (probability && this.#cut(probability, threshold));
  }

  #render() {
    const { at, current, threshold } = this.#state;
    if (!current) return;
    const slice = current.slices[at.slice];
    const { info } = slice;
    const measure = current.measure?.slices[at.slice];
    const own = this.#looks.value;
    const { turned } = this.#flicker;
    const look = turned === null ? own : { ...own, overlay: /** @type {const} */ ('mask'), hidden: turned, reference: turned };
    document.querySelector('main')?.style.setProperty('--mask', look.colour);
    this.#timeline.show(current, at.slice);
    const picture = this.#pictures.ready(at);
    if (!picture) void this.#pictures.get(at, info.reference).then(() => this.#redraw(), () => {});
    const contrast = info.grey ? 'grey' : look.contrast === 'flair' ? 'FLAIR' : look.contrast === 'composite' ? 'RGB' : look.contrast;
    const found = slice.fault ? 'not segmented' : measure?.done ? `${count(measure.area)} px` : slice.probability ? 'measuring' : 'waiting';
    const dice = measure?.scores ? `Dice ${measure.scores.dice.toFixed(3)}` : '';
    const view = picture && { ...picture, mask: this.#maskAt(at), probability: slice.probability, beside: this.#tools.layout === 'side' && picture.reference !== null };
    this.#viewer.show(view, look, {
      nw: `${current.name}\n${at.slice + 1} / ${current.slices.length}`,
      ne: `${contrast}\n${info.width} × ${info.height}`,
      sw: slice.edit ? `${found}\nedited` : found,
      se: dice,
    }, `Slice ${at.slice + 1} of ${current.slices.length} of ${current.name}${slice.edit ? ', edited' : ''}: ${found}`);
    this.#legend.show(look, threshold, measure?.scores ?? null, info.reference);
    const near = this.#viewer.camera.zoom > 1;
    find('#stage').toggleAttribute('data-near', near);
    this.#tools.offer({ ...this.#editing.can, near, reference: current.slices.some((one) => one.info.reference), flickering: turned !== null });
  }

  /** @param {Place} place */
  async #thumbnail(place) {
    const { current, at } = this.#state;
    if (!current || place.case !== at.case) return;
    const picture = await this.#pictures.get(place, current.slices[place.slice].info.reference).catch(() => null);
    if (!picture || this.#state.current !== current || !this.#strip.wants(place.slice)) return;
    const look = this.#looks.value;
    const { probability, edit } = current.slices[place.slice];
    const mask = look.hidden ? null : (edit ?? (probability && maskOf(probability, this.#state.threshold)));
    this.#strip.draw(place.slice, picture.pixels, mask, look);
  }

  #fit() {
    this.#viewer.camera.reset();
    this.#redraw();
  }

  /** @param {{x: number, y: number} | null} point @param {'start' | 'go' | 'end'} phase */
  #stroke(point, phase) {
    const mask = this.#state.current && this.#maskAt(this.#state.at);
    if (phase === 'end') this.#editing.end();
    else if (point && phase === 'go') this.#editing.draw(point);
    else if (point && mask) this.#editing.begin(mask, this.#tools.tool === 'brush', point);
    if (point) this.#cursor = point;
  }

  /** @param {{x: number, y: number} | null} point */
  #point(point) {
    this.#viewer.point(point && this.#tools.drawing ? { ...point, size: this.#editing.brush.size } : null);
  }

  /** An arrow on the stage moves the brush, or the slice when only a part of it is in sight. @param {number} x @param {number} y */
  #move(x, y) {
    if (this.#tools.drawing) {
      const { width, height } = this.#state.slice(this.#state.at).info;
      this.#cursor = { x: Math.min(width, Math.max(0, this.#cursor.x + x)), y: Math.min(height, Math.max(0, this.#cursor.y + y)) };
      this.#point(this.#cursor);
      return true;
    }
    return false;
  }

  #stamp() {
    if (!this.#tools.drawing) return;
    this.#stroke(this.#cursor, 'start');
    this.#stroke(this.#cursor, 'end');
  }
}
