/**
 * The files of the site that the worker runs on, by their paths below `www`; each is what it should be, or an error.
 */
import { vouch } from '../offline/integrity.js';

const WWW = new URL('..', import.meta.url);

/** A wasm module. @param {string} path */
export async function compiled(path) {
  const { response, vouched } = await get(path);
  const streams = response.headers.get('Content-Type') === 'application/wasm';
  const compiling = streams ? WebAssembly.compileStreaming(response) : response.arrayBuffer().then(WebAssembly.compile);
  // Compiled while it comes in; run only if it is what it should be.
  const [, module] = await Promise.all([vouched, compiling]);
  return module;
}

/** A file, whole. @param {string} path */
export async function bytes(path) {
  const { response, vouched } = await get(path);
  const [, buffer] = await Promise.all([vouched, response.arrayBuffer()]);
  return new Uint8Array(buffer);
}

/** @param {string} path */
async function get(path) {
  const response = await fetch(new URL(path, WWW));
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return { response, vouched: vouch(response.clone()) };
}
