//! The layers of [`layers`](super::layers) on a GPU, through CubeCL.
//!
//! Burn's own convolution computes one pixel's four channels in each unit, and reads sixteen weights for every four inputs.
//! Here a unit computes four pixels of a row: the weights are read once for all four, and in a 3x3 convolution an input
//! serves up to three of them. Reads are what costs, on a software adapter most of all. And Burn's own chooses among so
//! many ways to compute a product of matrices that they were a third of the page's module.

// The attribute writes functions and types that no comment reaches.
#![allow(missing_docs, reason = "written by `cube`")]

use burn_cubecl::kernel::into_contiguous_aligned;
use burn_cubecl::ops::numeric::empty_device_dtype;
use burn_cubecl::ops::{permute, permute_nchw_to_nhwc, permute_nhwc_to_nchw};
use burn_cubecl::tensor::CubeTensor;
use cubecl::calculate_cube_count_elemwise;
use cubecl::prelude::*;

/// Pixels of a row that a unit computes.
const PIXELS: usize = 4;
/// Channels of a vector, what WGSL calls a `vec4`, where inputs and outputs come in whole ones.
const LANES: usize = 4;

/// `relu(conv(x, weight) + bias)`.
pub(crate) fn conv3x3_relu(x: CubeTensor, weight: CubeTensor, bias: CubeTensor) -> CubeTensor {
    let weight = permute(weight, &[2, 3, 1, 0]); // [3, 3, inputs, outputs]
    layer(x, weight, bias, None)
}

/// The transposed convolution with stride and kernel `side`.
pub(crate) fn conv_transpose(x: CubeTensor, weight: CubeTensor, bias: CubeTensor, side: usize) -> CubeTensor {
    let weight = permute(weight, &[2, 3, 0, 1]); // [side, side, inputs, outputs]
    layer(x, weight, bias, Some(side))
}

