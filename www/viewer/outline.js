/**
 * The outline of a mask along the edges of its pixels.
 * @param {Uint8Array} mask 0 or 1 a pixel, row by row
 * @param {number} width
 * @param {number} height
 */
export function outline(mask, width, height) {
  const path = new Path2D();
  for (const [x0, y0, x1, y1] of outlineSegments(mask, width, height)) {
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
  }
  return path;
}

/**
 * The outline as horizontal and vertical segments. Edges on one line are joined, so that no gaps show between them.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @returns {Generator<[number, number, number, number]>} x0, y0, x1, y1 in pixels
 */
export function* outlineSegments(mask, width, height) {
  const box = boundingBox(mask, width, height);
  if (!box) return;
  const { left, top, right, bottom } = box;
  /** @param {number} x @param {number} y */
  const inside = (x, y) => x >= left && y >= top && x < right && y < bottom && mask[y * width + x] !== 0;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x < right; x++) {
      const start = x;
      while (x < right && inside(x, y - 1) !== inside(x, y)) x++;
      if (x > start) yield [start, y, x, y];
    }
  }
  for (let x = left; x <= right; x++) {
    for (let y = top; y < bottom; y++) {
      const start = y;
      while (y < bottom && inside(x - 1, y) !== inside(x, y)) y++;
      if (y > start) yield [x, start, x, y];
    }
  }
}

/**
 * The smallest rectangle around a mask, or null where the mask is empty.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 */
function boundingBox(mask, width, height) {
  const first = mask.indexOf(1);
  if (first < 0) return null;
  const top = Math.floor(first / width);
  const bottom = Math.min(height, Math.floor(mask.lastIndexOf(1) / width) + 1);
  let [left, right] = [width, 0];
  for (let y = top; y < bottom; y++) {
    const row = mask.subarray(y * width, (y + 1) * width);
    const start = row.indexOf(1);
    if (start < 0) continue;
    left = Math.min(left, start);
    right = Math.max(right, row.lastIndexOf(1) + 1);
  }
  return { left, top, right, bottom };
}
