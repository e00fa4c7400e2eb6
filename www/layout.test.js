/** The structure of `www`: no import cycles, and rooms and files of a limited size. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const ROOT = import.meta.dirname;
const MAX_FILES = 20;
const MAX_LINES = 500;

const paths = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.(js|css)$/.test(path) && !/^(pkg|vendor)\//.test(path) && !path.endsWith('.test.js'));

test('no module imports itself through others', () => {
  const imports = new Map(paths.filter((path) => path.endsWith('.js')).map((path) => {
    const source = readFileSync(join(ROOT, path), 'utf8');
    const found = [...source.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'(\.[^']+)'/gm)];
    return [path, found.map(([, target]) => normalize(join(dirname(path), target)).replaceAll('\\', '/'))];
  }));
  assert.ok([...imports.values()].flat().length > 50, 'imports were found');
  /** @type {Map<string, 'open' | 'done'>} */
  const state = new Map();
  /** @param {string} path @param {string[]} trail */
  const visit = (path, trail) => {
    assert.notEqual(state.get(path), 'open', `import cycle: ${[...trail, path].join(' → ')}`);
    if (state.has(path)) return;
    state.set(path, 'open');
    for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of imports.keys()) visit(path, []);
});

test('a room has at most 20 files, a file at most 500 lines', () => {
  for (const room of new Set(paths.map(dirname))) {
    const files = paths.filter((path) => dirname(path) === room);
    assert.ok(files.length <= MAX_FILES, `${room} has ${files.length} files`);
  }
  for (const path of paths) {
    const lines = readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1;
    assert.ok(lines <= MAX_LINES, `${path} has ${lines} lines`);
  }
});
