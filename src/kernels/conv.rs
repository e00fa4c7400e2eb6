//! 3x3 convolutions on the CPU for fitting: stride 1, padding 1, NCHW, f32.
//!
//! Direct and register-blocked, without im2col: a tile of [`BLOCK`] output channels (or half of them)
//! by one or two vectors of a row stays in registers while all `9 * channels` taps stream past. One
//! source serves AVX2, AVX-512 and NEON through `macerator`, which picks the widest at run time. `tests` holds the naive loop that all of it is checked against.

use macerator::{Scalar, Simd, Vector, vload_unaligned, vstore_unaligned};

use super::threads;

/// Output channels that are packed together: eight accumulators are the fewest that hide the
/// latency of a fused multiply-add (four cycles, two a cycle) on current x86 and Arm cores.
const BLOCK: usize = 8;
/// Taps of a 3x3 kernel.
const TAPS: usize = 9;
/// Packed weights above this many bytes are kept in the cache block by block, and the input streams;
/// below it all weights stay and the input is read once. Half of a common second-level cache (512 KiB).
const WEIGHTS_IN_CACHE: usize = 256 << 10;
/// The widest vector that `macerator` may choose (AVX-512), in f32 lanes.
const WIDEST: usize = 16;

/// Weights in the order in which the kernel reads them: `[out / 8, in, 9, 8]`, zero-padded.
pub(crate) struct Packed {
    values: Vec<f32>,
    outputs: usize,
    inputs: usize,
}

impl Packed {
    /// Packs `weight`, `[outputs, inputs, 3, 3]`.
    pub(crate) fn forward(weight: &[f32], outputs: usize, inputs: usize) -> Self {
        Self::pack(outputs, inputs, |o, i, tap| weight[(o * inputs + i) * TAPS + tap])
    }

    /// Packs `weight`, `[outputs, inputs, 3, 3]`, for the gradient of the input: channels swapped
    /// and the kernel turned by half a turn.
    pub(crate) fn backward(weight: &[f32], outputs: usize, inputs: usize) -> Self {
        Self::pack(inputs, outputs, |i, o, tap| weight[(o * inputs + i) * TAPS + TAPS - 1 - tap])
    }

    fn pack(outputs: usize, inputs: usize, at: impl Fn(usize, usize, usize) -> f32) -> Self {
        let mut values = vec![0.0; outputs.div_ceil(BLOCK) * inputs * TAPS * BLOCK];
        for o in 0..outputs {
            for i in 0..inputs {
                for tap in 0..TAPS {
                    values[((o / BLOCK * inputs + i) * TAPS + tap) * BLOCK + o % BLOCK] = at(o, i, tap);
                }
            }
        }
        Self { values, outputs, inputs }
    }
}

/// `[n, inputs, h, w]` to `[n, outputs, h, w]`.
pub(crate) fn conv3x3(x: &[f32], [n, h, w]: [usize; 3], weights: &Packed) -> Vec<f32> {
    assert_eq!(x.len(), n * weights.inputs * h * w, "input length");
    let mut out = vec![0.0; n * weights.outputs * h * w];
    threads::for_each_chunk(&mut out, weights.outputs * h * w, |image, out| {
        let plane = weights.inputs * h * w;
        let padded = Padded::new(&x[image * plane..][..plane], weights.inputs, h, w);
        convolve(&padded, weights, out);
    });
    out
}

/// One image with a border of zeros: `[channels, h + 2, stride]`, and zeros behind each row's end so
/// that a whole tile may be read from any of its columns.
struct Padded {
    values: Vec<f32>,
    channels: usize,
    height: usize,
    width: usize,
    stride: usize,
}

impl Padded {
    fn new(x: &[f32], channels: usize, height: usize, width: usize) -> Self {
        let stride = width.next_multiple_of(WIDEST) + 2;
        let mut values = vec![0.0; channels * (height + 2) * stride + WIDEST];
        for (row, source) in x.chunks_exact(width).enumerate() {
            let (c, y) = (row / height, row % height);
            values[(c * (height + 2) + y + 1) * stride + 1..][..width].copy_from_slice(source);
        }
        Self { values, channels, height, width, stride }
    }

