/**
 * The size of downloads.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { firstMask } from './site.js';

/** @import { Page } from 'playwright-core' */
/** @typedef {{files: number, raw: number, brotli: number}} Size bytes; `brotli` at quality 11 */

/** The module that runs the network on the CPU. */
const CPU_MODULE = 'www/pkg/glioscope_bg.wasm';

/**
 * What the page at `url` requests before its first mask on the CPU: the page with its scripts, the volume viewer if it is among
 * them, the wasm modules, and the model.
 * @param {Page} page
 * @param {string} url of `index.html`
 * @param {string} folder of the site
 */
export async function downloads(page, url, folder) {
  const root = new URL('.', url).pathname;
  /** @type {Set<string>} */
  const asked = new Set();
  page.context().on('request', (request) => {
    const path = new URL(request.url()).pathname;
    // The service worker fetches the whole site when the page is idle.
    if (path.startsWith(root) && !request.serviceWorker()) asked.add(path.slice(root.length));
  });
  await firstMask(page, url);
  const paths = [...asked];
  const groups = {
    module: paths.filter((path) => path.endsWith('.wasm')),
    model: paths.filter((path) => path.startsWith('www/model/')),
    viewer: paths.filter((path) => path.startsWith('www/vendor/')),
  };
  if (!groups.module.length || !groups.model.length) throw new Error(`expected a module and a model, the page requested ${paths.join(', ')}`);
  const others = new Set(Object.values(groups).flat());
  return {
    page: weigh(folder, paths.filter((path) => !others.has(path))),
    module: weigh(folder, groups.module),
    model: weigh(folder, groups.model),
    viewer: weigh(folder, groups.viewer),
    cpuModule: weigh(folder, [CPU_MODULE]),
  };
}

/**
 * @param {string} folder
 * @param {string[]} names
 * @returns {Size}
 */
export function weigh(folder, names) {
  return sum(names.map((name) => sizeOf(readFileSync(join(folder, name)))));
}

/** @param {Uint8Array} content @returns {Size} */
export function sizeOf(content) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  return { files: 1, raw: content.length, brotli: brotliCompressSync(content, { params }).length };
}

/** @param {Size[]} sizes @returns {Size} */
export function sum(sizes) {
  const total = { files: 0, raw: 0, brotli: 0 };
  for (const { files, raw, brotli } of sizes) {
    total.files += files;
    total.raw += raw;
    total.brotli += brotli;
  }
  return total;
}
