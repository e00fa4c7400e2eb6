//! The up-convolution: a transposed 2x2 convolution with stride 2.

use macerator::{Simd, Vector, vload_unaligned, vstore_unaligned};

use crate::feature_map::{FeatureMap, padded};
use crate::matmul::{self, Panels, ROWS};
use crate::vector::lanes;

/// An up-convolution with packed weights. Every pixel of the input becomes a square of 2x2 pixels.
pub struct UpConvolution {
    /// The weights of each pixel of the square, row by row: `[outputs, inputs]`.
    pixels: [Panels; 4],
    /// One for each output of the panels.
    bias: Vec<f32>,
}

impl UpConvolution {
    /// `weight` is `[inputs, outputs, 2, 2]`, `bias` `[outputs]`.
    ///
    /// # Panics
    /// If the lengths do not match.
    pub fn new(weight: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        assert!(
            weight.len() == inputs * outputs * 4,
            "expected a weight of [{inputs}, {outputs}, 2, 2], found {} values",
            weight.len()
        );
        let mut pixels = [0; 4].map(|_| Panels::new(outputs, padded(inputs)));
        for (index, value) in weight.iter().enumerate() {
            pixels[index % 4].set(index / 4 % outputs, index / 4 / outputs, *value);
        }
        Self { bias: pixels[0].pad(bias), pixels }
    }

    /// Writes the result to the channels of `out` from `first` on.
    ///
    /// # Panics
    /// If `out` is not twice as high and wide as `x`, `x` has other channels than the weights, or the channels from
    /// `first` on are not whole vectors or more than the outputs.
    pub fn run(&self, x: &FeatureMap, out: &mut FeatureMap, first: usize) {
        run(self, x, out, first);
    }
}

#[macerator::with_simd]
fn run<'a, S: Simd>(up: &'a UpConvolution, x: &'a FeatureMap, out: &'a mut FeatureMap, first: usize) {
    let lanes = lanes::<S>();
    let inputs = x.channels();
    assert!(
        out.size() == x.size().map(|side| 2 * side),
        "expected twice the size of {:?}, found {:?}",
        x.size(),
        out.size()
    );
    assert!(first < out.channels(), "channel {first} of {}", out.channels());
    let channels = out.channels() - first;
    assert!(channels.is_multiple_of(lanes), "{channels} channels in vectors of {lanes}");
    for panels in &up.pixels {
        let outputs = panels.outputs();
        assert!(panels.inputs() == inputs, "expected {} channels, found {inputs}", panels.inputs());
        assert!(panels.panel() == 2 * lanes, "panels of {} outputs for vectors of {lanes} lanes", panels.panel());
        assert!(channels <= outputs, "{channels} channels for {outputs} outputs");
        assert!(up.bias.len() == outputs, "{} biases for {outputs} outputs", up.bias.len());
    }
    for (pixel, panels) in up.pixels.iter().enumerate() {
        for (panel, weights) in panels.iter().enumerate() {
            for (y, left) in (0..x.height()).flat_map(|y| (0..x.width()).step_by(ROWS).map(move |left| (y, left))) {
                // The border holds the pixels that fill up the last block of a row.
                let sums = matmul::multiply_panel::<S>(x.at(y, left), weights, inputs); // [ROWS, panel]
                for (m, sums) in sums.into_iter().enumerate().take(x.width() - left) {
                    let to = &mut out.at_mut(2 * y + pixel / 2, 2 * (left + m) + pixel % 2)[first..][..channels];
                    for (half, sum) in sums.into_iter().enumerate() {
                        let channel = (2 * panel + half) * lanes;
                        if channel < channels {
                            // SAFETY:
                            // * `channel + lanes <= channels`, since both are multiples of `lanes`, and `to` has
                            //   `channels`.
                            // * `channels <= outputs`, and `bias` has `outputs` numbers.
                            unsafe {
                                let bias: Vector<S, f32> = vload_unaligned(up.bias.as_ptr().add(channel));
                                vstore_unaligned(to.as_mut_ptr().add(channel), sum + bias);
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    #[test]
    fn an_up_convolution_equals_the_naive_loop() {
        let mut rng = Rng::with_seed(5);
        let mut values = |count: usize| (0..count).map(|_| 2.0 * rng.f32() - 1.0).collect::<Vec<f32>>();
        for ([h, w], inputs, outputs) in [([1, 1], 1, 1), ([2, 3], 5, 17), ([3, 4], 16, 16), ([2, 5], 17, 40)] {
            let (x, weight, bias) = (values(inputs * h * w), values(inputs * outputs * 4), values(outputs));
            let mut from = FeatureMap::new(padded(inputs), [h, w]);
            for (i, value) in x.iter().enumerate() {
                from.at_mut(i / w % h, i % w)[i / (h * w)] = *value;
            }
            let first = 16;
            let mut out = FeatureMap::new(first + padded(outputs), [2 * h, 2 * w]);
            UpConvolution::new(&weight, &bias, inputs).run(&from, &mut out, first);
            for (y, x_at) in (0..2 * h).flat_map(|y| (0..2 * w).map(move |x| (y, x))) {
                let found = out.at(y, x_at);
                assert_eq!(found[..first], [0.0; 16], "channels before the first");
                for (o, found) in found[first..][..outputs].iter().enumerate() {
                    let product = |i: usize| {
                        x[(i * h + y / 2) * w + x_at / 2] * weight[((i * outputs + o) * 2 + y % 2) * 2 + x_at % 2]
                    };
                    let expected = bias[o] + (0..inputs).map(product).sum::<f32>();
                    assert!((found - expected).abs() < 1e-5, "({y}, {x_at}), {o}: expected {expected}, found {found}");
                }
            }
        }
    }

    fn run(x: [usize; 2], channels: usize, out: [usize; 2], out_channels: usize) {
        let up = UpConvolution::new(&[0.0; 3 * 2 * 4], &[0.0; 2], 3);
        up.run(&FeatureMap::new(channels, x), &mut FeatureMap::new(out_channels, out), 0);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [3, 2, 2, 2], found 23 values")]
    fn a_weight_of_another_length_is_refused() {
        UpConvolution::new(&[0.0; 23], &[0.0; 2], 3);
    }

    #[test]
    #[should_panic(expected = "expected twice the size of [2, 3], found [4, 7]")]
    fn an_output_of_another_size_is_refused() {
        run([2, 3], 16, [4, 7], 16);
    }

    #[test]
    #[should_panic(expected = "expected 16 channels, found 32")]
    fn an_input_with_other_channels_is_refused() {
        run([2, 3], 32, [4, 6], 16);
    }

    #[test]
    #[should_panic(expected = "64 channels for")]
    fn an_output_with_more_channels_is_refused() {
        run([2, 3], 16, [4, 6], 64);
    }
}
