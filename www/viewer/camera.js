/**
 * How near one looks and at what: 1 shows the whole slice.
 */

/** @typedef {{x: number, y: number, width: number, height: number}} Pane where slices are drawn, in device pixels */
/** @typedef {{scale: number, left: number, top: number}} Placed pixels of the slice to device pixels */

const NEAREST = 16;

export class Camera {
  zoom = 1;
  /** What lies in the middle of the pane, as parts of the slice's width and height. */
  #middle = { x: 0.5, y: 0.5 };

  reset() {
    this.zoom = 1;
    this.#middle = { x: 0.5, y: 0.5 };
  }

  /**
   * @param {Pane} pane
   * @param {{width: number, height: number}} slice
   * @returns {Placed}
   */
  place(pane, { width, height }) {
    const scale = this.zoom * Math.min(pane.width / width, pane.height / height);
    const left = pane.x + pane.width / 2 - this.#middle.x * width * scale;
    const top = pane.y + pane.height / 2 - this.#middle.y * height * scale;
    return { scale, left: Math.round(left), top: Math.round(top) };
  }

  /**
   * Looks nearer or from farther away; what lies under the point stays there.
   * @param {number} factor
   * @param {Pane} pane
   * @param {{width: number, height: number}} slice
   * @param {{x: number, y: number}} [point] in device pixels; the pane's middle without one
   */
  approach(factor, pane, slice, point = { x: pane.x + pane.width / 2, y: pane.y + pane.height / 2 }) {
    const before = this.place(pane, slice);
    // Nothing is near or far in a pane that is out of sight.
    if (before.scale === 0) return;
    this.zoom = Math.min(NEAREST, Math.max(1, this.zoom * factor));
    const after = this.place(pane, slice);
    const grown = after.scale / before.scale;
    this.shift(
      point.x - (point.x - before.left) * grown - after.left,
      point.y - (point.y - before.top) * grown - after.top,
      pane,
      slice,
    );
  }

  /**
   * Moves the slice along, as far as it stays in sight.
   * @param {number} x in device pixels
   * @param {number} y
   * @param {Pane} pane
   * @param {{width: number, height: number}} slice
   */
  shift(x, y, pane, { width, height }) {
    const { scale } = this.place(pane, { width, height });
    /** @param {number} at @param {number} by @param {number} room @param {number} size */
    const kept = (at, by, room, size) => {
      const half = Math.min(0.5, room / (2 * size * scale));
      return Math.min(1 - half, Math.max(half, at - by / (size * scale)));
    };
    this.#middle = {
      x: kept(this.#middle.x, x, pane.width, width),
      y: kept(this.#middle.y, y, pane.height, height),
    };
  }
}
