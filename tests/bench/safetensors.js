/** Reads the networks that `train export` writes as safetensors. */

/** @typedef {{shape: number[], values: Float32Array}} Weights */
/** @typedef {Map<string, Weights>} Tensors */
/** @typedef {{widths: number[], stem: number}} Network */

/**
 * Reads safetensors of f32: the header's length, the header in JSON, the values.
 * @param {Uint8Array} bytes
 * @returns {{tensors: Tensors, network: Network}}
 */
export function readSafetensors(bytes) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const { __metadata__: metadata, ...entries } = header;
  /** @type {Tensors} */
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(entries)) {
    if (dtype !== 'F32') throw new Error(`${name}: expected F32, found ${dtype}`);
    const [start, end] = offsets.map((/** @type {number} */ offset) => 8 + length + offset);
    tensors.set(name, { shape, values: new Float32Array(bytes.slice(start, end).buffer) });
  }
  return { tensors, network: JSON.parse(metadata.network) };
}
