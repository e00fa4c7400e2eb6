/**
 * A slice of the largest size that the page reads.
 */
import { crc32, deflateSync } from 'node:zlib';

/** The side of the slice in pixels. */
export const SIDE = 4096;

/** A grey PNG with a bright lesion in a head. The input check accepts it. */
export function largeSlice() {
  const rows = Buffer.alloc(SIDE * (SIDE + 1));
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) rows[y * (SIDE + 1) + 1 + x] = level((x + 0.5) / SIDE, (y + 0.5) / SIDE);
  }
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 1 })), chunk('IEND', Buffer.alloc(0))]);
}

/** @param {string} kind @param {Buffer} data */
function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** The grey level at a point, 0 to 255. @param {number} x 0 to 1 @param {number} y 0 to 1 */
function level(x, y) {
  const [across, down] = [(x - 0.5) / 0.34, (y - 0.5) / 0.43];
  const angle = Math.atan2(down, across);
  const radius = Math.hypot(across, down) + 0.03 * Math.sin(angle + 0.4) + 0.02 * Math.sin(2 * angle + 1) + 0.012 * Math.sin(5 * angle);
  if (radius > 1) return 3;
  if (radius > 0.93) return 190;
  if (radius > 0.87) return 35;
  const ventricle = Math.hypot((Math.abs(across + 0.02) - 0.14) / 0.1, (down + 0.05) / 0.35) < 1;
  const folds = 12 * Math.sin(40 * across + 3 * Math.sin(23 * down)) * Math.sin(37 * down + 2 * Math.sin(19 * across));
  const border = Math.hypot(across - 0.42, down + 0.3) - 0.24 - 0.03 * Math.sin(30 * x) * Math.sin(34 * y);
  return Math.min(255, (ventricle ? 45 : 105 + folds) + 110 / (1 + Math.exp(40 * border)));
}
