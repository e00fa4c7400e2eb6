import assert from 'node:assert/strict';
import { test } from 'node:test';
import { between } from './shape-interpolation.js';
import { areaOf, maskOf, randomMasks } from './random-masks.test.js';

/** @param {Parameters<typeof between>} given */
function all(...given) {
  const steps = between(...given);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The signed distance of every pixel, by a search of all pixels of a slice with a border around it. @param {Uint8Array} mask @param {number} width @param {number} height */
function distances(mask, width, height) {
  return Array.from(mask, (inside, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    let least = Infinity;
    for (let row = -1; row <= height; row++) {
      for (let column = -1; column <= width; column++) {
        const beyond = row < 0 || column < 0 || row === height || column === width;
        const other = beyond ? 0 : mask[row * width + column];
        if (other !== inside) least = Math.min(least, Math.hypot(column - x, row - y));
      }
    }
    return inside ? least - 0.5 : 0.5 - least;
  });
}

test('interpolated masks are those of the mean of the signed distances', () => {
  /** @type {Map<string, Uint8Array>} */
  const before = new Map();
  for (const { mask, width, height } of randomMasks()) {
    const other = before.get(`${width}`) ?? mask;
    before.set(`${width}`, mask);
    if (!mask.includes(1) || !other.includes(1)) continue;
    const [from, to] = [distances(other, width, height), distances(mask, width, height)];
    for (const [i, found] of all(other, mask, width, height, 3).entries()) {
      const weight = (i + 1) / 4;
      const expected = mask.map((_, at) => Number((1 - weight) * from[at] + weight * to[at] > 1e-9));
      // Single precision may decide otherwise where the mean is 0.
      const undecided = mask.map((_, at) => Number(Math.abs((1 - weight) * from[at] + weight * to[at]) < 1e-6));
      assert.deepEqual(found.map((value, at) => (undecided[at] ? 0 : value)), expected.map((value, at) => (undecided[at] ? 0 : value)));
    }
  }
});

test('between equal masks is the same mask, and between two discs a disc', () => {
  const mask = maskOf('....', '.##.', '.##.', '....');
  assert.deepEqual(all(mask, mask, 4, 4, 2), [mask, mask]);
  const side = 64;
  /** @param {number} radius @param {number} x */
  const disc = (radius, x) => Uint8Array.from({ length: side * side }, (_, i) => Number(Math.hypot((i % side) - x, Math.floor(i / side) - 32) < radius));
  const [middle] = all(disc(8, 32), disc(16, 32), side, side, 1);
  assert.ok(Math.abs(areaOf(middle) / (Math.PI * 12 ** 2) - 1) < 0.05, `${areaOf(middle)} pixels`);
  const [moved] = all(disc(8, 26), disc(8, 36), side, side, 1);
  assert.deepEqual([moved[32 * side + 31], moved[32 * side + 19]], [1, 0]);
});

test('towards an empty mask a shape shrinks until it is gone', () => {
  const side = 32;
  const disc = Uint8Array.from({ length: side * side }, (_, i) => Number(Math.hypot((i % side) - 16, Math.floor(i / side) - 16) < 10));
  const areas = all(disc, new Uint8Array(side * side), side, side, 5).map(areaOf);
  assert.ok(areas[0] < areaOf(disc) && areas[0] > areas[1] && areas[1] > areas[2], String(areas));
  assert.deepEqual(areas.slice(2), [areas[2], 0, 0]);
  assert.deepEqual(all(new Uint8Array(4), new Uint8Array(4), 2, 2, 1), [new Uint8Array(4)]);
});
