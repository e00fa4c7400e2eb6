//! 3x3 convolutions with stride 1 and padding 1, by Winograd's [transforms](crate::tile).
//!
//! ```text
//! for each block of tiles:
//!     for each tile:      inputs[position][tile]   = transform_input(x, tile)
//!     for each position:  products[position][tile] = inputs[position][tile] · weights[position]
//!     for each tile:      out(tile)                = max(transform_output(products, tile) + bias, min)
//! ```

use macerator::{Simd, Vector, vload_unaligned, vstore_unaligned};

use crate::feature_map::{FeatureMap, padded};
use crate::matmul::{self, Panels};
use crate::tile::{self, MIN_TILES, TAPS, Tile, Tile2, Tile4, transform, transform_input, transform_output};
use crate::vector::{MAX_LANES, lanes};

/// Numbers in a block of transformed inputs and products: 256 KiB, half of a second-level cache of 512 KiB (AMD Zen;
/// most others are larger).
pub(crate) const BLOCK: usize = 64 << 10;

/// A 3x3 convolution with transformed weights: `max(conv(x, weight) + bias, min)`.
pub struct Convolution {
    /// The weights of each position of a tile: `[positions]` of `[outputs, channels]`.
    positions: Vec<Panels>,
    /// One for each channel that the outputs have in a feature map.
    bias: Vec<f32>,
    /// The lower bound of the outputs: 0 is ReLU, negative infinity none.
    min: f32,
    /// Whether tiles are [`Tile4`] or [`Tile2`].
    tile4: bool,
}

/// Transformed inputs and their products, to reuse.
#[derive(Default)]
pub struct Scratch {
    inputs: Vec<f32>,
    products: Vec<f32>,
}

impl Scratch {
    /// Two slices of at least these lengths.
    pub(crate) fn slices(&mut self, inputs: usize, products: usize) -> (&mut [f32], &mut [f32]) {
        for (values, count) in [(&mut self.inputs, inputs), (&mut self.products, products)] {
            if values.len() < count {
                values.resize(count, 0.0);
            }
        }
        (&mut self.inputs, &mut self.products)
    }
}

impl Convolution {
    /// `relu(conv(x, weight) + bias)` for feature maps of `size`, height and width, with `channels`.
    ///
    /// `weight` is `[outputs, inputs, 3, 3]`, `bias` `[outputs]`. Input `i` is channel `inputs[i]` of the feature map.
    ///
    /// # Panics
    /// If the lengths do not match, or there is no such channel.
    pub fn new(weight: &[f32], bias: &[f32], channels: usize, inputs: &[usize], size: [usize; 2]) -> Self {
        Self { min: 0.0, ..Self::pack(weight, bias, channels, inputs, tile::prefer_tile4(size, 1)) }
    }

    /// `conv(x, weight)` for `images` feature maps of `size` at a time. `weight` is `[outputs, inputs, 3, 3]`.
    ///
    /// # Panics
    /// If the length of `weight` does not match.
    #[cfg(feature = "fit")]
    pub fn linear(weight: &[f32], [outputs, inputs]: [usize; 2], size: [usize; 2], images: usize) -> Self {
        let tile4 = tile::prefer_tile4(size, images);
        let channels: Vec<usize> = (0..inputs).collect();
        Self::pack(weight, &vec![0.0; outputs], padded(inputs), &channels, tile4)
    }

    fn pack(weight: &[f32], bias: &[f32], channels: usize, inputs: &[usize], tile4: bool) -> Self {
        let outputs = bias.len();
        let side = if tile4 { Tile4::IN } else { Tile2::IN };
        let mut positions: Vec<Panels> = (0..side * side).map(|_| Panels::new(outputs, channels)).collect();
        if tile4 {
            pack_tile4(weight, outputs, inputs, &mut positions);
        } else {
            pack_tile2(weight, outputs, inputs, &mut positions);
        }
        let mut bias = bias.to_vec();
        bias.resize(padded(outputs), 0.0);
        Self { positions, bias, min: f32::NEG_INFINITY, tile4 }
    }

