import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Brush } from './brush.js';

const SIDE = 16;

/** @param {Uint8Array | null} mask */
const area = (mask) => mask?.reduce((sum, value) => sum + value, 0);

test('a brush covers every pixel whose centre is inside its circle', () => {
  const brush = new Brush();
  brush.size = 7;
  const mask = brush.begin(new Uint8Array(SIDE * SIDE), SIDE, SIDE, true, { x: 8, y: 8 });
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const inside = Math.hypot(x + 0.5 - 8, y + 0.5 - 8) <= 3.5;
      assert.equal(mask[y * SIDE + x], Number(inside), `${x}, ${y}`);
    }
  }
});

test('a brush of one pixel marks the pixel that contains it', () => {
  const brush = new Brush();
  brush.size = 1;
  const mask = brush.begin(new Uint8Array(SIDE * SIDE), SIDE, SIDE, true, { x: 3.9, y: 5.1 });
  assert.equal(area(mask), 1);
  assert.equal(mask[5 * SIDE + 3], 1);
});

test('a fast stroke has no gaps, and an eraser removes it', () => {
  const brush = new Brush();
  brush.size = 3;
  brush.begin(new Uint8Array(SIDE * SIDE), SIDE, SIDE, true, { x: 1, y: 8 });
  brush.draw({ x: 15, y: 8 });
  const drawn = /** @type {Uint8Array} */ (brush.end());
  for (let x = 1; x < 15; x++) assert.equal(drawn[8 * SIDE + x], 1, `column ${x}`);
  brush.begin(drawn, SIDE, SIDE, false, { x: 1, y: 8 });
  brush.draw({ x: 15, y: 8 });
  assert.equal(area(brush.end()), 0);
});

test('a stroke outside the slice changes nothing', () => {
  const brush = new Brush();
  assert.equal(area(brush.begin(new Uint8Array(SIDE * SIDE), SIDE, SIDE, true, { x: -20, y: 40 })), 0);
});
