import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_DISPLAY, readDisplay } from './display.js';

test('saved settings are read as they were', () => {
  const saved = { ...DEFAULT_DISPLAY, contrast: 'post', window: { low: 10, high: 90 }, opacity: 0.7, tool: 'brush' };
  assert.deepEqual(readDisplay(JSON.parse(JSON.stringify(saved))), saved);
});

test('unknown keys and invalid values are ignored', () => {
  const saved = {
    contrast: 'T2', opacity: 2, colour: 'url(x)', window: { low: 5, high: 5 }, brushSize: '9', letterKeys: 1, surprise: true, constructor: 1,
    style: 'outline',
  };
  assert.deepEqual(readDisplay(saved), { style: 'outline' });
  for (const other of [undefined, null, 'text', 7]) assert.deepEqual(readDisplay(other), {});
});