    /// The channels of a feature map that the result has.
    pub fn channels(&self) -> usize {
        self.bias.len()
    }

    /// Convolves all channels of each feature map of `x` and writes the result to the first channels of its counterpart
    /// in `out`.
    ///
    /// # Panics
    /// If `x` is empty, `out` has another length, two feature maps differ in height or width, or one has the wrong
    /// channels.
    pub fn run(&self, x: &[FeatureMap], out: &mut [FeatureMap], scratch: &mut Scratch) {
        if self.tile4 {
            convolve_tile4(self, x, out, scratch);
        } else {
            convolve_tile2(self, x, out, scratch);
        }
    }
}

#[macerator::with_simd]
fn pack_tile4<'a, S: Simd>(weight: &'a [f32], outputs: usize, inputs: &'a [usize], positions: &'a mut [Panels]) {
    pack::<S, Tile4>(weight, outputs, inputs, positions);
}

#[macerator::with_simd]
fn pack_tile2<'a, S: Simd>(weight: &'a [f32], outputs: usize, inputs: &'a [usize], positions: &'a mut [Panels]) {
    pack::<S, Tile2>(weight, outputs, inputs, positions);
}

/// Transforms `weight`, `[outputs, inputs, 3, 3]`, one vector of outputs at a time. Input `i` becomes `inputs[i]`.
#[inline(always)]
fn pack<S: Simd, T: Tile>(weight: &[f32], outputs: usize, inputs: &[usize], positions: &mut [Panels]) {
    let lanes = lanes::<S>();
    assert!(
        weight.len() == outputs * inputs.len() * TAPS,
        "expected a weight of [{outputs}, {}, 3, 3], found {} values",
        inputs.len(),
        weight.len()
    );
    assert!(positions.len() == T::IN * T::IN, "{} positions for tiles of {}", positions.len(), T::IN);
    for panels in &*positions {
        let channels = panels.inputs();
        assert!(panels.panel() == 2 * lanes, "panels of {} outputs for vectors of {lanes} lanes", panels.panel());
        assert!(outputs <= panels.outputs(), "{outputs} outputs in panels for {}", panels.outputs());
        assert!(inputs.iter().all(|input| *input < channels), "inputs {inputs:?} of {channels} channels");
    }
    let mut scratch = tile::scratch();
    for first in (0..outputs).step_by(lanes) {
        let count = lanes.min(outputs - first);
        for (i, &input) in inputs.iter().enumerate() {
            let mut taps = [[0.0; MAX_LANES]; TAPS];
            for o in 0..count {
                for (tap, value) in taps.iter_mut().zip(&weight[((first + o) * inputs.len() + i) * TAPS..]) {
                    tap[o] = *value;
                }
            }
            transform!(
                scratch of lanes,
                3 => T::IN,
                T::kernel::<S>,
                // SAFETY: a tap has `MAX_LANES` numbers, and a vector has at most as many (`lanes`).
                |y: usize, x: usize| unsafe { vload_unaligned(taps[y * 3 + x].as_ptr()) },
                |y: usize, x: usize, value: Vector<S, f32>| {
                    let to = positions[y * T::IN + x].vector(first, input);
                    // SAFETY: `to` has half as many numbers as a panel, and a panel is two vectors by the assertion.
                    unsafe { vstore_unaligned(to.as_mut_ptr(), value) };
                },
            );
        }
    }
}

#[macerator::with_simd]
fn convolve_tile4<'a, S: Simd>(
    convolution: &'a Convolution,
    x: &'a [FeatureMap],
    out: &'a mut [FeatureMap],
    scratch: &'a mut Scratch,
) {
    convolve::<S, Tile4>(convolution, x, out, scratch);
}

#[macerator::with_simd]
fn convolve_tile2<'a, S: Simd>(
    convolution: &'a Convolution,
    x: &'a [FeatureMap],
    out: &'a mut [FeatureMap],
    scratch: &'a mut Scratch,
) {
    convolve::<S, Tile2>(convolution, x, out, scratch);
}

