//! 3x3 convolutions on the CPU for fitting, forward and backward, by Winograd's
//! [transforms](crate::network::cpu::tile): stride 1, padding 1, NCHW, f32.

use super::weight_gradient::weight_gradient;
use crate::network::cpu::feature_map::FeatureMap;
use crate::network::cpu::threads;
use crate::network::cpu::tile::TAPS;
use crate::network::cpu::winograd::{Convolution, Scratch};

/// Images that one thread computes at a time. With more, the weights of coarse feature maps are read less often; with
/// fewer, more threads have work in a batch. It is fixed, so that the order of sums does not depend on the number of
/// threads.
const IMAGES: usize = 4;

/// The convolution of `x`, `[n, inputs, h, w]`, with `weight`, `[outputs, inputs, 3, 3]`: `[n, outputs, h, w]`.
///
/// # Panics
/// If a dimension is 0 or the lengths do not match.
pub(crate) fn conv3x3(x: &[f32], [n, h, w]: [usize; 3], weight: &[f32], outputs: usize) -> Vec<f32> {
    let inputs = channels(x, [n, h, w], "x");
    assert_weight(weight, [outputs, inputs]);
    let convolution = Convolution::linear(weight, [outputs, inputs], [h, w], IMAGES);
    let mut out = vec![0.0; n * outputs * h * w];
    threads::for_each_chunk(&mut out, IMAGES * outputs * h * w, |chunk, out| {
        let x = &x[chunk * IMAGES * inputs * h * w..];
        let count = out.len() / (outputs * h * w);
        convolve(&convolution, &feature_maps(&x[..count * inputs * h * w], inputs, [h, w]), out);
    });
    out
}

