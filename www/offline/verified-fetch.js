/**
 * Fetches files of the site by their path below `www`. A file that does not belong to this version of the site is an error.
 */
import { WWW } from '../core/site.js';
import * as plain from '../engine/fetch.js';
import { verify } from './integrity.js';

/** @import { OnChunk } from '../engine/host.js' */

/**
 * A compiled wasm module.
 * @param {string} path
 * @param {OnChunk} [onChunk]
 */
export function fetchModule(path, onChunk) {
  return plain.fetchModule(new URL(path, WWW), options(path, onChunk));
}

/**
 * The bytes of a file.
 * @param {string} path
 * @param {OnChunk} [onChunk]
 */
export function fetchBytes(path, onChunk) {
  return plain.fetchBytes(new URL(path, WWW), options(path, onChunk));
}

/** @param {string} path @param {OnChunk} [onChunk] */
function options(path, onChunk) {
  return { name: path, onChunk, check: (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => verify(`www/${path}`, bytes) };
}
