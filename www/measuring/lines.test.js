import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskOf, randomMasks } from '../editing/random-masks.test.js';
import { onlyRegion } from '../editing/regions.js';
import { moveDiameter, proposedDiameters } from './diameters.js';
import { endNear, endsOf, lengthOf, moveEnd, NO_LINES, pointOf, readLines, withoutLine } from './lines.js';

/** @import { Lines, Point } from './lines.js' */

const SQUARE = { x: 1, y: 1 };

/** All corners of pixels of a mask. @param {Uint8Array} mask @param {number} width @returns {Point[]} */
function corners(mask, width) {
  return [...mask].flatMap((value, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return value ? /** @type {Point[]} */ ([[x, y], [x + 1, y], [x, y + 1], [x + 1, y + 1]]) : [];
  });
}

/** The part of a line inside a rectangle, as distances from its origin; null without one. @param {Point} origin @param {Point} direction @param {number[]} low @param {number[]} high */
function clip(origin, direction, low, high) {
  let [from, to] = [-Infinity, Infinity];
  for (const i of [0, 1]) {
    if (Math.abs(direction[i]) < 1e-12) {
      if (origin[i] < low[i] - 1e-9 || origin[i] > high[i] + 1e-9) return null;
      continue;
    }
    const ends = [low[i], high[i]].map((bound) => (bound - origin[i]) / direction[i]).sort((a, b) => a - b);
    [from, to] = [Math.max(from, ends[0]), Math.min(to, ends[1])];
  }
  return from <= to + 1e-9 ? [from, to] : null;
}

test('the diameters are those of a search of all corners and of all lines through them', () => {
  for (const size of [SQUARE, { x: 0.5, y: 1.3 }]) {
    for (const { mask: any, width, height } of randomMasks()) {
      const found = proposedDiameters(any, width, height, size);
      if (!found) {
        assert.equal(any.includes(1), false);
        continue;
      }
      const [long, short] = found;
      // One region: the one with the ends of the diameter.
      const inside = [0, -0.5, 0.5].flatMap((dx) => [0, -0.5, 0.5].map((dy) => ({ x: long[0][0] + dx, y: long[0][1] + dy })));
      const mask = inside.map((point) => onlyRegion(any, width, height, point)).find(Boolean);
      assert.ok(mask, 'the long diameter ends at the region');
      const all = corners(mask, width);
      const farthest = all.reduce((most, a) => all.reduce((so, b) => Math.max(so, lengthOf([a, b], size)), most), 0);
      assert.ok(Math.abs(lengthOf(long, size) - farthest) < 1e-9);
      const axis = [(long[1][0] - long[0][0]) * size.x, (long[1][1] - long[0][1]) * size.y].map((value) => value / farthest);
      const across = [(short[1][0] - short[0][0]) * size.x, (short[1][1] - short[0][1]) * size.y];
      assert.ok(Math.abs(axis[0] * across[0] + axis[1] * across[1]) < 1e-6 * farthest, 'perpendicular');
      let most = 0;
      for (const [x, y] of all) {
        const extents = [...mask].flatMap((value, at) => {
          const [column, row] = [at % width, Math.floor(at / width)];
          const part = value ? clip([x * size.x, y * size.y], [-axis[1], axis[0]], [column * size.x, row * size.y], [(column + 1) * size.x, (row + 1) * size.y]) : null;
          return part ?? [];
        });
        most = Math.max(most, Math.max(...extents) - Math.min(...extents));
      }
      assert.ok(Math.abs(lengthOf(short, size) - most) < 0.02 * farthest, `${lengthOf(short, size)} instead of ${most} in ${width} by ${height}`);
    }
  }
});

test('the diameters of a rectangle, of a bar and of one pixel', () => {
  const bar = proposedDiameters(maskOf('......', '.####.', '......'), 6, 3, SQUARE);
  assert.deepEqual(bar?.map((line) => lengthOf(line, null).toFixed(2)), [Math.hypot(4, 1).toFixed(2), '1.03']);
  const pixel = proposedDiameters(maskOf('#'), 1, 1, SQUARE);
  assert.deepEqual(pixel?.map((line) => lengthOf(line, null).toFixed(3)), ['1.414', '1.414']);
  const plus = proposedDiameters(maskOf('..#..', '..#..', '#####', '..#..', '..#..'), 5, 5, SQUARE);
  assert.ok(plus && lengthOf(plus[1], null) > 5);
});

test('the diameters stay perpendicular when an end moves', () => {
  const size = { x: 0.5, y: 2 };
  const start = proposedDiameters(maskOf('..##..', '.####.', '######', '..##..'), 6, 4, size);
  assert.ok(start);
  for (const line of /** @type {const} */ ([0, 1])) {
    for (const end of /** @type {const} */ ([0, 1])) {
      const to = /** @type {Point} */ ([5.5, 0.25]);
      const moved = moveDiameter(start, line, end, to, size);
      const [[a, b], [c, d]] = moved;
      const product = (b[0] - a[0]) * (d[0] - c[0]) * size.x ** 2 + (b[1] - a[1]) * (d[1] - c[1]) * size.y ** 2;
      assert.ok(Math.abs(product) < 1e-9);
      for (const i of [0, 1]) assert.ok(Math.abs(moved[line][end][i] - to[i]) < 1e-9, 'the end is where it was moved to');
      if (line === 1) assert.deepEqual(moved[0].flat().map((value) => value.toFixed(9)), start[0].flat().map((value) => value.toFixed(9)));
      else assert.ok(Math.abs(lengthOf(moved[1], size) - lengthOf(start[1], size)) < 1e-9);
    }
  }
});

test('the short diameter turns with the long one, and both ends of the long one may meet', () => {
  const moved = moveDiameter([[[0, 0], [4, 0]], [[2, -1], [2, 1]]], 0, 1, [0, 0], SQUARE);
  assert.ok(moved.flat(2).every(Number.isFinite));
});

test('ends are found, moved and removed', () => {
  /** @type {Lines} */
  const lines = { rulers: [[[0, 0], [3, 4]], [[10, 10], [10, 20]]], diameters: [[[50, 50], [60, 50]], [[55, 48], [55, 52]]] };
  assert.equal(endsOf(lines).length, 8);
  assert.equal(endsOf(NO_LINES).length, 0);
  const near = endNear(lines, [10.5, 19], 3);
  assert.deepEqual(near, { kind: 'ruler', at: 1, end: 1 });
  assert.equal(endNear(lines, [30, 30], 3), null);
  assert.ok(near);
  assert.deepEqual(pointOf(moveEnd(lines, near, [12, 24], null), near), [12, 24]);
  assert.deepEqual(lines.rulers[1], [[10, 10], [10, 20]], 'the lines themselves do not change');
  assert.equal(withoutLine(lines, near).rulers.length, 1);
  assert.equal(withoutLine(lines, { kind: 'diameter', at: 1, end: 0 }).diameters, null);
  assert.deepEqual(lengthOf(lines.rulers[0], null), 5);
  assert.deepEqual(lengthOf(lines.rulers[0], { x: 2, y: 0.5 }), Math.hypot(6, 2));
});

test('saved lines are read, and invalid ones are ignored', () => {
  const line = [[0, 1], [2, 3.5]];
  assert.deepEqual(readLines({ a: { rulers: [line, [[0, 1]], [[0, 1], [2, 'x']], 5], diameters: [line, line] }, b: 7, c: { rulers: line[0], diameters: [line] } }), {
    a: { rulers: [line], diameters: [line, line] }, b: NO_LINES, c: NO_LINES,
  });
  assert.deepEqual(readLines(null), {});
});
