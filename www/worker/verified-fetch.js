/**
 * Fetches files of the site for the worker, by their path below `www`. A file that does not belong to this version of
 * the site is an error.
 */
import { verify } from '../offline/integrity.js';

const WWW = new URL('..', import.meta.url);

/** A compiled wasm module. @param {string} path */
export async function fetchModule(path) {
  const { response, verified } = await fetchVerified(path);
  const streams = response.headers.get('Content-Type') === 'application/wasm';
  const compiling = streams ? WebAssembly.compileStreaming(response) : response.arrayBuffer().then(WebAssembly.compile);
  // Compiling may start early; the module is used only after the check.
  const [, module] = await Promise.all([verified, compiling]);
  return module;
}

/** The bytes of a file. @param {string} path */
export async function fetchBytes(path) {
  const { response, verified } = await fetchVerified(path);
  const [, buffer] = await Promise.all([verified, response.arrayBuffer()]);
  return new Uint8Array(buffer);
}

/** @param {string} path */
async function fetchVerified(path) {
  const response = await fetch(new URL(path, WWW));
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return { response, verified: verify(response.clone()) };
}