    fn plane(&self) -> usize {
        (self.height + 2) * self.stride
    }
}

#[macerator::with_simd]
fn convolve<'a, S: Simd>(x: &'a Padded, weights: &'a Packed, out: &'a mut [f32]) {
    let lanes = f32::lanes::<S>();
    let blocks = weights.outputs.div_ceil(BLOCK);
    let wide = x.width >= 2 * lanes;
    let step = if wide { 2 * lanes } else { lanes };
    let tiles = x.width.div_ceil(step);
    let positions = x.height * tiles;
    let weights_stay = size_of_val(weights.values.as_slice()) <= WEIGHTS_IN_CACHE;
    // One loop, no closure: a closure would not inherit the vector features of this function.
    for i in 0..positions * blocks {
        let (position, block) = if weights_stay { (i / blocks, i % blocks) } else { (i % positions, i / positions) };
        let y = position / tiles;
        // The last tile of a row moves back to end with it: its overlap is computed twice.
        let column = (position % tiles * step).min(x.width.saturating_sub(step));
        if wide {
            // Two halves of a block by two vectors: eight accumulators either way.
            tile::<S, 4, 2>(x, weights, block, 0, y, column, out);
            if block * BLOCK + 4 < weights.outputs {
                tile::<S, 4, 2>(x, weights, block, 4, y, column, out);
            }
        } else {
            tile::<S, 8, 1>(x, weights, block, 0, y, column, out);
        }
    }
}

/// `MR` output channels, from `half` of `block` on, by `NR` vectors of row `y` from `column` on.
#[inline(always)]
fn tile<S: Simd, const MR: usize, const NR: usize>(
    x: &Padded,
    weights: &Packed,
    block: usize,
    half: usize,
    y: usize,
    column: usize,
    out: &mut [f32],
) {
    let lanes = f32::lanes::<S>();
    let (plane, stride) = (x.plane(), x.stride);
    let first = block * BLOCK + half;
    let zero: Vector<S, f32> = 0f32.splat();
    let mut sums = [[zero; NR]; MR];

    // The largest indices that the loops below reach; checked once here rather than at each load.
    let last = (x.channels - 1) * plane + (y + 2) * stride + column + 2 + NR * lanes;
    assert!(last <= x.values.len() && (block + 1) * x.channels * TAPS * BLOCK <= weights.values.len());
    // SAFETY: all reads of `x` lie below `last`, all reads of the weights inside block `block`, by the assertion.
    unsafe {
        let mut pixels = x.values.as_ptr().add(y * stride + column);
        let mut taps = weights.values.as_ptr().add(block * x.channels * TAPS * BLOCK + half);
        for _ in 0..x.channels {
            for ky in 0..3 {
                for kx in 0..3 {
                    let at = pixels.add(ky * stride + kx);
                    let values: [Vector<S, f32>; NR] = core::array::from_fn(|r| vload_unaligned(at.add(r * lanes)));
                    for (m, sums) in sums.iter_mut().enumerate() {
                        let tap: Vector<S, f32> = (*taps.add(m)).splat();
                        for (sum, value) in sums.iter_mut().zip(values) {
                            *sum = value.mul_add(tap, *sum);
                        }
                    }
                    taps = taps.add(BLOCK);
                }
            }
            pixels = pixels.add(plane);
        }
    }

    let area = x.height * x.width;
    for (m, sums) in sums.into_iter().enumerate() {
        let channel = first + m;
        if channel >= weights.outputs {
            break;
        }
        let row = &mut out[channel * area + y * x.width..][..x.width];
        for (r, sum) in sums.into_iter().enumerate() {
            let at = column + r * lanes;
            if at + lanes <= x.width {
                // SAFETY: `at + lanes` is inside the row, by the condition.
                unsafe { vstore_unaligned(row.as_mut_ptr().add(at), sum) };
            } else {
                // A row narrower than the tile: the rest of the vector is padding.
                let mut whole = [0.0; WIDEST];
                // SAFETY: a vector has at most `WIDEST` lanes.
                unsafe { vstore_unaligned(whole.as_mut_ptr(), sum) };
                row[at..].copy_from_slice(&whole[..x.width - at]);
            }
        }
    }
}

