//! 3x3 convolutions on the CPU by [minimal filtering](super::tile): stride 1, padding 1, with bias and ReLU for inference,
//! without for fitting.

use macerator::{Scalar, Simd, Vector, vload_unaligned, vstore_unaligned};

use super::map::{Map, WIDEST, padded};
use super::product::{self, Panels};
use super::tile::{self, FEWEST, Four, Squares, TAPS, Two, change, change_inputs, change_outputs};

/// Numbers in a block of transformed inputs and products: half of a common second-level cache (512 KiB).
pub(crate) const BLOCK: usize = 64 << 10;

/// One convolution with its weights in the other basis.
pub(crate) struct Convolution {
    /// For each place of a square.
    places: Vec<Panels>,
    /// One for each channel that the outputs take in a map.
    bias: Vec<f32>,
    /// No output is less.
    least: f32,
    four: bool,
}

/// Transformed inputs and their products, kept between convolutions.
#[derive(Default)]
pub(crate) struct Scratch {
    inputs: Vec<f32>,
    products: Vec<f32>,
}

impl Scratch {
    /// At least so many numbers of both.
    pub(crate) fn room(&mut self, inputs: usize, products: usize) -> (&mut [f32], &mut [f32]) {
        for (values, count) in [(&mut self.inputs, inputs), (&mut self.products, products)] {
            if values.len() < count {
                values.resize(count, 0.0);
            }
        }
        (&mut self.inputs, &mut self.products)
    }
}

impl Convolution {
    /// `relu(conv(x, weight) + bias)`, with `weight`, `[outputs, inputs, 3, 3]`, whose input `i` lies in the map's channel
    /// `channel(i)` of `channels`, for maps of `size`, height and width.
    pub(crate) fn new(
        weight: &[f32],
        bias: &[f32],
        channels: usize,
        channel: impl Fn(usize) -> usize,
        size: [usize; 2],
    ) -> Self {
        let inputs: Vec<usize> = (0..weight.len() / (bias.len() * TAPS)).map(channel).collect();
        Self { least: 0.0, ..Self::pack(weight, bias, channels, &inputs, tile::four(size, 1)) }
    }

    /// `conv(x, weight)`, for `images` maps at a time.
    #[cfg(feature = "fit")]
    pub(crate) fn linear(weight: &[f32], outputs: usize, size: [usize; 2], images: usize) -> Self {
        let inputs: Vec<usize> = (0..weight.len() / (outputs * TAPS)).collect();
        let four = tile::four(size, images);
        Self::pack(weight, &vec![0.0; outputs], padded(inputs.len()), &inputs, four)
    }

    fn pack(weight: &[f32], bias: &[f32], channels: usize, inputs: &[usize], four: bool) -> Self {
        let outputs = bias.len();
        let side = if four { Four::IN } else { Two::IN };
        let mut places: Vec<Panels> = (0..side * side).map(|_| Panels::new(outputs, channels)).collect();
        if four {
            pack_four(weight, outputs, inputs, &mut places);
        } else {
            pack_two(weight, outputs, inputs, &mut places);
        }
        let mut bias = bias.to_vec();
        bias.resize(padded(outputs), 0.0);
        Self { places, bias, least: f32::NEG_INFINITY, four }
    }

    /// How many channels of a map the result takes.
    pub(crate) fn channels(&self) -> usize {
        self.bias.len()
    }

    /// Convolves all channels of each of `x`, maps of one size, and writes the result to the first channels of its
    /// counterpart in `out`.
    pub(crate) fn run(&self, x: &[Map], out: &mut [Map], scratch: &mut Scratch) {
        if self.four {
            convolve_four(self, x, out, scratch);
        } else {
            convolve_two(self, x, out, scratch);
        }
    }
}

#[macerator::with_simd]
fn pack_four<'a, S: Simd>(weight: &'a [f32], outputs: usize, channels: &'a [usize], places: &'a mut [Panels]) {
    pack::<S, Four>(weight, outputs, channels, places);
}

#[macerator::with_simd]
fn pack_two<'a, S: Simd>(weight: &'a [f32], outputs: usize, channels: &'a [usize], places: &'a mut [Panels]) {
    pack::<S, Two>(weight, outputs, channels, places);
}

/// Changes the basis of `weight`, `[outputs, inputs, 3, 3]`, a vector of outputs at a time; input `i` becomes `channels[i]`.
#[inline(always)]
fn pack<S: Simd, T: Squares>(weight: &[f32], outputs: usize, channels: &[usize], places: &mut [Panels]) {
    let lanes = f32::lanes::<S>();
    assert!(places.len() == T::IN * T::IN && weight.len() == outputs * channels.len() * TAPS);
    let mut between = tile::between();
    for first in (0..outputs).step_by(lanes) {
        let count = lanes.min(outputs - first);
        for (i, &channel) in channels.iter().enumerate() {
            let mut taps = [[0.0; WIDEST]; TAPS];
            for o in 0..count {
                for (tap, value) in taps.iter_mut().zip(&weight[((first + o) * channels.len() + i) * TAPS..]) {
                    tap[o] = *value;
                }
            }
            change!(
                between of lanes,
                3 => T::IN,
                T::kernel::<S>,
                // SAFETY: a vector has at most `WIDEST` lanes.
                |y: usize, x: usize| unsafe { vload_unaligned(taps[y * 3 + x].as_ptr()) },
                |y: usize, x: usize, value: Vector<S, f32>| {
                    let to = places[y * T::IN + x].vector(first, channel);
                    // SAFETY: `vector` hands out as many numbers as a vector has lanes.
                    unsafe { vstore_unaligned(to.as_mut_ptr(), value) };
                },
            );
        }
    }
}

