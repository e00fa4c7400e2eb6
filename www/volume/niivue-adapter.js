/**
 * NiiVue on a canvas, with what the page asks of it and nothing else. The library has types of its own, which are not
 * bundled; what is used of them stands here.
 */
import { AGREEMENT, HEAT } from '../viewer/rasterise.js';

/** @typedef {{colormap: string, cal_min: number, cal_max: number}} Image a volume of NiiVue's */
/**
 * @typedef {object} Niivue
 * @property {(name: string, stops: string[]) => void} colour adds a colour map
 * @property {(name: string) => void} view `multi` three planes, `render` in 3-D
 * @property {(nifti: ArrayBuffer, name: string, colormap: string, opacity: number) => Promise<Image>} image takes the bytes over
 * @property {(images: Image[]) => void} show the first one is the background
 * @property {(low: number, high: number) => void} window what the background shows as black and as white
 * @property {() => Promise<Blob | null>} picture as it stands, as a PNG
 * @property {(x: number, y: number) => void} move puts the cross so many voxels to the right and down; in 3-D it turns the head that way
 * @property {(part: number) => void} point puts the planes at a part of the stack, 0 to 1
 */

/** Where a NIfTI-1 header has its voxel sizes, the code of its affine map, and that map. */
const [SIZES, FORM, AFFINE] = [76, 254, 280];
/** How far an arrow key turns the head, in degrees. */
const TURN = 3;
/** NiiVue's numbers for its views. */
/** @type {Record<string, number>} */
const PLANES = { multi: 3, render: 4 };

/**
 * @param {HTMLCanvasElement} canvas
 * @param {(slice: number) => void} onSlice somebody has pointed to one
 * @returns {Promise<Niivue>}
 */
export async function open(canvas, onSlice) {
  const { Niivue, NVImage } = await import(address().href);
  const niivue = new Niivue({
    logLevel: 'error',
    // Files belong to the page, and which side is left no file here says.
    dragAndDropEnabled: false,
    isOrientationTextVisible: false,
    isResizeCanvas: true,
    show3Dcrosshair: true,
    crosshairColor: [0.55, 0.8, 1, 0.8],
    multiplanarForceRender: true,
    sliceType: PLANES.multi,
  });
  // So do keys: its own are letters that mean something else here, and no option leaves all of them out.
  Object.assign(niivue, { keyDownListener() {}, keyUpListener() {} });
  await niivue.attachToCanvas(canvas, false);
  if (!niivue.gl) throw new Error('this browser offers no WebGL 2');
  // From the front, a little from above.
  niivue.setRenderAzimuthElevation(120, 25);
  const colour = (/** @type {string} */ name, /** @type {string[]} */ stops) => niivue.addColormap(name, colormap(stops));
  colour('glioscope-heat', HEAT);
  for (const [name, hue] of Object.entries(AGREEMENT)) colour(`glioscope-${name}`, [hue, hue]);
  niivue.onLocationChange = (/** @type {{vox: number[]}} */ { vox }) => onSlice(Math.round(vox[2]));
  return {
    colour,
    view: (/** @type {string} */ name) => niivue.setSliceType(PLANES[name]),
    image: (/** @type {ArrayBuffer} */ bytes, /** @type {string} */ name, /** @type {string} */ map, /** @type {number} */ opacity) => NVImage.new(upright(bytes), name, map, opacity),
    show: (/** @type {Image[]} */ images) => {
      niivue.volumes = images;
      // Makes it the background and uploads all of them, once.
      niivue.setVolume(images[0], 0);
    },
    window: (/** @type {number} */ low, /** @type {number} */ high) => {
      Object.assign(niivue.volumes[0], { cal_min: low, cal_max: high });
      niivue.updateGLVolume();
    },
    picture: () => {
      // What was drawn is there to be read until the browser has shown it.
      niivue.drawScene();
      return new Promise((done) => canvas.toBlob(done, 'image/png'));
    },
    move: (/** @type {number} */ x, /** @type {number} */ y) => {
      const { renderAzimuth, renderElevation } = niivue.scene;
      if (niivue.opts.sliceType === PLANES.render) niivue.setRenderAzimuthElevation(renderAzimuth + TURN * x, renderElevation + TURN * y);
      else niivue.moveCrosshairInVox(x, -y, 0);
    },
    point: (/** @type {number} */ part) => {
      niivue.scene.crosshairPos[2] = part;
      niivue.drawScene();
    },
  };
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

/** Where the bundled library lies. */
export function address() {
  return new URL('../vendor/niivue.js', import.meta.url);
}

/** Clear below its lowest value, then from the first colour to the last. @param {string[]} stops */
function colormap(stops) {
  const part = (/** @type {number} */ at) => stops.map((colour) => parseInt(colour.slice(at, at + 2), 16));
  const levels = stops.map((_, i) => Math.round((255 * i) / (stops.length - 1)));
  // The lowest level stands for all that is not drawn.
  return { R: [0, ...part(1)], G: [0, ...part(3)], B: [0, ...part(5)], A: [0, ...stops.map(() => 255)], I: [0, ...levels.map((level) => Math.max(1, level))] };
}
