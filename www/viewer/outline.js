/**
 * The outline of a mask along the edges of its pixels, in pixels: what is inside lies inside the line.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 */
export function outline(mask, width, height) {
  const path = new Path2D();
  const box = bounds(mask, width, height);
  if (!box) return path;
  const { left, top, right, bottom } = box;
  /** @param {number} x @param {number} y */
  const inside = (x, y) => x >= left && y >= top && x < right && y < bottom && mask[y * width + x] !== 0;
  /** @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
  const line = (x0, y0, x1, y1) => {
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
  };
  // Edges in one line are drawn in one stroke, so that no joint shows.
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x < right; x++) {
      const start = x;
      while (x < right && inside(x, y - 1) !== inside(x, y)) x++;
      if (x > start) line(start, y, x, y);
    }
  }
  for (let x = left; x <= right; x++) {
    for (let y = top; y < bottom; y++) {
      const start = y;
      while (y < bottom && inside(x - 1, y) !== inside(x, y)) y++;
      if (y > start) line(x, start, x, y);
    }
  }
  return path;
}

/**
 * The smallest rectangle that holds a mask; null where it is empty.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 */
function bounds(mask, width, height) {
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
