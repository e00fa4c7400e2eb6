import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Camera, sameScale } from './camera.js';

const pane = { x: 0, y: 0, width: 400, height: 200 };
const slice = { width: 100, height: 100 };

test('at first the whole slice is in the middle of the pane', () => {
  assert.deepEqual(new Camera().place(pane, slice), { scale: 2, left: 100, top: 0 });
});

test('a point stays in place while zooming', () => {
  const camera = new Camera();
  const point = { x: 220, y: 90 };
  const before = camera.place(pane, slice);
  camera.zoomBy(4, pane, slice, point);
  const after = camera.place(pane, slice);
  for (const [axis, edge] of /** @type {const} */ ([['x', 'left'], ['y', 'top']])) {
    const error = (point[axis] - before[edge]) / before.scale - (point[axis] - after[edge]) / after.scale;
    assert.ok(Math.abs(error) < 0.1, `${axis}: ${error}`);
  }
});

test('zoom is limited, and zooming out shows the whole slice again', () => {
  const camera = new Camera();
  camera.zoomBy(1000, pane, slice);
  assert.equal(camera.zoom, 16);
  camera.panBy(5000, 5000, pane, slice);
  camera.zoomBy(0.0001, pane, slice);
  assert.equal(camera.zoom, 1);
  assert.equal(camera.place(pane, slice).top, 0);
});

test('the slice cannot be moved out of the pane', () => {
  const camera = new Camera();
  camera.zoomBy(4, pane, slice);
  camera.panBy(1e6, 1e6, pane, slice);
  const { left, top } = camera.place(pane, slice);
  assert.equal(left, 0);
  assert.equal(top, 0);
});

test('a millimetre has the same size in two panes, where the size of the pixels is known', () => {
  const of = (/** @type {number} */ width, /** @type {number | null} */ pixel) => ({ pane, width, height: width, pixel });
  // 200 mm and 100 mm.
  assert.deepEqual(sameScale([of(200, 1), of(400, 0.25)]), [1, 0.5]);
  assert.deepEqual(sameScale([of(200, 1), of(400, null)]), [1, 1]);
  const camera = new Camera();
  assert.equal(camera.place(pane, { ...slice, fraction: 0.5 }).scale, 1);
  camera.zoomBy(4, pane, { ...slice, fraction: 0.5 });
  assert.equal(camera.place(pane, { ...slice, fraction: 0.5 }).scale, 4);
});
