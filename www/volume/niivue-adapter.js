/**
 * NiiVue on a canvas, with the few functions that the page uses. The library's own types are not bundled, so they are
 * declared here.
 */
import { WWW } from '../core/site.js';
import { AGREEMENT_COLOURS, HEAT_COLOURS } from '../viewer/rasterise.js';

/** @typedef {{colormap: string, cal_min: number, cal_max: number}} Image a volume of NiiVue's */
/**
 * @typedef {object} Niivue
 * @property {(name: string, stops: string[]) => void} addColours adds a colour map
 * @property {(planes: 'multi' | 'render') => void} setPlanes three planes, or 3-D
 * @property {(nifti: ArrayBuffer, name: string, colormap: string, opacity: number) => Promise<Image>} loadImage takes over the bytes
 * @property {(images: Image[]) => void} show the first one is the background
 * @property {() => void} dispose frees the images and all memory of the GPU; the canvas cannot be used again
 * @property {(low: number, high: number) => void} setWindow the values of the background that are black and white
 * @property {() => Promise<Blob | null>} toPng
 * @property {(x: number, y: number) => void} move moves the crosshair by voxels to the right and down; in 3-D turns the head
 * @property {(x: number, y: number, z: number) => void} showPlace moves the crosshair, and the planes with it: fractions of width, height and stack, 0 to 1
 */
/** What the crosshair is on: fractions of width and height, and the slice. @typedef {{x: number, y: number, slice: number}} Place */

/** The offsets of voxel sizes, the code of the affine map, and that map in a NIfTI-1 header. */
const [SIZES, FORM, AFFINE] = [76, 254, 280];
/** How far an arrow key turns the head, in degrees. */
const TURN = 3;
/** NiiVue's codes of its views. */
const SLICE_TYPES = { multi: 3, render: 4 };
/** The initial view in 3-D: from the front, a little from above. In degrees. */
const [AZIMUTH, ELEVATION] = [120, 25];

/**
 * @param {HTMLCanvasElement} canvas
 * @param {(place: Place) => void} onPlace the visitor moved the crosshair
 * @returns {Promise<Niivue>}
 */
export async function openNiivue(canvas, onPlace) {
  const { Niivue, NVImage } = await import(niivueUrl().href);
  const niivue = new Niivue({
    logLevel: 'error',
    // The page handles dropped files. Which side is left is unknown, so no orientation is shown.
    dragAndDropEnabled: false,
    isOrientationTextVisible: false,
    isResizeCanvas: true,
    show3Dcrosshair: true,
    crosshairColor: [0.55, 0.8, 1, 0.8],
    multiplanarForceRender: true,
    sliceType: SLICE_TYPES.multi,
  });
  // The page handles keys. No option of the library disables all of its own.
  Object.assign(niivue, { keyDownListener() {}, keyUpListener() {} });
  await niivue.attachToCanvas(canvas, false);
  if (!niivue.gl) throw new Error('this browser offers no WebGL 2');
  niivue.setRenderAzimuthElevation(AZIMUTH, ELEVATION);
  /** @param {string} name @param {string[]} stops */
  const addColours = (name, stops) => niivue.addColormap(name, colormap(stops));
  addColours('glioscope-heat', HEAT_COLOURS);
  for (const [name, colour] of Object.entries(AGREEMENT_COLOURS)) addColours(`glioscope-${name}`, [colour, colour]);
  niivue.onLocationChange = (/** @type {{vox: number[], frac: number[]}} */ { vox, frac }) => onPlace({ x: frac[0], y: 1 - frac[1], slice: Math.round(vox[2]) });
  return {
    addColours,
    setPlanes(planes) {
      if (niivue.opts.sliceType !== SLICE_TYPES[planes]) niivue.setSliceType(SLICE_TYPES[planes]);
    },
    loadImage: (bytes, name, map, opacity) => NVImage.new(withDisplayAxes(bytes), name, map, opacity),
    show(images) {
      niivue.volumes = images;
      // Makes the first one the background and uploads all of them once.
      niivue.setVolume(images[0], 0);
    },
    dispose() {
      // Removing volumes leaves their textures, so the whole context is given back.
      niivue.volumes = [];
      niivue.cleanup();
      niivue.gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
    setWindow(low, high) {
      Object.assign(niivue.volumes[0], { cal_min: low, cal_max: high });
      niivue.updateGLVolume();
    },
    toPng() {
      // The canvas can be read until the browser has shown it.
      niivue.drawScene();
      return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    },
    move(x, y) {
      const { renderAzimuth, renderElevation } = niivue.scene;
      if (niivue.opts.sliceType === SLICE_TYPES.render) niivue.setRenderAzimuthElevation(renderAzimuth + TURN * x, renderElevation + TURN * y);
      else niivue.moveCrosshairInVox(x, -y, 0);
    },
    showPlace(x, y, z) {
      // Rows count downwards.
      [x, 1 - y, z].forEach((fraction, axis) => {
        niivue.scene.crosshairPos[axis] = fraction;
      });
      niivue.drawScene();
    },
  };
}

/**
 * Sets the axes so that the volume is shown like its slices: the first column on the left, the first row on top. The
 * files do not state how the head lies.
 * @param {ArrayBuffer} nifti changed in place
 */
function withDisplayAxes(nifti) {
  const header = new DataView(nifti);
  /** @param {number} axis */
  const size = (axis) => header.getFloat32(SIZES + 4 * axis, true);
  header.setInt16(FORM, 1, true);
  [[size(1), 0, 0], [0, -size(2), 0], [0, 0, size(3)]].forEach((row, i) => {
    row.forEach((value, k) => header.setFloat32(AFFINE + 16 * i + 4 * k, value, true));
  });
  return nifti;
}

/** The bundled library. */
export function niivueUrl() {
  return new URL('vendor/niivue.js', WWW);
}

/** A colour map that is transparent below its smallest value. @param {string[]} stops from the smallest to the largest value */
function colormap(stops) {
  /** @param {number} at */
  const channel = (at) => stops.map((colour) => parseInt(colour.slice(at, at + 2), 16));
  const levels = stops.map((_, i) => Math.round((255 * i) / (stops.length - 1)));
  // Index 0 is transparent.
  return { R: [0, ...channel(1)], G: [0, ...channel(3)], B: [0, ...channel(5)], A: [0, ...stops.map(() => 255)], I: [0, ...levels.map((level) => Math.max(1, level))] };
}
