/**
 * The library in Node, which reads the WebAssembly module from this package's folder.
 */
import { readFile } from 'node:fs/promises';
import * as library from './index.js';

export * from './index.js';

/** @type {typeof library.init} */
export async function init(module) {
  await library.init(module ?? (await readFile(new URL('glioscope_bg.wasm', import.meta.url))));
}
