/**
 * Writes a U-Net as an ONNX file, to run the same network in onnxruntime-web.
 *
 * ONNX is a protobuf format. Only the messages that a U-Net needs are written, with the field numbers of onnx.proto.
 */

/** @typedef {{shape: number[], values: Float32Array}} Weights */
/** @typedef {Map<string, Weights>} Tensors */
/** @typedef {{widths: number[], stem: number}} Network */

const FLOAT = 1;
const INPUTS = 3;

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

/**
 * Random weights (He et al. 2015) under the names that `train export` uses.
 * @param {Network} network
 * @returns {Tensors}
 */
export function randomWeights({ widths, stem }) {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  /** @type {Tensors} */
  const tensors = new Map();
  /** @type {(name: string, shape: number[], inputs: number) => void} */
  const add = (name, shape, inputs) => {
    const scale = Math.sqrt(6 / inputs);
    const values = Float32Array.from({ length: product(shape) }, () => uniform() * scale);
    tensors.set(`${name}.weight`, { shape, values });
    const outputs = name.startsWith('up') ? shape[1] : shape[0];
    tensors.set(`${name}.bias`, { shape: [outputs], values: new Float32Array(outputs) });
  };
  /** @type {(name: string, inputs: number, outputs: number) => void} */
  const pair = (name, inputs, outputs) => {
    add(`${name}.first`, [outputs, inputs, 3, 3], inputs * 9);
    add(`${name}.second`, [outputs, outputs, 3, 3], outputs * 9);
  };
  widths.forEach((width, depth) => {
    pair(`down.${depth}`, depth === 0 ? INPUTS * stem * stem : widths[depth - 1], width);
    if (depth === 0) return;
    add(`up.${depth - 1}`, [width, widths[depth - 1], 2, 2], width);
    pair(`merge.${depth - 1}`, 2 * widths[depth - 1], widths[depth - 1]);
  });
  add('head', [stem * stem, widths[0], 1, 1], widths[0]);
  return tensors;
}

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

/**
 * The ONNX file: `input` [1, 3, side, side] to `probability` [1, 1, side, side].
 * @param {Network} network
 * @param {Tensors} tensors
 * @param {number} side
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function onnx({ widths, stem }, tensors, side) {
  /** @type {Uint8Array[]} */
  const nodes = [];
  /** @type {Uint8Array[]} */
  const initializers = [];
  let count = 0;
  /** @type {(type: string, inputs: string[], attributes?: Uint8Array[], output?: string) => string} */
  const node = (type, inputs, attributes = [], output = `${type}${count++}`) => {
    const parts = [...inputs.map((name) => text(1, name)), text(2, output), text(3, output), text(4, type)];
    nodes.push(message(1, ...parts, ...attributes.map((attribute) => message(5, attribute))));
    return output;
  };
  /** @type {(name: string, weights: Weights) => string} */
  const initializer = (name, { shape, values }) => {
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const dims = shape.map((size) => integer(1, size));
    initializers.push(message(5, ...dims, integer(2, FLOAT), text(8, name), bytes(9, raw)));
    return name;
  };
  /** @type {(name: string) => Weights} */
  const tensor = (name) => {
    const found = tensors.get(name);
    if (!found) throw new Error(`there is no tensor ${name}`);
    return found;
  };
  /** @type {(x: string, name: string, weight?: Weights) => string} */
  const conv = (x, name, weight = tensor(`${name}.weight`)) => {
    const inputs = [x, initializer(`${name}.weight`, weight), initializer(`${name}.bias`, tensor(`${name}.bias`))];
    return node('Conv', inputs, [integers('kernel_shape', [3, 3]), integers('pads', [1, 1, 1, 1])]);
  };
  /** @type {(x: string, name: string, first?: Weights) => string} */
  const pair = (x, name, first) => {
    const half = node('Relu', [conv(x, `${name}.first`, first)]);
    return node('Relu', [conv(half, `${name}.second`)]);
  };

  let x = stem === 1 ? 'input' : node('SpaceToDepth', ['input'], [integerAttribute('blocksize', stem)]);
  /** @type {string[]} */
  const skips = [];
  widths.forEach((_, depth) => {
    if (depth > 0) x = node('MaxPool', [x], [integers('kernel_shape', [2, 2]), integers('strides', [2, 2])]);
    // ONNX orders the input channels by cell and then channel, this project by channel and then cell.
    x = pair(x, `down.${depth}`, depth === 0 ? cellsFirst(tensor('down.0.first.weight'), stem) : undefined);
    skips.push(x);
  });
  for (let depth = widths.length - 2; depth >= 0; depth--) {
    const [weight, bias] = [`up.${depth}.weight`, `up.${depth}.bias`];
    const inputs = [x, initializer(weight, tensor(weight)), initializer(bias, tensor(bias))];
    const up = node('ConvTranspose', inputs, [integers('kernel_shape', [2, 2]), integers('strides', [2, 2])]);
    x = pair(node('Concat', [skips[depth], up], [integerAttribute('axis', 1)]), `merge.${depth}`);
  }
  const head = [x, initializer('head.weight', tensor('head.weight')), initializer('head.bias', tensor('head.bias'))];
  x = node('Conv', head, [integers('kernel_shape', [1, 1])]);
  if (stem > 1) x = node('DepthToSpace', [x], [integerAttribute('blocksize', stem)]);
  node('Sigmoid', [x], [], 'probability');

  const graph = [
    ...nodes,
    text(2, 'unet'),
    ...initializers,
    message(11, value('input', [1, INPUTS, side, side])),
    message(12, value('probability', [1, 1, side, side])),
  ];
  return join(integer(1, 8), text(2, 'glioscope bench'), message(7, ...graph), message(8, text(1, ''), integer(2, 17)));
}