/// Positions of a chunk in [`weight_gradient`]: four gradient planes of it, 16 KiB, stay in a first-level cache of 32 KiB
/// while every input plane streams past.
const POSITIONS: usize = 1024;

/// The gradient of the weights, `[outputs, inputs, 3, 3]`, from the input `x`, `[n, inputs, h, w]`, and
/// the gradient of the output, `[n, outputs, h, w]`. The sum's order does not depend on the threads.
pub(crate) fn weight_gradient(
    x: &[f32],
    gradient: &[f32],
    [n, h, w]: [usize; 3],
    outputs: usize,
    inputs: usize,
) -> Vec<f32> {
    let images: Vec<(Padded, Padded)> = threads::map(n, |image| {
        let part = |values: &[f32], channels: usize| {
            let plane = channels * h * w;
            Padded::new(&values[image * plane..][..plane], channels, h, w)
        };
        (part(x, inputs), part(gradient, outputs))
    });
    let mut result = vec![0.0; outputs * inputs * TAPS];
    threads::for_each_chunk(&mut result, 4 * inputs * TAPS, |block, result| {
        for (x, gradient) in &images {
            let rows = (POSITIONS / w.next_multiple_of(WIDEST)).max(1);
            for top in (0..h).step_by(rows) {
                accumulate(x, gradient, block * 4, top..(top + rows).min(h), result);
            }
        }
    });
    result
}