/// One of the two kernels: [`convolve`], or [`spread`] over squares of a side.
fn layer(x: CubeTensor, weight: CubeTensor, bias: CubeTensor, side: Option<usize>) -> CubeTensor {
    let [n, inputs, height, width] = x.meta.shape().dims();
    let [outputs] = bias.meta.shape().dims();
    for tensor in [&x, &weight, &bias] {
        assert_eq!(tensor.dtype, burn::tensor::DType::F32, "what a layer computes with");
    }
    let lanes = if inputs.is_multiple_of(LANES) && outputs.is_multiple_of(LANES) { LANES } else { 1 };
    let x = into_contiguous_aligned(permute_nchw_to_nhwc(x)); // [n, h, w, inputs]
    let weight = into_contiguous_aligned(weight);
    let bias = into_contiguous_aligned(bias);
    let scale = side.unwrap_or(1);
    let shape = [n, height * scale, width * scale, outputs];
    let out = empty_device_dtype(x.client.clone(), x.device.clone(), shape.into(), x.dtype);

    let units = n * height * scale * width.div_ceil(PIXELS) * scale * (outputs / lanes);
    let client = x.client.clone();
    let dim = CubeDim::new(&client, units);
    let count = calculate_cube_count_elemwise(&client, units, dim);
    let address = [&x, &weight, &out].map(CubeTensor::required_address_type).into_iter().max().unwrap_or_default();
    let (weight, bias) = (weight.into_buffer_arg(), bias.into_buffer_arg());
    let (from, to) = (x.into_tensor_arg(), out.clone().into_tensor_arg());
    // SAFETY: every unit stays inside: it ends at `units`, inputs are clamped to their row, and the shapes are checked.
    unsafe {
        match side {
            None => convolve::launch_unchecked(&client, count, dim, address, lanes, from, weight, bias, to, units),
            Some(side) => {
                spread::launch_unchecked(&client, count, dim, address, lanes, from, weight, bias, to, units, side);
            }
        }
    }
    permute_nhwc_to_nchw(out)
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn convolve<N: Size>(
    x: &Tensor<Vector<f32, N>>,
    weight: &[Vector<f32, N>],
    bias: &[Vector<f32, N>],
    out: &mut Tensor<Vector<f32, N>>,
    units: usize,
) {
    if ABSOLUTE_POS >= units {
        terminate!();
    }
    let lanes = x.vector_size();
    let (height, width) = (x.shape(1), x.shape(2));
    let (inputs, outputs) = (x.shape(3) / lanes, out.shape(3) / lanes);
    let groups = width.div_ceil(4usize);

    let output = ABSOLUTE_POS % outputs;
    let left = ABSOLUTE_POS / outputs % groups * 4;
    let y = ABSOLUTE_POS / outputs / groups % height;
    let image = ABSOLUTE_POS / outputs / groups / height;

    let zero = Vector::<f32, N>::broadcast(0.0f32);
    let mut sum0 = bias[output];
    let mut sum1 = bias[output];
    let mut sum2 = bias[output];
    let mut sum3 = bias[output];
    // Column `c` of the six that four pixels see lies at `left + c - 1`, in the row or in its border.
    let last = width - 1;
    let at0 = select(left > 0, left, 1usize) - 1;
    let at1 = left;
    let at2 = select(left + 1 < last, left + 1, last);
    let at3 = select(left + 2 < last, left + 2, last);
    let at4 = select(left + 3 < last, left + 3, last);
    let at5 = select(left + 4 < last, left + 4, last);
    for tap in 0..3usize {
        let row = y + tap;
        if row > 0 && row <= height {
            let from = (image * height + row - 1) * width;
            for input in 0..inputs {
                let value0 = select(left > 0, x[(from + at0) * inputs + input], zero);
                let value1 = x[(from + at1) * inputs + input];
                let value2 = select(left + 1 < width, x[(from + at2) * inputs + input], zero);
                let value3 = select(left + 2 < width, x[(from + at3) * inputs + input], zero);
                let value4 = select(left + 3 < width, x[(from + at4) * inputs + input], zero);
                let value5 = select(left + 4 < width, x[(from + at5) * inputs + input], zero);
                let taps = (tap * 3 * inputs + input) * lanes * outputs + output;
                let step = inputs * lanes * outputs;
                #[unroll]
                for lane in 0..lanes {
                    let left_tap = weight[taps + lane * outputs];
                    let middle_tap = weight[taps + step + lane * outputs];
                    let right_tap = weight[taps + 2 * step + lane * outputs];
                    let a = Vector::<f32, N>::broadcast(value0.extract(lane));
                    let b = Vector::<f32, N>::broadcast(value1.extract(lane));
                    let c = Vector::<f32, N>::broadcast(value2.extract(lane));
                    let d = Vector::<f32, N>::broadcast(value3.extract(lane));
                    let e = Vector::<f32, N>::broadcast(value4.extract(lane));
                    let f = Vector::<f32, N>::broadcast(value5.extract(lane));
                    sum0 += a * left_tap + b * middle_tap + c * right_tap;
                    sum1 += b * left_tap + c * middle_tap + d * right_tap;
                    sum2 += c * left_tap + d * middle_tap + e * right_tap;
                    sum3 += d * left_tap + e * middle_tap + f * right_tap;
                }
            }
        }
    }
    let to = ((image * height + y) * width + left) * outputs + output;
    out[to] = max(sum0, zero);
    if left + 1 < width {
        out[to + outputs] = max(sum1, zero);
    }
    if left + 2 < width {
        out[to + 2 * outputs] = max(sum2, zero);
    }
    if left + 3 < width {
        out[to + 3 * outputs] = max(sum3, zero);
    }
}

#[cube(launch_unchecked, address_type = "dynamic")]
fn spread<N: Size>(
    x: &Tensor<Vector<f32, N>>,
    weight: &[Vector<f32, N>],
    bias: &[Vector<f32, N>],
    out: &mut Tensor<Vector<f32, N>>,
    units: usize,
    side: usize,
) {
    if ABSOLUTE_POS >= units {
        terminate!();
    }
    let lanes = x.vector_size();
    let width = x.shape(2);
    let (inputs, outputs) = (x.shape(3) / lanes, out.shape(3) / lanes);
    let groups = width.div_ceil(4usize);

    // The pixels that a unit writes lie `side` apart: they come from neighbours, by the same weights.
    let output = ABSOLUTE_POS % outputs;
    let right = ABSOLUTE_POS / outputs % side;
    let left = ABSOLUTE_POS / outputs / side % groups * 4;
    let row = ABSOLUTE_POS / outputs / side / groups;
    let (from, below) = (row / side * width, row % side);

    let mut sum0 = bias[output];
    let mut sum1 = bias[output];
    let mut sum2 = bias[output];
    let mut sum3 = bias[output];
    let last = width - 1;
    let at1 = select(left + 1 < last, left + 1, last);
    let at2 = select(left + 2 < last, left + 2, last);
    let at3 = select(left + 3 < last, left + 3, last);
    for input in 0..inputs {
        let value0 = x[(from + left) * inputs + input];
        let value1 = x[(from + at1) * inputs + input];
        let value2 = x[(from + at2) * inputs + input];
        let value3 = x[(from + at3) * inputs + input];
        let taps = ((below * side + right) * inputs + input) * lanes * outputs + output;
        #[unroll]
        for lane in 0..lanes {
            let tap = weight[taps + lane * outputs];
            sum0 += Vector::<f32, N>::broadcast(value0.extract(lane)) * tap;
            sum1 += Vector::<f32, N>::broadcast(value1.extract(lane)) * tap;
            sum2 += Vector::<f32, N>::broadcast(value2.extract(lane)) * tap;
            sum3 += Vector::<f32, N>::broadcast(value3.extract(lane)) * tap;
        }
    }
    let step = side * outputs;
    let to = (row * width + left) * step + right * outputs + output;
    out[to] = sum0;
    if left + 1 < width {
        out[to + step] = sum1;
    }
    if left + 2 < width {
        out[to + 2 * step] = sum2;
    }
    if left + 3 < width {
        out[to + 3 * step] = sum3;
    }
}
