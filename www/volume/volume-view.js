/**
 * The case as a volume: its three planes, or rendered in 3-D, with the mask or the probability in it. NiiVue draws; the
 * volumes are the very NIfTI files that are exported. It takes no part in the slice view: see `xtask/vendor/README.md`.
 */
import { find, idle, make } from '../core/dom.js';
import { ARROWS } from '../viewer/keyboard.js';
import { address, open } from './niivue-adapter.js';

/** @import { Engine, VolumeKind } from '../engine/engine.js' */
/** @import { State } from '../core/store.js' */
/** @import { CaseState, Look } from '../core/types.js' */
/** @import { Niivue } from './niivue-adapter.js' */
/** @typedef {'open' | 'view' | 'slice' | 'settings' | 'measure'} Change */

/** A mask inside of a head has to shine through: the faintest that can be chosen is drawn with this strength. */
const LEAST = 0.5;
/** Changes that come this soon after one another are built together. */
const CALM_MS = 300;
/** A mask more is the whole case anew, which holds the page up: so long it waits for others while slices are segmented. */
const ARRIVING_MS = 4000;
/** In a case of more slices it waits for all of them. */
const MANY = 200;
/** With Shift an arrow goes so many times as far. */
const FAR = 10;

export class Volume {
  #root = find('#volume');
  #hint = find('.hint', this.#root);
  #canvas = /** @type {HTMLCanvasElement} */ (find('canvas', this.#root));
  #engine;
  #state;
  /** @type {() => Look} */
  #look;
  /** @type {Promise<Niivue> | null} on the canvas, once somebody has asked for a volume */
  #niivue = null;
  #on = false;
  /** What the volumes on the canvas were made from. */
  #made = '';
  /** @type {CaseState | undefined} whose they are */
  #whose;
  /** The value that the slices show white, and the window that is on the canvas. */
  #white = 1;
  #window = '';
  /** Grows with every change of masks that is to be seen at once. */
  #masks = 0;
  /** Whether masks have changed since those on the canvas were made, and when that was. */
  #stale = false;
  #since = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #arriving;
  /** Whether a build is to come that will see all that has changed. */
  #due = false;
  /** @type {Promise<void>} */
  #work = Promise.resolve();

