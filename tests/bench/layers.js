/** The layers of a U-Net, with their multiply-adds and bytes. */

/** @import { Network } from './safetensors.js' */

/** Channels of the network's input. */
const INPUTS = 3;

/**
 * The layers of a network on an image of `side` × `side` pixels, with the multiply-adds and bytes of each. The bytes count
 * weights, input and output once each, with four bytes per value.
 * @param {Network} network
 * @param {number} side
 * @returns {{name: string, kind: string, inputs: number, outputs: number, side: number, macs: number, bytes: number}[]}
 */
export function layers({ widths, stem }, side) {
  /** @type {ReturnType<typeof layers>} */
  const all = [];
  /** @type {(name: string, kind: string, inputs: number, outputs: number, side: number, taps: number) => void} */
  const add = (name, kind, inputs, outputs, side, taps) => {
    const [from, weights] = kind === 'up' ? [side * side / 4, 4 * inputs * outputs] : [side * side, taps * inputs * outputs];
    const macs = side * side * inputs * outputs * taps;
    all.push({ name, kind, inputs, outputs, side, macs, bytes: 4 * (weights + outputs + inputs * from + outputs * side * side) });
  };
  const at = (/** @type {number} */ depth) => side / stem / 2 ** depth;
  widths.forEach((width, depth) => {
    add(`down.${depth}.first`, '3x3', depth === 0 ? INPUTS * stem * stem : widths[depth - 1], width, at(depth), 9);
    add(`down.${depth}.second`, '3x3', width, width, at(depth), 9);
  });
  for (let depth = widths.length - 2; depth >= 0; depth--) {
    // Each output of a transposed 2x2 convolution with stride 2 depends on one input.
    add(`up.${depth}`, 'up', widths[depth + 1], widths[depth], at(depth), 1);
    add(`merge.${depth}.first`, '3x3', 2 * widths[depth], widths[depth], at(depth), 9);
    add(`merge.${depth}.second`, '3x3', widths[depth], widths[depth], at(depth), 9);
  }
  add('head', '1x1', widths[0], stem * stem, at(0), 1);
  return all;
}
