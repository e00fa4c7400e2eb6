/**
 * The case as a volume: its three planes, or rendered in 3-D, with the mask or the probability in it. NiiVue draws; the
 * volumes are the very NIfTI files that are exported. It takes no part in the slice view: see `xtask/vendor/README.md`.
 */
import { find, make } from './dom.js';
import { HEAT } from './picture.js';

/** @import { Engine, VolumeKind } from './engine.js' */
/** @import { State } from './state.js' */
/** @import { Look } from './types.js' */
/** @typedef {{colormap: string, cal_min: number, cal_max: number}} Image a volume of NiiVue's */
/** @typedef {'open' | 'view' | 'slice' | 'settings' | 'measure'} Change */

/** A mask inside of a head has to shine through: it is drawn no weaker than this. */
const LEAST = 0.6;
/** After a change the volume is built anew once there was calm for this long. */
const CALM_MS = 300;
/** Where a NIfTI-1 header has its voxel sizes, the code of its affine map, and that map. */
const [SIZES, FORM, AFFINE] = [76, 254, 280];
/** NiiVue's numbers for its views. */
/** @type {Record<string, number>} */
const PLANES = { multi: 3, render: 4 };

export class Volume {
  #root = find('#volume');
  #hint = find('.hint', this.#root);
  #engine;
  #state;
  /** @type {() => Look} */
  #look;
  /** @type {Promise<any> | null} NiiVue on the canvas */
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
      if (target instanceof HTMLInputElement) void this.#niivue?.then((niivue) => niivue.setSliceType(PLANES[target.value]));
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
    this.#niivue ??= this.#open();
    const niivue = await this.#niivue;
    /** @param {VolumeKind} what @param {string} colormap @param {number} opacity @returns {Promise<Image>} */
    const load = async (what, colormap, opacity) => {
      const bytes = await this.#engine.volume(at.case, what, threshold, current.spacing);
      return niivue.image(upright(bytes.buffer), `${what}.nii`, colormap, opacity);
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

  /** NiiVue on the canvas, with what is asked of it here. */
  async #open() {
    const { Niivue, NVImage } = await import(address().href);
    const niivue = new Niivue({
      logLevel: 'error',
      // Files belong to the page, keys to the page, and which side is left no file here says.
      dragAndDropEnabled: false,
      viewModeHotKey: '',
      clipPlaneHotKey: '',
      cycleClipPlaneHotKey: '',
      isOrientationTextVisible: false,
      isResizeCanvas: true,
      show3Dcrosshair: true,
      crosshairColor: [0.55, 0.8, 1, 0.8],
      multiplanarForceRender: true,
      sliceType: PLANES.multi,
    });
    await niivue.attachToCanvas(find('canvas', this.#root), false);
    if (!niivue.gl) throw new Error('this browser offers no WebGL 2');
    // From the front, a little from above.
    niivue.setRenderAzimuthElevation(120, 25);
    const colour = (/** @type {string} */ name, /** @type {string[]} */ stops) => niivue.addColormap(name, colormap(stops));
    colour('glioscope-heat', HEAT);
    colour('glioscope-reference', ['#56b4e9', '#56b4e9']);
    niivue.onLocationChange = (/** @type {{vox: number[]}} */ { vox }) => this.#go(Math.round(vox[2]));
    return {
      colour,
      setSliceType: (/** @type {number} */ type) => niivue.setSliceType(type),
      image: (/** @type {ArrayBuffer} */ bytes, /** @type {string} */ name, /** @type {string} */ map, /** @type {number} */ opacity) => NVImage.new(bytes, name, map, opacity),
      show: (/** @type {Image[]} */ images) => {
        niivue.volumes = images;
        // Makes it the background and uploads all of them, once.
        niivue.setVolume(images[0], 0);
      },
      point: (/** @type {number} */ part) => {
        niivue.scene.crosshairPos[2] = part;
        niivue.drawScene();
      },
    };
  }

  /** Puts the planes where the slice in view is. @param {{point: (part: number) => void}} niivue */
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

/**
 * Which way the head lies no file says, and so the volume does not either. On the screen it is to lie as its slices do:
 * the first column on the left, the first row on top.
 * @param {ArrayBuffer} nifti changed in place
 */
function upright(nifti) {
  const header = new DataView(nifti);
  const size = (/** @type {number} */ axis) => header.getFloat32(SIZES + 4 * axis, true);
  header.setInt16(FORM, 1, true);
  [[size(1), 0, 0], [0, -size(2), 0], [0, 0, size(3)]].forEach((row, i) => {
    row.forEach((value, k) => header.setFloat32(AFFINE + 16 * i + 4 * k, value, true));
  });
  return nifti;
}

function address() {
  return new URL('vendor/niivue.js', import.meta.url);
}

/** Clear below its lowest value, then from the first colour to the last. @param {string[]} stops */
function colormap(stops) {
  const part = (/** @type {number} */ at) => stops.map((colour) => parseInt(colour.slice(at, at + 2), 16));
  const levels = stops.map((_, i) => Math.round((255 * i) / (stops.length - 1)));
  // The lowest level stands for all that is not drawn.
  return { R: [0, ...part(1)], G: [0, ...part(3)], B: [0, ...part(5)], A: [0, ...stops.map(() => 255)], I: [0, ...levels.map((level) => Math.max(1, level))] };
}