#[macerator::with_simd]
fn convolve_four<'a, S: Simd>(
    convolution: &'a Convolution,
    x: &'a [Map],
    out: &'a mut [Map],
    scratch: &'a mut Scratch,
) {
    convolve::<S, Four>(convolution, x, out, scratch);
}

#[macerator::with_simd]
fn convolve_two<'a, S: Simd>(convolution: &'a Convolution, x: &'a [Map], out: &'a mut [Map], scratch: &'a mut Scratch) {
    convolve::<S, Two>(convolution, x, out, scratch);
}

#[inline(always)]
fn convolve<S: Simd, T: Squares>(convolution: &Convolution, x: &[Map], out: &mut [Map], scratch: &mut Scratch) {
    let panels = &convolution.places[0];
    let (inputs, outputs) = (panels.inputs(), panels.outputs());
    let finish = (convolution.bias.as_slice(), convolution.least);
    let size = x[0].size();
    assert!(x.len() == out.len() && x.iter().all(|map| map.channels() == inputs), "maps that do not fit");
    assert!(x.iter().chain(&*out).all(|map| map.size() == size), "maps that do not fit");
    let [rows, columns] = size.map(|side| side.div_ceil(T::OUT));
    let all = rows * x.len();
    let places = T::IN * T::IN;
    // Whole rows of squares, as many as the cache holds.
    let most = BLOCK / (places * (inputs + outputs));
    let block = (most.max(FEWEST) / columns).clamp(1, all);
    let squares = (block * columns).next_multiple_of(product::ROWS);
    // One line of the cache more from place to place: at distances of a power of two they would share a few sets of it.
    let (input_step, output_step) = (squares * inputs + WIDEST, squares * outputs + WIDEST);
    let (changed, products) = scratch.room(places * input_step, places * output_step);
    for top in (0..all).step_by(block) {
        let bottom = (top + block).min(all);
        let squares = || (top..bottom).flat_map(|row| (0..columns).map(move |x| (row / rows, [row % rows, x])));
        for (square, (image, at)) in squares().enumerate() {
            let to = &mut changed[square * inputs..];
            change_inputs::<S, T>(&x[image], at.map(|at| at * T::OUT), to, input_step);
        }
        let found = ((bottom - top) * columns).next_multiple_of(product::ROWS);
        for (place, panels) in convolution.places.iter().enumerate() {
            let x = &changed[place * input_step..][..input_step];
            let to = &mut products[place * output_step..][..output_step];
            product::multiply::<S>(x, panels, to, found);
        }
        for (square, (image, at)) in squares().enumerate() {
            let from = &products[square * outputs..];
            change_outputs::<S, T>(from, output_step, finish, &mut out[image], at.map(|at| at * T::OUT));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    /// The definition, so simple that it is unlikely to be wrong: `x` is `[inputs, h, w]`, the result `[outputs, h, w]`.
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
    fn it_is_the_naive_loop() {
        let mut rng = Rng::new(3, 0);
        let mut values = |count: usize| (0..count).map(|_| rng.range(-1.0, 1.0)).collect::<Vec<f32>>();
        // Odd sizes, both kinds of squares, one channel, many, more than one block, remainders of every vector.
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
            // What Miri computes within minutes.
            if cfg!(miri) && h * w * inputs * outputs > 600 {
                continue;
            }
            let (x, weight, bias) = (values(inputs * h * w), values(outputs * inputs * TAPS), values(outputs));
            let expected = naive(&x, size, &weight, &bias);
            // A map's channels that are not used, before the inputs and behind the outputs, show what mixes them up.
            let before = WIDEST;
            let used = padded(outputs);
            let mut from = Map::new(before + padded(inputs), size);
            for (i, value) in x.iter().enumerate() {
                from.at_mut(i / w % h, i % w)[before + i / (h * w)] = *value;
            }
            let convolution = Convolution::new(&weight, &bias, from.channels(), |i| before + i, size);
            let mut out = Map::new(used + WIDEST, size);
            let one = (std::slice::from_ref(&from), std::slice::from_mut(&mut out));
            convolution.run(one.0, one.1, &mut Scratch::default());
            let what = format!("{size:?}, {inputs} to {outputs}");
            for (i, expected) in expected.iter().enumerate() {
                let found = out.at(i / w % h, i % w)[i / (h * w)];
                let scale = (inputs as f32).sqrt();
                assert!((found - expected).abs() < 1e-4 * scale, "{what}: at {i} expected {expected}, found {found}");
            }
            assert!(
                (0..h * w).all(|i| out.at(i / w, i % w)[used..][..WIDEST].iter().all(|value| *value == 0.0)),
                "{what}"
            );
        }
    }
}
