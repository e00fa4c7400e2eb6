/**
 * A round brush. It sets or clears every pixel whose centre it covers.
 */
export class Brush {
  /** Its diameter in pixels of the slice. */
  size = 9;
  /** @type {{mask: Uint8Array, width: number, height: number, value: number, x: number, y: number} | null} */
  #stroke = null;

  /**
   * Begins a stroke on a copy of a mask.
   * @param {Uint8Array} mask 0 or 1 a pixel
   * @param {number} width
   * @param {number} height
   * @param {boolean} set whether it sets pixels or clears them
   * @param {{x: number, y: number}} at in pixels
   */
  begin(mask, width, height, set, at) {
    this.#stroke = { mask: mask.slice(), width, height, value: set ? 1 : 0, ...at };
    this.#stamp(at.x, at.y);
    return this.#stroke.mask.slice();
  }

  /** Continues the stroke to a point. @param {{x: number, y: number}} to @returns {Uint8Array | null} the mask so far */
  draw({ x, y }) {
    const stroke = this.#stroke;
    if (!stroke) return null;
    // Close enough that the stamps overlap.
    const steps = Math.max(1, Math.ceil(Math.hypot(x - stroke.x, y - stroke.y) / Math.max(0.5, this.size / 4)));
    const [fromX, fromY] = [stroke.x, stroke.y];
    for (let i = 1; i <= steps; i++) this.#stamp(fromX + ((x - fromX) * i) / steps, fromY + ((y - fromY) * i) / steps);
    [stroke.x, stroke.y] = [x, y];
    return stroke.mask.slice();
  }

  /** Ends the stroke. @returns {Uint8Array | null} its mask */
  end() {
    const mask = this.#stroke?.mask ?? null;
    this.#stroke = null;
    return mask;
  }

  /** @param {number} x @param {number} y */
  #stamp(x, y) {
    if (!this.#stroke) return;
    const { mask, width, height, value } = this.#stroke;
    const radius = this.size / 2;
    // A brush of one pixel may cover no centre. It marks the pixel that contains it.
    if (this.size <= 1) {
      if (x >= 0 && y >= 0 && x < width && y < height) mask[Math.floor(y) * width + Math.floor(x)] = value;
      return;
    }
    const [top, bottom] = [Math.max(0, Math.floor(y - radius)), Math.min(height, Math.ceil(y + radius))];
    for (let row = top; row < bottom; row++) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (row + 0.5 - y) ** 2));
      const from = Math.max(0, Math.ceil(x - half - 0.5));
      const to = Math.min(width, Math.floor(x + half - 0.5) + 1);
      if (to > from) mask.fill(value, row * width + from, row * width + to);
    }
  }
}
