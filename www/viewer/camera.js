/**
 * Zoom and pan of the slice. A zoom of 1 shows the whole slice.
 */

/** @typedef {{x: number, y: number, width: number, height: number}} Pane an area of the canvas, in device pixels */
/** @typedef {{scale: number, left: number, top: number}} Placement maps pixels of the slice to device pixels */
/** `fraction`: how much of the pane it fills at a zoom of 1; all of it by default. @typedef {{width: number, height: number, fraction?: number}} Fitted a slice */

const MAX_ZOOM = 16;

export class Camera {
  zoom = 1;
  /** The point in the middle of the pane, as fractions of the slice's width and height. */
  #centre = { x: 0.5, y: 0.5 };

  reset() {
    this.zoom = 1;
    this.#centre = { x: 0.5, y: 0.5 };
  }

  /**
   * @param {Pane} pane
   * @param {Fitted} slice
   * @returns {Placement}
   */
  place(pane, { width, height, fraction = 1 }) {
    const scale = this.zoom * fraction * Math.min(pane.width / width, pane.height / height);
    const left = pane.x + pane.width / 2 - this.#centre.x * width * scale;
    const top = pane.y + pane.height / 2 - this.#centre.y * height * scale;
    return { scale, left: Math.round(left), top: Math.round(top) };
  }

  /**
   * Zooms so that a point stays where it is.
   * @param {number} factor
   * @param {Pane} pane
   * @param {Fitted} slice
   * @param {{x: number, y: number}} [point] in device pixels; by default the middle of the pane
   */
  zoomBy(factor, pane, slice, point = { x: pane.x + pane.width / 2, y: pane.y + pane.height / 2 }) {
    const before = this.place(pane, slice);
    // A hidden pane has no size.
    if (before.scale === 0) return;
    this.zoom = Math.min(MAX_ZOOM, Math.max(1, this.zoom * factor));
    const after = this.place(pane, slice);
    const ratio = after.scale / before.scale;
    this.panBy(
      point.x - (point.x - before.left) * ratio - after.left,
      point.y - (point.y - before.top) * ratio - after.top,
      pane,
      slice,
    );
  }

  /**
   * Moves the slice, at most until its edge reaches the edge of the pane.
   * @param {number} x in device pixels
   * @param {number} y
   * @param {Pane} pane
   * @param {Fitted} slice
   */
  panBy(x, y, pane, slice) {
    const { width, height } = slice;
    const { scale } = this.place(pane, slice);
    /** @param {number} at @param {number} by @param {number} available @param {number} size */
    const clamped = (at, by, available, size) => {
      const half = Math.min(0.5, available / (2 * size * scale));
      return Math.min(1 - half, Math.max(half, at - by / (size * scale)));
    };
    this.#centre = {
      x: clamped(this.#centre.x, x, pane.width, width),
      y: clamped(this.#centre.y, y, pane.height, height),
    };
  }
}

/**
 * The fractions of their panes that two slices fill, so that a millimetre has the same size in both.
 * @param {{pane: Pane, width: number, height: number, pixel: number | null}[]} slices `pixel`: the width of a pixel in millimetres
 */
export function sameScale(slices) {
  const millimetres = slices.map(({ pane, width, height, pixel }) => Math.min(pane.width / width, pane.height / height) / (pixel ?? NaN));
  const smallest = Math.min(...millimetres);
  return millimetres.map((size) => (smallest > 0 ? smallest / size : 1));
}
