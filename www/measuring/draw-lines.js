/**
 * Lines on the stage, with their ends and lengths.
 */
import { formatLength } from '../core/format.js';
import { lengthOf } from './lines.js';

/** @import { Placement } from '../viewer/camera.js' */
/** @import { PixelSize } from './diameters.js' */
/** @import { End, Line, Lines } from './lines.js' */
/** @typedef {{lines: Lines, selected: End | null, pixelSize: PixelSize | null}} Drawn */

/** In CSS pixels. */
const [END_RADIUS, SELECTED_RADIUS, FONT, GAP] = [3, 5, 12, 8];

/**
 * @param {CanvasRenderingContext2D} context with device pixels as its unit
 * @param {Drawn} drawn
 * @param {Placement} placement
 */
export function drawLines(context, { lines, selected, pixelSize }, { scale, left, top }) {
  const unit = devicePixelRatio;
  context.globalAlpha = 1;
  context.lineCap = 'round';
  context.font = `500 ${FONT * unit}px ui-sans-serif, -apple-system, "Segoe UI", Roboto, Arial, sans-serif`;
  context.textBaseline = 'middle';
  /** @param {End['kind']} kind @param {Line} line @param {number} at */
  const draw = (kind, line, at) => {
    const points = line.map(([x, y]) => [left + x * scale, top + y * scale]);
    const path = new Path2D();
    path.moveTo(points[0][0], points[0][1]);
    path.lineTo(points[1][0], points[1][1]);
    for (const [end, [x, y]] of points.entries()) {
      const radius = (selected?.kind === kind && selected.at === at && selected.end === end ? SELECTED_RADIUS : END_RADIUS) * unit;
      path.moveTo(x + radius, y);
      path.arc(x, y, radius, 0, 2 * Math.PI);
    }
    // White on black is visible on any tissue.
    for (const [colour, width] of /** @type {const} */ ([['#000', 4], ['#fff', 1.5]])) {
      context.strokeStyle = colour;
      context.lineWidth = width * unit;
      context.stroke(path);
    }
    const [right, y] = points[0][0] > points[1][0] ? points[0] : points[1];
    const text = formatLength(lengthOf(line, pixelSize), pixelSize !== null);
    // Never beyond the right edge.
    const x = Math.min(right + GAP * unit, context.canvas.width - context.measureText(text).width - GAP * unit);
    context.lineWidth = 4 * unit;
    context.strokeStyle = '#000';
    context.strokeText(text, x, y);
    context.fillStyle = '#fff';
    context.fillText(text, x, y);
  };
  for (const [at, line] of lines.rulers.entries()) draw('ruler', line, at);
  for (const [at, line] of (lines.diameters ?? []).entries()) draw('diameter', line, at);
}