/// The gradients of `x`, `[n, inputs, h, w]`, and of `weight`, `[outputs, inputs, 3, 3]`, from the gradient of the
/// output, `[n, outputs, h, w]`. The order of sums does not depend on the number of threads.
///
/// # Panics
/// If a dimension is 0 or the lengths do not match.
pub(crate) fn conv3x3_backward(
    x: &[f32],
    [n, h, w]: [usize; 3],
    weight: &[f32],
    gradient: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let (inputs, outputs) = (channels(x, [n, h, w], "x"), channels(gradient, [n, h, w], "the gradient"));
    assert_weight(weight, [outputs, inputs]);
    let backward = Convolution::linear(&rotated(weight, outputs, inputs), [inputs, outputs], [h, w], IMAGES);
    let mut of_x = vec![0.0; x.len()];
    let parts = threads::map_chunks(&mut of_x, IMAGES * inputs * h * w, |chunk, of_x| {
        let first = chunk * IMAGES * h * w;
        let count = of_x.len() / inputs;
        let x = feature_maps(&x[first * inputs..][..count * inputs], inputs, [h, w]);
        let gradients = feature_maps(&gradient[first * outputs..][..count * outputs], outputs, [h, w]);
        convolve(&backward, &gradients, of_x);
        weight_gradient(&x, &gradients, [outputs, inputs])
    });
    let mut of_weight = vec![0.0; weight.len()];
    for part in parts {
        of_weight.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    (of_x, of_weight)
}

/// The channels of `values`, `[n, channels, h, w]`.
fn channels(values: &[f32], [n, h, w]: [usize; 3], name: &str) -> usize {
    let pixels = n * h * w;
    assert!(
        pixels > 0 && !values.is_empty() && values.len().is_multiple_of(pixels),
        "expected {name} to be [{n}, channels, {h}, {w}], found {} values",
        values.len()
    );
    values.len() / pixels
}

fn assert_weight(weight: &[f32], [outputs, inputs]: [usize; 2]) {
    assert!(
        !weight.is_empty() && weight.len() == outputs * inputs * TAPS,
        "expected a weight of [{outputs}, {inputs}, 3, 3], found {} values",
        weight.len()
    );
}

/// `weight` for the gradient of the input: channels swapped and kernels rotated by 180 degrees.
///
/// `[outputs, inputs, 3, 3]` to `[inputs, outputs, 3, 3]`.
fn rotated(weight: &[f32], outputs: usize, inputs: usize) -> Vec<f32> {
    let kernel = |i: usize, o: usize| weight[(o * inputs + i) * TAPS..][..TAPS].iter().rev().copied();
    (0..inputs).flat_map(|i| (0..outputs).flat_map(move |o| kernel(i, o))).collect()
}

/// The feature maps of the images of `values`, `[n, channels, h, w]`.
fn feature_maps(values: &[f32], channels: usize, size: [usize; 2]) -> Vec<FeatureMap> {
    values.chunks_exact(channels * size[0] * size[1]).map(|planes| FeatureMap::from_planes(planes, size)).collect()
}

/// Writes the result to `out`, `[n, outputs, h, w]`.
fn convolve(convolution: &Convolution, x: &[FeatureMap], out: &mut [f32]) {
    let size = x[0].size();
    let mut results: Vec<FeatureMap> = x.iter().map(|_| FeatureMap::new(convolution.channels(), size)).collect();
    convolution.run(x, &mut results, &mut Scratch::default());
    let image = out.len() / x.len();
    for (map, planes) in results.iter().zip(out.chunks_exact_mut(image)) {
        map.write_planes(planes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition as a plain loop.
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

    /// `[n, h, w], outputs, inputs`: odd sizes, narrow rows, one channel and many, channels that do not fill a vector,
    /// more than one block, and more images than a thread computes at a time.
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

    /// All of [`CASES`]; under Miri, which takes hours for the larger ones, only the small ones.
    fn cases() -> impl Iterator<Item = ([usize; 3], usize, usize)> {
        let small = |&([n, h, w], outputs, inputs): &([usize; 3], usize, usize)| n * h * w * outputs * inputs < 600;
        CASES.into_iter().filter(move |case| !cfg!(miri) || small(case))
    }

    #[test]
    fn a_convolution_equals_the_naive_loop() {
        for (size @ [n, h, w], outputs, inputs) in cases() {
            let x = values(n * inputs * h * w, 1);
            let weight = values(outputs * inputs * TAPS, 2);
            let expected = naive(&x, size, &weight, outputs, inputs);
            close(&conv3x3(&x, size, &weight, outputs), &expected, &format!("{size:?} {outputs} {inputs}"));
        }
    }

    #[test]
    fn gradients_equal_the_naive_loops() {
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
    /// 2 images of 2 x 3 with 4 inputs, to 5 outputs.
    fn backward(x: usize, weight: usize, gradient: usize) {
        conv3x3_backward(&vec![0.0; x], [2, 2, 3], &vec![0.0; weight], &vec![0.0; gradient]);
    }

    #[test]
    fn lengths_that_match_are_accepted() {
        backward(48, 180, 60);
    }

    #[test]
    #[should_panic(expected = "expected x to be [2, channels, 2, 3], found 47 values")]
    fn an_input_of_another_length_is_refused() {
        conv3x3(&[0.0; 47], [2, 2, 3], &[0.0; 180], 5);
    }

    #[test]
    #[should_panic(expected = "expected x to be [0, channels, 2, 3], found 0 values")]
    fn a_batch_without_images_is_refused() {
        conv3x3(&[], [0, 2, 3], &[0.0; 180], 5);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [5, 4, 3, 3], found 179 values")]
    fn a_weight_of_another_length_is_refused() {
        conv3x3(&[0.0; 48], [2, 2, 3], &[0.0; 179], 5);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [0, 4, 3, 3], found 0 values")]
    fn a_weight_without_outputs_is_refused() {
        conv3x3(&[0.0; 48], [2, 2, 3], &[], 0);
    }

    #[test]
    #[should_panic(expected = "expected x to be [2, channels, 2, 3], found 49 values")]
    fn gradients_of_an_input_of_another_length_are_refused() {
        backward(49, 180, 60);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [5, 4, 3, 3], found 171 values")]
    fn gradients_of_a_weight_of_another_length_are_refused() {
        backward(48, 171, 60);
    }

    #[test]
    #[should_panic(expected = "expected the gradient to be [2, channels, 2, 3], found 61 values")]
    fn a_gradient_of_another_length_is_refused() {
        backward(48, 180, 61);
    }
}
