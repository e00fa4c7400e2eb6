/**
 * The case as a volume: its three planes, or rendered in 3-D, with the mask or the probability in it. NiiVue draws; the
 * volumes are the very NIfTI files that are exported. It takes no part in the slice view: see `xtask/vendor/README.md`.
 */
import { find, make } from './dom.js';
import { address, open } from './niivue.js';

/** @import { Engine, VolumeKind } from './engine.js' */
/** @import { State } from './state.js' */
/** @import { Look } from './types.js' */
/** @import { Image, Niivue } from './niivue.js' */
/** @typedef {'open' | 'view' | 'slice' | 'settings' | 'measure'} Change */

/** A mask inside of a head has to shine through: it is drawn no weaker than this. */
const LEAST = 0.6;
/** After a change the volume is built anew once there was calm for this long. */
const CALM_MS = 300;

export class Volume {
  #root = find('#volume');
  #hint = find('.hint', this.#root);
  #engine;
  #state;
  /** @type {() => Look} */
  #look;
  /** @type {Promise<Niivue> | null} on the canvas, once somebody has asked for a volume */
  #niivue = null;
  #on = false;
  /** What the volumes on the canvas were made from. */
  #made = '';
  /** Grows with every mask that changes. */
  #masks = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #calm;
  /** @type {Promise<void>} */
  #work = Promise.resolve();

  /** @param {Engine} engine @param {State} state @param {() => Look} look */
  constructor(engine, state, look) {
    this.#engine = engine;
    this.#state = state;
    this.#look = look;
    this.#root.addEventListener('input', ({ target }) => {
      if (target instanceof HTMLInputElement) void this.#niivue?.then((niivue) => niivue.view(target.value));
    });
  }

  /** Has the browser fetch and compile what is needed, while nothing else is to be done. */
  prefetch() {
    const fetch = () => document.head.append(make('link', { rel: 'modulepreload', href: address().href }));
    if ('requestIdleCallback' in window) requestIdleCallback(fetch, { timeout: 5000 });
    else setTimeout(fetch, 1000);
  }

  /** @param {boolean} on */
  show(on) {
    this.#on = on;
    this.#root.hidden = !on;
    this.update();
  }

  /** @param {Change} change */
  follow(change) {
    if (change === 'slice') this.#masks++;
    if (change === 'view') void this.#niivue?.then((niivue) => this.#point(niivue));
    if (change !== 'measure') this.update();
  }

  /** What is to be seen may have changed. */
  update() {
    clearTimeout(this.#calm);
    if (!this.#on || this.#state.cases.length === 0) return;
    this.#calm = setTimeout(() => {
      this.#work = this.#work.then(() => this.#build()).catch((error) => this.#say(`The volume cannot be shown: ${error.message ?? error}`));
    }, this.#made ? CALM_MS : 0);
  }

  async #build() {
    const { at, current, threshold } = this.#state;
    if (!current || !this.#on) return;
    const look = this.#look();
    const under = look.contrast === 'composite' ? 'flair' : look.contrast;
    const over = look.hidden ? null : look.overlay === 'heat' ? 'probability' : 'mask';
    const key = JSON.stringify([at.case, current.name, current.spacing, under, over, look.overlay, look.colour, look.opacity, threshold, this.#masks]);
    if (key === this.#made) return;
    if (!this.#made) this.#say('Building the volume…');
    this.#niivue ??= open(find('canvas', this.#root), (slice) => this.#go(slice));
    const niivue = await this.#niivue;
    /** @param {VolumeKind} what @param {string} colormap @param {number} opacity @returns {Promise<Image>} */
    const load = async (what, colormap, opacity) => {
      const bytes = await this.#engine.volume(at.case, what, threshold, current.spacing);
      return niivue.image(bytes.buffer, `${what}.nii`, colormap, opacity);
    };
    niivue.colour('glioscope-mask', [look.colour, look.colour]);
    const images = [await load(under, 'gray', 1)];
    if (over) images.push(await load(over, over === 'mask' ? 'glioscope-mask' : 'glioscope-heat', Math.max(LEAST, look.opacity)));
    // Over a mask a second colour would only blend with it, unless one wants to compare.
    if (look.overlay === 'agreement' && current.slices.some(({ info }) => info.reference)) images.push(await load('reference', 'glioscope-reference', 0.4));
    for (const image of images.slice(1)) Object.assign(image, { cal_min: over === 'probability' && image === images[1] ? 0.05 : 0.5, cal_max: 1 });
    niivue.show(images);
    this.#made = key;
    this.#point(niivue);
    this.#say(current.spacing ? '' : 'Slice distance and pixel size are not known: drawn as if voxels were cubes. Give them under Measure.');
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
    this.#hint.textContent = text;
  }
}
