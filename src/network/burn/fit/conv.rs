//! 3x3 convolutions on the CPU for fitting, forward and backward, by minimal filtering: stride 1, padding 1, NCHW, f32.
//!
//! `tests` holds the naive loop that all of it is checked against.

use super::gradient::weight_gradient;
use crate::network::cpu::map::Map;
use crate::network::cpu::threads;
use crate::network::cpu::tile::TAPS;
use crate::network::cpu::winograd::{Convolution, Scratch};

/// Images that one thread has at a time: more would use each weight of the coarse maps oftener, fewer occupy more threads
/// of a batch. Fixed, so that sums do not depend on the threads.
const IMAGES: usize = 4;

/// `[n, inputs, h, w]` to `[n, outputs, h, w]` by `weight`, `[outputs, inputs, 3, 3]`.
pub(crate) fn conv3x3(x: &[f32], [n, h, w]: [usize; 3], weight: &[f32], outputs: usize) -> Vec<f32> {
    let inputs = weight.len() / (outputs * TAPS);
    assert_eq!(x.len(), n * inputs * h * w, "input length");
    let convolution = Convolution::linear(weight, outputs, [h, w], IMAGES);
    let mut out = vec![0.0; n * outputs * h * w];
    threads::for_each_chunk(&mut out, IMAGES * outputs * h * w, |chunk, out| {
        let x = &x[chunk * IMAGES * inputs * h * w..];
        let count = out.len() / (outputs * h * w);
        convolve(&convolution, &maps(&x[..count * inputs * h * w], inputs, [h, w]), out);
    });
    out
}

/// The gradients of the input, `[n, inputs, h, w]`, and of the weights, `[outputs, inputs, 3, 3]`, from the input `x`, the
/// weights and the gradient of the output, `[n, outputs, h, w]`. The sums' order does not depend on the threads.
pub(crate) fn conv3x3_backward(
    x: &[f32],
    [n, h, w]: [usize; 3],
    weight: &[f32],
    gradient: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let (inputs, outputs) = (x.len() / (n * h * w), gradient.len() / (n * h * w));
    let back = Convolution::linear(&turned(weight, outputs, inputs), inputs, [h, w], IMAGES);
    let mut of_x = vec![0.0; x.len()];
    let parts = threads::map_chunks(&mut of_x, IMAGES * inputs * h * w, |chunk, of_x| {
        let first = chunk * IMAGES * h * w;
        let count = of_x.len() / inputs;
        let x = maps(&x[first * inputs..][..count * inputs], inputs, [h, w]);
        let slopes = maps(&gradient[first * outputs..][..count * outputs], outputs, [h, w]);
        convolve(&back, &slopes, of_x);
        weight_gradient(&x, &slopes, [outputs, inputs])
    });
    let mut of_weight = vec![0.0; weight.len()];
    for part in parts {
        of_weight.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    (of_x, of_weight)
}

/// `weight`, `[outputs, inputs, 3, 3]`, for the gradient of the input: channels swapped and the kernel turned by half a turn.
fn turned(weight: &[f32], outputs: usize, inputs: usize) -> Vec<f32> {
    let kernel = |i: usize, o: usize| weight[(o * inputs + i) * TAPS..][..TAPS].iter().rev().copied();
    (0..inputs).flat_map(|i| (0..outputs).flat_map(move |o| kernel(i, o))).collect()
}

/// One map for each image of `values`, `[n, channels, h, w]`.
fn maps(values: &[f32], channels: usize, size: [usize; 2]) -> Vec<Map> {
    values.chunks_exact(channels * size[0] * size[1]).map(|planes| Map::of(planes, size)).collect()
}

/// Writes the result to `out`, `[n, outputs, h, w]`.
fn convolve(convolution: &Convolution, x: &[Map], out: &mut [f32]) {
    let size = x[0].size();
    let mut found: Vec<Map> = x.iter().map(|_| Map::new(convolution.channels(), size)).collect();
    convolution.run(x, &mut found, &mut Scratch::default());
    let image = out.len() / x.len();
    for (map, planes) in found.iter().zip(out.chunks_exact_mut(image)) {
        map.planes(planes);
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

    /// `[n, h, w], outputs, inputs`: odd sizes, narrow rows, one channel, many channels, remainders, more than one block
    /// and more images than a thread has.
    const CASES: [([usize; 3], usize, usize); 14] = [
        ([1, 1, 1], 1, 1),
        ([1, 5, 3], 2, 3),
        ([1, 13, 16], 1, 1),
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
        ([5, 20, 24], 20, 40),
    ];

    /// All of them, or what Miri computes within minutes.
    fn cases() -> impl Iterator<Item = ([usize; 3], usize, usize)> {
        let small = |&([n, h, w], outputs, inputs): &([usize; 3], usize, usize)| n * h * w * outputs * inputs < 600;
        CASES.into_iter().filter(move |case| !cfg!(miri) || small(case))
    }

    #[test]
    fn forward_is_the_naive_loop() {
        for (size @ [n, h, w], outputs, inputs) in cases() {
            let x = values(n * inputs * h * w, 1);
            let weight = values(outputs * inputs * TAPS, 2);
            let expected = naive(&x, size, &weight, outputs, inputs);
            close(&conv3x3(&x, size, &weight, outputs), &expected, &format!("{size:?} {outputs} {inputs}"));
        }
    }

    #[test]
    fn gradients_are_the_naive_loops() {
        for (size @ [n, h, w], outputs, inputs) in cases() {
            let x = values(n * inputs * h * w, 4);
            let weight = values(outputs * inputs * TAPS, 5);
            let gradient = values(n * outputs * h * w, 6);
            let (mut of_x, mut of_weight) = (vec![0.0; x.len()], vec![0.0; weight.len()]);
            visit(size, outputs, inputs, |o, x_at, w_at| {
                of_x[x_at] += gradient[o] * weight[w_at];
                of_weight[w_at] += gradient[o] * x[x_at];
            });
            let what = format!("{size:?} {outputs} {inputs}");
            let found = conv3x3_backward(&x, size, &weight, &gradient);
            close(&found.0, &of_x, &what);
            close(&found.1, &of_weight, &what);
        }
    }
}
