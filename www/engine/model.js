/**
 * The files of a model, from addresses or from their content.
 */
import { fetchBytes, fetchIfPresent } from './fetch.js';

/** @import { Model, OnChunk } from './host.js' */
/** A file: its address, or its content. @typedef {string | URL | Blob | Uint8Array} FileSource */
/**
 * A model: the address of its folder, or its files `model.json`, `weights.safetensors` and `card.json`.
 * @typedef {string | URL | {manifest: FileSource, weights: FileSource, card?: FileSource}} ModelSource
 */

/** @param {ModelSource} source @returns {Model} */
export function modelOf(source) {
  if (typeof source === 'string' || source instanceof URL) return ofFolder(source);
  const { manifest, weights, card } = source;
  return {
    manifest: (onChunk) => read(manifest, onChunk),
    weights: (onChunk) => read(weights, onChunk),
    card: async (onChunk) => (card === undefined ? undefined : read(card, onChunk)),
  };
}

/** @param {string | URL} address @returns {Model} */
function ofFolder(address) {
  /** @param {string} name */
  const file = (name) => new URL(name, new URL(String(address).replace(/\/?$/, '/'), document.baseURI));
  return {
    manifest: async (onChunk) => fetchBytes(file('model.json'), { onChunk }),
    weights: async (onChunk) => fetchBytes(file('weights.safetensors'), { onChunk }),
    card: async (onChunk) => fetchIfPresent(file('card.json'), { onChunk }),
  };
}

/** @param {FileSource} source @param {OnChunk} onChunk @returns {Promise<Uint8Array>} */
async function read(source, onChunk) {
  if (source instanceof Uint8Array) return source;
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  return fetchBytes(source, { onChunk });
}
