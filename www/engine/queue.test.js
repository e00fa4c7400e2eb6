import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Queue } from './queue.js';

const items = ['a0', 'a1', 'a2', 'a3', 'a4', 'b0', 'b1', 'b2'].map((slice) => ({ slice, case: slice[0], index: Number(slice[1]) }));

/** @param {Queue} queue */
const drain = (queue) => Array.from({ length: queue.length }, () => queue.take()?.slice);

test('each case starts from its middle', () => {
  assert.deepEqual(drain(new Queue(items, () => undefined)), ['a2', 'a1', 'a3', 'a0', 'a4', 'b1', 'b0', 'b2']);
});

test('the case in view comes first, also when it changes', () => {
  let inView = 'b';
  const queue = new Queue(items, () => inView);
  assert.equal(queue.take()?.slice, 'b1');
  inView = 'a';
  assert.equal(queue.take()?.slice, 'a2');
});

test('a task that was put back is the next one', () => {
  const queue = new Queue(items, () => undefined);
  const task = queue.take();
  assert.ok(task);
  queue.putBack(task);
  assert.equal(queue.take(), task);
});
