/**
 * The outline of a mask along the edges of its pixels.
 * @param {Uint8Array} mask 0 or 1 a pixel, row by row
 * @param {number} width
 * @param {number} height
 */
export function outline(mask, width, height) {
  const path = new Path2D();
  const segments = outlineSegments(mask, width, height);
  for (let at = 0; at < segments.length; at += 4) {
    path.moveTo(segments[at], segments[at + 1]);
    path.lineTo(segments[at + 2], segments[at + 3]);
  }
  return path;
}

/**
 * The outline as horizontal and vertical segments. Edges on one line are joined, so that no gaps show between them.
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @returns {number[]} x0, y0, x1, y1 of each segment in pixels
 */
export function outlineSegments(mask, width, height) {
  const box = boundingBox(mask, width, height);
  if (!box) return [];
  const { left, top, right, bottom } = box;
  /** @type {number[]} */
  const horizontal = [];
  /** @type {number[]} */
  const vertical = [];
  // Where the vertical segment at each x began; -1 without one.
  const began = new Int32Array(right - left + 1).fill(-1);
  for (let y = top; y <= bottom; y++) {
    // The row above the box and the row below it are empty.
    const [above, here] = [y > top ? (y - 1) * width : -1, y < bottom ? y * width : -1];
    let start = -1;
    let before = 0;
    for (let x = left; x <= right; x++) {
      const over = above < 0 || x === right ? 0 : mask[above + x];
      const inside = here < 0 || x === right ? 0 : mask[here + x];
      if (over !== inside) {
        if (start < 0) start = x;
      } else if (start >= 0) {
        horizontal.push(start, y, x, y);
        start = -1;
      }
      const column = x - left;
      if (before !== inside) {
        if (began[column] < 0) began[column] = y;
      } else if (began[column] >= 0) {
        vertical.push(x, began[column], x, y);
        began[column] = -1;
      }
      before = inside;
    }
  }
  return horizontal.concat(vertical);
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
