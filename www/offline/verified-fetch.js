/**
 * Fetches files of the site by their path below `www`. A file that does not belong to this version of the site is an error.
 */
import { WWW } from '../core/site.js';
import { verify } from './integrity.js';

/** @typedef {(bytes: number) => void} OnChunk gets the size of each chunk that arrives, after decompression */

/**
 * A compiled wasm module.
 * @param {string} path
 * @param {OnChunk} [onChunk]
 */
export async function fetchModule(path, onChunk) {
  const response = await request(path);
  const checking = read(response.clone(), onChunk).then((bytes) => check(path, bytes));
  const streams = response.headers.get('Content-Type') === 'application/wasm';
  const compiling = streams ? WebAssembly.compileStreaming(response) : response.arrayBuffer().then(WebAssembly.compile);
  // Compiling starts before the check. The module is used after it.
  const [, module] = await Promise.all([checking, compiling]);
  return module;
}

/**
 * The bytes of a file.
 * @param {string} path
 * @param {OnChunk} [onChunk]
 */
export async function fetchBytes(path, onChunk) {
  const bytes = await read(await request(path), onChunk);
  await check(path, bytes);
  return bytes;
}

/** @param {string} path */
async function request(path) {
  const response = await fetch(new URL(path, WWW));
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return response;
}

/** @param {string} path @param {Uint8Array<ArrayBuffer>} bytes */
function check(path, bytes) {
  return verify(`www/${path}`, bytes);
}

/** @param {Response} response @param {OnChunk} onChunk */
async function read({ body }, onChunk = () => {}) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let length = 0;
  const reader = body?.getReader();
  for (let chunk; (chunk = (await reader?.read())?.value); length += chunk.length) {
    chunks.push(chunk);
    onChunk(chunk.length);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