  /** @param {Engine} engine @param {State} state @param {() => Look} look */
  constructor(engine, state, look) {
    this.#engine = engine;
    this.#state = state;
    this.#look = look;
    this.#root.addEventListener('input', ({ target }) => {
      if (target instanceof HTMLInputElement) this.#ask((niivue) => niivue.view(target.value));
    });
    this.#canvas.addEventListener('keydown', (event) => this.#press(event));
  }

  /** Has the browser fetch and compile what is needed, while nothing else is to be done. */
  prefetch() {
    idle(() => document.head.append(make('link', { rel: 'modulepreload', href: address().href })));
  }

  /** @param {boolean} on */
  show(on) {
    this.#on = on;
    this.#root.hidden = !on;
    this.#take();
  }

  /** What is on the canvas, as a PNG; nothing before there is a volume. */
  async picture() {
    return this.#made ? ((await this.#niivue)?.picture() ?? null) : null;
  }

  /** @param {Change} change */
  follow(change) {
    const { at, told, current } = this.#state;
    this.#stale ||= change === 'open';
    if (change === 'slice' && told.case === at.case && current) this.#hear(current);
    if (change === 'view') this.#ask((niivue) => this.#point(niivue));
    if (change === 'open') this.#take();
    else if (change !== 'measure') this.update();
  }

  /** A mask has changed. @param {CaseState} current */
  #hear({ slices }) {
    this.#stale = true;
    clearTimeout(this.#arriving);
    const arriving = document.body.dataset.state === 'running' && slices.some(({ probability, fault }) => !probability && !fault);
    if (arriving && slices.length > MANY) return this.#remark();
    const wait = arriving ? this.#since + ARRIVING_MS - performance.now() : 0;
    this.#arriving = setTimeout(() => this.#take(), wait);
  }

  /** Builds with the masks that there are by now. */
  #take() {
    if (this.#stale) this.#masks++;
    this.update();
  }

  /** Moves what is looked at; elsewhere arrows go through slices. @param {KeyboardEvent} event */
  #press(event) {
    const { key, shiftKey, altKey, ctrlKey, metaKey } = event;
    const way = ARROWS[key];
    if (!way || altKey || ctrlKey || metaKey || !this.#made) return;
    event.preventDefault();
    event.stopPropagation();
    const [x, y] = way.map((by) => (shiftKey ? FAR * by : by));
    this.#ask((niivue) => niivue.move(x, y));
  }

  /** What is to be seen may have changed. */
  update() {
    const { current } = this.#state;
    // No head under another patient's name.
    if (this.#made && this.#whose !== current) this.#blank('Building the volume…');
    if (!this.#on || !current || this.#due) return;
    this.#due = true;
    setTimeout(() => {
      this.#work = this.#work.then(() => this.#build()).catch((error) => this.#fail(error));
    }, this.#made ? CALM_MS : 0);
  }

  /** @param {(niivue: Niivue) => void} act as soon as there is something to ask; what fails is said where it is built */
  #ask(act) {
    this.#niivue?.then(act, () => {});
  }

  /**
   * Shows nothing rather than what was there before, and tries anew the next time. A browser that remembers that a module did
   * not come (Chromium 148 does, 156 does not) has to load the page anew for it.
   * @param {any} error
   */
  #fail(error) {
    this.#blank(`The volume cannot be shown: ${error.message ?? error} (if it stays so, reload the page)`);
  }

  /** @param {string} text in the volume's place */
  #blank(text) {
    this.#made = '';
    this.#canvas.hidden = true;
    this.#say(text);
  }

  async #build() {
    this.#due = false;
    const { at, current, threshold } = this.#state;
    if (!current || !this.#on) return;
    const look = this.#look();
    const under = look.contrast === 'composite' ? 'flair' : look.contrast;
    // Agreement is with a reference.
    const shows = (/** @type {CaseState['slices'][0]} */ { probability, edit, info }) =>
      (probability || edit) && (look.overlay !== 'agreement' || info.reference);
    const found = this.#state.drawn(at.case) && current.slices.some(shows);
    const over = look.hidden || !found ? 'nothing' : look.overlay;
    const key = JSON.stringify([at.case, current.name, current.spacing, under, over, look.colour, look.opacity, threshold, this.#masks]);
    const window = JSON.stringify(look.window);
    if (key === this.#made && window === this.#window) return;
    if (!this.#made) this.#say('Building the volume…');
    // It is drawn as large as its canvas was when NiiVue came, also where it came at the second asking.
    if (!this.#niivue) this.#canvas.hidden = false;
    this.#niivue ??= open(this.#canvas, (slice) => this.#go(slice));
    const niivue = await this.#niivue.catch((error) => {
      this.#niivue = null;
      throw error;
    });
    if (key !== this.#made) {
      this.#stale = false;
      // From now on: what comes while it is built waits too.
      this.#since = performance.now();
      niivue.colour('glioscope-mask', [look.colour, look.colour]);
      /** @param {VolumeKind} what */
      const file = (what) => this.#engine.volume(at.case, what, threshold, current.spacing);
      const image = await niivue.image((await file(under)).buffer, `${under}.nii`, 'gray', 1);
      this.#white = image.cal_max;
      const overlays = await layers(over, file);
      const images = await Promise.all(overlays.map(([name, bytes, least]) =>
        niivue.image(bytes.buffer, `${name}.nii`, `glioscope-${name}`, LEAST + (1 - LEAST) * look.opacity)
          .then((layer) => Object.assign(layer, { cal_min: least, cal_max: 1 }))));
      // Another case came into view: its own build follows.
      if (this.#state.current !== current) return;
      // What is out of sight has no size to be drawn in.
      this.#canvas.hidden = false;
      niivue.show([image, ...images]);
      this.#made = key;
      this.#since = performance.now();
      this.#whose = current;
      this.#point(niivue);
    }
    // As on the slice, where 255 is white.
    const { low, high } = look.window;
    niivue.window((low / 255) * this.#white, (Math.max(low + 1, high) / 255) * this.#white);
    this.#window = window;
    this.#remark();
  }

  /** Says how far what is on the canvas can be relied on. */
  #remark() {
    const { current } = this.#state;
    if (!this.#made || !current) return;
    const size = current.spacing ? '' : 'Slice distance and pixel size are not known: drawn as if voxels were cubes. Give them under Measure.';
    const masks = this.#stale && current.slices.length > MANY ? 'Masks that were found since are drawn once all are there, or when Volume is chosen again.' : '';
    this.#say([size, masks].filter(Boolean).join(' '));
  }

  /** Puts the planes where the slice in view is. @param {Niivue} niivue */
  #point(niivue) {
    const { current, at } = this.#state;
    if (this.#on && current) niivue.point((at.slice + 0.5) / current.slices.length);
  }

  /** Looks at the slice that was pointed to. @param {number} slice */
  #go(slice) {
    const { current, at } = this.#state;
    if (this.#on && current && slice !== at.slice && slice >= 0 && slice < current.slices.length) this.#state.show({ ...at, slice });
  }

  /** @param {string} text */
  #say(text) {
    // Said once, not with every slice.
    if (this.#hint.textContent !== text) this.#hint.textContent = text;
  }
}

/**
 * What is laid over the head: name of the colours, NIfTI-1, and the least value that is drawn.
 * @param {Look['overlay'] | 'nothing'} over
 * @param {(what: VolumeKind) => Promise<Uint8Array<ArrayBuffer>>} file
 * @returns {Promise<[string, Uint8Array<ArrayBuffer>, number][]>}
 */
async function layers(over, file) {
  if (over === 'nothing') return [];
  if (over === 'heat') return [['heat', await file('probability'), 0.05]];
  if (over === 'mask') return [['mask', await file('mask'), 0.5]];
  /** @param {'tp' | 'fp' | 'fn'} part @returns {Promise<[string, Uint8Array<ArrayBuffer>, number]>} */
  const layer = async (part) => [part, await file(part), 0.5];
  return Promise.all([layer('tp'), layer('fp'), layer('fn')]);
}