/**
 * @param {Weights} weight
 * @param {number} stem
 * @returns {Weights}
 */
function cellsFirst({ shape, values }, stem) {
  const [outputs, inputs, height, width] = shape;
  const [taps, cells] = [height * width, stem * stem];
  const moved = new Float32Array(values.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      const [channel, cell] = [Math.floor(i / cells), i % cells];
      const to = (o * inputs + cell * (inputs / cells) + channel) * taps;
      moved.set(values.subarray((o * inputs + i) * taps, (o * inputs + i + 1) * taps), to);
    }
  }
  return { shape, values: moved };
}

/** @param {number[]} shape */
function product(shape) {
  return shape.reduce((product, size) => product * size, 1);
}

/** @param {string} name @param {number[]} shape */
function value(name, shape) {
  const dims = shape.map((size) => message(1, integer(1, size)));
  return join(text(1, name), message(2, message(1, integer(1, FLOAT), message(2, ...dims))));
}

/** @param {string} name @param {number[]} values */
function integers(name, values) {
  return join(text(1, name), ...values.map((value) => integer(8, value)), integer(20, 7));
}

/** @param {string} name @param {number} value */
function integerAttribute(name, value) {
  return join(text(1, name), integer(3, value), integer(20, 2));
}

/** @param {number} field @param {number} value */
function integer(field, value) {
  return join(varint(field << 3), varint(value));
}

/** @param {number} field @param {Uint8Array} value */
function bytes(field, value) {
  return join(varint((field << 3) | 2), varint(value.length), value);
}

/** @param {number} field @param {string} value */
function text(field, value) {
  return bytes(field, new TextEncoder().encode(value));
}

/** @param {number} field @param {Uint8Array[]} parts */
function message(field, ...parts) {
  return bytes(field, join(...parts));
}

/** @param {number} value */
function varint(value) {
  const found = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) found.push((value % 128) | 0x80);
  found.push(value);
  return Uint8Array.from(found);
}

/** @param {Uint8Array[]} parts */
function join(...parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
