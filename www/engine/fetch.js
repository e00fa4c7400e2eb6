/**
 * Fetches files and reports each chunk that arrives.
 */

/** @import { OnChunk } from './host.js' */
/**
 * `name`: what errors call the file, by default its address. `check` rejects bytes that must not be used.
 * @typedef {{name?: string, onChunk?: OnChunk, check?: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>}} FetchOptions
 */

/**
 * A compiled wasm module.
 * @param {string | URL} address
 * @param {FetchOptions} [options]
 */
export async function fetchModule(address, { name, onChunk, check } = {}) {
  const response = await request(address, name);
  const checking = read(response.clone(), onChunk).then(check);
  const streams = response.headers.get('Content-Type') === 'application/wasm';
  const compiling = streams ? WebAssembly.compileStreaming(response) : response.arrayBuffer().then(WebAssembly.compile);
  // Compiling starts before the check. The module is used after it.
  const [, module] = await Promise.all([checking, compiling]);
  return module;
}

/**
 * The bytes of a file.
 * @param {string | URL} address
 * @param {FetchOptions} [options]
 */
export async function fetchBytes(address, options = {}) {
  return bytesOf(await request(address, options.name), options);
}

/**
 * The bytes of a file, undefined where the server has none.
 * @param {string | URL} address
 * @param {FetchOptions} [options]
 */
export async function fetchIfPresent(address, options = {}) {
  const response = await request(address, options.name, 404);
  return response.ok ? bytesOf(response, options) : undefined;
}

/** @param {string | URL} address @param {string} [name] @param {number} [allowed] a status that is no error */
async function request(address, name = String(address), allowed) {
  const response = await fetch(address);
  if (!response.ok && response.status !== allowed) throw new Error(`${name}: the server answered ${response.status}`);
  return response;
}

/** @param {Response} response @param {FetchOptions} options */
async function bytesOf(response, { onChunk, check }) {
  const bytes = await read(response, onChunk);
  await check?.(bytes);
  return bytes;
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