/// Adds the sums over `rows` of one image to the weights of four output channels from `first` on.
#[macerator::with_simd]
fn accumulate<S: Simd>(x: &Padded, gradient: &Padded, first: usize, rows: core::ops::Range<usize>, result: &mut [f32]) {
    let lanes = f32::lanes::<S>();
    let stride = x.stride;
    let outputs = (gradient.channels - first).min(4);
    let zero: Vector<S, f32> = 0f32.splat();
    let steps = x.width.div_ceil(lanes);
    // A missing channel of the last block reads the last one's rows again; its sum is not stored.
    let origin: [usize; 4] = core::array::from_fn(|m| (first + m.min(outputs - 1)) * gradient.plane());
    assert!(steps * lanes + 2 <= stride && rows.end <= x.height && stride == gradient.stride);
    assert!(x.values.len() >= x.channels * x.plane() && gradient.values.len() >= gradient.channels * gradient.plane());
    for c in 0..x.channels {
        for ky in 0..3 {
            let mut sums = [[zero; 3]; 4];
            for y in rows.clone() {
                // SAFETY: rows `y + 1` of the gradient and `y + ky <= height + 1` of the input exist, and
                // `steps * lanes + 2` columns of each, by the assertions.
                unsafe {
                    let mut pixels = x.values.as_ptr().add(c * x.plane() + (y + ky) * stride);
                    let mut slopes = origin.map(|o| gradient.values.as_ptr().add(o + (y + 1) * stride + 1));
                    for _ in 0..steps {
                        let values: [Vector<S, f32>; 3] = core::array::from_fn(|kx| vload_unaligned(pixels.add(kx)));
                        for (sums, slope) in sums.iter_mut().zip(&mut slopes) {
                            let slope_values: Vector<S, f32> = vload_unaligned(*slope);
                            for (sum, value) in sums.iter_mut().zip(values) {
                                *sum = value.mul_add(slope_values, *sum);
                            }
                            *slope = slope.add(lanes);
                        }
                        pixels = pixels.add(lanes);
                    }
                }
            }
            for (m, sums) in sums.into_iter().enumerate().take(outputs) {
                for (kx, sum) in sums.into_iter().enumerate() {
                    let mut whole = [0.0; WIDEST];
                    // SAFETY: a vector has at most `WIDEST` lanes.
                    unsafe { vstore_unaligned(whole.as_mut_ptr(), sum) };
                    result[(m * x.channels + c) * TAPS + ky * 3 + kx] += whole.iter().sum::<f32>();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, so simple that it is unlikely to be wrong.
    fn naive(x: &[f32], [n, h, w]: [usize; 3], weight: &[f32], outputs: usize, inputs: usize) -> Vec<f32> {
        let mut out = vec![0.0; n * outputs * h * w];
        visit([n, h, w], outputs, inputs, |o, x_at, w_at| out[o] += x[x_at] * weight[w_at]);
        out
    }

    /// Calls `f(output index, input index, weight index)` for every product of the convolution.
    fn visit([n, h, w]: [usize; 3], outputs: usize, inputs: usize, mut f: impl FnMut(usize, usize, usize)) {
        for image in 0..n {
            for o in 0..outputs {
                for i in 0..inputs {
                    for y in 0..h {
                        for x in 0..w {
                            for (tap, (ky, kx)) in (0..3).flat_map(|ky| (0..3).map(move |kx| (ky, kx))).enumerate() {
                                if (1..=h).contains(&(y + ky)) && (1..=w).contains(&(x + kx)) {
                                    let to = ((image * outputs + o) * h + y) * w + x;
                                    let from = ((image * inputs + i) * h + y + ky - 1) * w + x + kx - 1;
                                    f(to, from, (o * inputs + i) * TAPS + tap);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Reproducible values in `[-1, 1)`.
    fn values(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    }

    fn close(found: &[f32], expected: &[f32], what: &str) {
        assert_eq!(found.len(), expected.len(), "{what}");
        for (i, (a, b)) in found.iter().zip(expected).enumerate() {
            assert!((a - b).abs() <= 1e-3 * b.abs().max(1.0), "{what}: at {i} expected {b}, found {a}");
        }
    }

    /// `[n, h, w], outputs, inputs`: odd sizes, narrow rows, one channel, many channels, remainders.
    const CASES: [([usize; 3], usize, usize); 12] = [
        ([1, 1, 1], 1, 1),
        ([1, 5, 3], 2, 3),
        ([2, 7, 8], 4, 5),
        ([1, 8, 16], 8, 8),
        ([3, 6, 17], 9, 2),
        ([2, 4, 31], 12, 7),
        ([1, 12, 12], 16, 12),
        ([1, 3, 64], 5, 16),
        ([1, 9, 33], 13, 1),
        ([8, 2, 4], 3, 3),
        ([1, 4, 4], 64, 128),
        ([1, 2, 6], 512, 9),
    ];

    #[test]
    fn forward_is_the_naive_loop() {
        for (size @ [n, h, w], outputs, inputs) in CASES {
            let x = values(n * inputs * h * w, 1);
            let weight = values(outputs * inputs * TAPS, 2);
            let expected = naive(&x, size, &weight, outputs, inputs);
            let packed = Packed::forward(&weight, outputs, inputs);
            close(&conv3x3(&x, size, &packed), &expected, &format!("{size:?} {outputs} {inputs}"));
        }
    }

    #[test]
    fn gradients_are_the_naive_loops() {
        for (size @ [n, h, w], outputs, inputs) in CASES {
            let x = values(n * inputs * h * w, 4);
            let weight = values(outputs * inputs * TAPS, 5);
            let gradient = values(n * outputs * h * w, 6);
            let (mut of_x, mut of_weight) = (vec![0.0; x.len()], vec![0.0; weight.len()]);
            visit(size, outputs, inputs, |o, x_at, w_at| {
                of_x[x_at] += gradient[o] * weight[w_at];
                of_weight[w_at] += gradient[o] * x[x_at];
            });
            let what = format!("{size:?} {outputs} {inputs}");
            let packed = Packed::backward(&weight, outputs, inputs);
            close(&conv3x3(&gradient, size, &packed), &of_x, &what);
            close(&weight_gradient(&x, &gradient, size, outputs, inputs), &of_weight, &what);
        }
    }
}