#[inline(always)]
fn convolve<S: Simd, T: Tile>(
    convolution: &Convolution,
    x: &[FeatureMap],
    out: &mut [FeatureMap],
    scratch: &mut Scratch,
) {
    let panels = &convolution.positions[0];
    let (inputs, outputs) = (panels.inputs(), panels.outputs());
    let finish = (convolution.bias.as_slice(), convolution.min);
    assert!(!x.is_empty() && x.len() == out.len(), "{} inputs for {} outputs", x.len(), out.len());
    let size = x[0].size();
    for map in x {
        assert!(map.channels() == inputs, "expected {inputs} channels, found {}", map.channels());
    }
    for map in x.iter().chain(&*out) {
        assert!(map.size() == size, "expected feature maps of {size:?}, found {:?}", map.size());
    }
    let [rows, columns] = size.map(|side| side.div_ceil(T::OUT));
    let all = rows * x.len();
    let positions = T::IN * T::IN;
    // Whole rows of tiles, as many as the cache holds.
    let most = BLOCK / (positions * (inputs + outputs));
    let block = (most.max(MIN_TILES) / columns).clamp(1, all);
    let tiles = (block * columns).next_multiple_of(matmul::ROWS);
    // One cache line more between positions: at distances of a power of two they would all fall into a few sets of the
    // cache.
    let (input_step, output_step) = (tiles * inputs + MAX_LANES, tiles * outputs + MAX_LANES);
    let (transformed, products) = scratch.slices(positions * input_step, positions * output_step);
    for top in (0..all).step_by(block) {
        let bottom = (top + block).min(all);
        let tiles = || (top..bottom).flat_map(|row| (0..columns).map(move |x| (row / rows, [row % rows, x])));
        for (tile, (image, at)) in tiles().enumerate() {
            let to = &mut transformed[tile * inputs..];
            transform_input::<S, T>(&x[image], at.map(|at| at * T::OUT), to, input_step);
        }
        let count = ((bottom - top) * columns).next_multiple_of(matmul::ROWS);
        for (position, panels) in convolution.positions.iter().enumerate() {
            let x = &transformed[position * input_step..][..input_step]; // [tiles, inputs]
            let to = &mut products[position * output_step..][..output_step]; // [tiles, outputs]
            matmul::multiply::<S>(x, panels, to, count);
        }
        for (tile, (image, at)) in tiles().enumerate() {
            let from = &products[tile * outputs..];
            transform_output::<S, T>(from, output_step, finish, &mut out[image], at.map(|at| at * T::OUT));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    /// The definition as a plain loop: `x` is `[inputs, h, w]`, the result `[outputs, h, w]`.
    fn naive(x: &[f32], [h, w]: [usize; 2], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let (outputs, inputs) = (bias.len(), x.len() / (h * w));
        let mut out = Vec::new();
        for o in 0..outputs {
            for (y, x_at) in (0..h).flat_map(|y| (0..w).map(move |x| (y, x))) {
                let mut sum = f64::from(bias[o]);
                for i in 0..inputs {
                    for (ky, kx) in (0..3).flat_map(|ky| (0..3).map(move |kx| (ky, kx))) {
                        if (1..=h).contains(&(y + ky)) && (1..=w).contains(&(x_at + kx)) {
                            let value = x[(i * h + y + ky - 1) * w + x_at + kx - 1];
                            sum += f64::from(value * weight[((o * inputs + i) * 3 + ky) * 3 + kx]);
                        }
                    }
                }
                out.push(sum.max(0.0) as f32);
            }
        }
        out
    }

    #[test]
    fn a_convolution_equals_the_naive_loop() {
        let mut rng = Rng::with_seed(3);
        let mut values = |count: usize| (0..count).map(|_| 2.0 * rng.f32() - 1.0).collect::<Vec<f32>>();
        // Odd sizes, both tiles, one channel and many, more than one block, channels that do not fill a vector.
        for (size @ [h, w], inputs, outputs) in [
            ([1, 1], 1, 1),
            ([5, 3], 3, 2),
            ([13, 16], 1, 1),
            ([7, 8], 5, 4),
            ([16, 16], 8, 8),
            ([15, 17], 2, 33),
            ([2, 31], 7, 12),
            ([13, 64], 16, 5),
            ([40, 40], 17, 16),
            ([8, 8], 128, 64),
            ([6, 2], 9, 512),
            ([20, 24], 140, 20),
            ([128, 96], 3, 16),
        ] {
            // Miri takes hours for the larger ones.
            if cfg!(miri) && h * w * inputs * outputs > 600 {
                continue;
            }
            let (x, weight, bias) = (values(inputs * h * w), values(outputs * inputs * TAPS), values(outputs));
            let expected = naive(&x, size, &weight, &bias);
            // Unused channels before the inputs and after the outputs: a mix-up would show.
            let before = MAX_LANES;
            let used = padded(outputs);
            let mut from = FeatureMap::new(before + padded(inputs), size);
            for (i, value) in x.iter().enumerate() {
                from.at_mut(i / w % h, i % w)[before + i / (h * w)] = *value;
            }
            let channels: Vec<usize> = (before..before + inputs).collect();
            let convolution = Convolution::new(&weight, &bias, from.channels(), &channels, size);
            let mut out = FeatureMap::new(used + MAX_LANES, size);
            run(&convolution, &from, &mut out);
            let what = format!("{size:?}, {inputs} to {outputs}");
            for (i, expected) in expected.iter().enumerate() {
                let found = out.at(i / w % h, i % w)[i / (h * w)];
                let scale = (inputs as f32).sqrt();
                assert!((found - expected).abs() < 1e-4 * scale, "{what}: at {i} expected {expected}, found {found}");
            }
            assert!(
                (0..h * w).all(|i| out.at(i / w, i % w)[used..][..MAX_LANES].iter().all(|value| *value == 0.0)),
                "{what}"
            );
        }
    }
    fn run(convolution: &Convolution, x: &FeatureMap, out: &mut FeatureMap) {
        convolution.run(std::slice::from_ref(x), std::slice::from_mut(out), &mut Scratch::default());
    }

    /// 2 outputs of 3 inputs.
    fn convolution() -> Convolution {
        Convolution::new(&[0.0; 2 * 3 * TAPS], &[0.0; 2], 16, &[0, 1, 2], [4, 4])
    }

    #[test]
    #[should_panic(expected = "expected a weight of [2, 3, 3, 3], found 53 values")]
    fn a_weight_of_another_length_is_refused() {
        Convolution::new(&[0.0; 2 * 3 * TAPS - 1], &[0.0; 2], 16, &[0, 1, 2], [4, 4]);
    }

    #[test]
    #[should_panic(expected = "inputs [0, 1, 16] of 16 channels")]
    fn an_input_without_a_channel_is_refused() {
        Convolution::new(&[0.0; 2 * 3 * TAPS], &[0.0; 2], 16, &[0, 1, 16], [4, 4]);
    }

    #[test]
    #[should_panic(expected = "expected 16 channels, found 32")]
    fn inputs_with_other_channels_are_refused() {
        run(&convolution(), &FeatureMap::new(32, [4, 4]), &mut FeatureMap::new(16, [4, 4]));
    }

    #[test]
    #[should_panic(expected = "expected feature maps of [4, 4], found [4, 5]")]
    fn outputs_of_another_size_are_refused() {
        run(&convolution(), &FeatureMap::new(16, [4, 4]), &mut FeatureMap::new(16, [4, 5]));
    }

    #[test]
    #[should_panic(expected = "32 of 16 channels")]
    fn outputs_with_too_few_channels_are_refused() {
        let convolution = Convolution::new(&[0.0; 17 * TAPS], &[0.0; 17], 16, &[0], [4, 4]);
        run(&convolution, &FeatureMap::new(16, [4, 4]), &mut FeatureMap::new(16, [4, 4]));
    }

    #[test]
    #[should_panic(expected = "1 inputs for 0 outputs")]
    fn a_missing_output_is_refused() {
        convolution().run(&[FeatureMap::new(16, [4, 4])], &mut [], &mut Scratch::default());
    }
}
