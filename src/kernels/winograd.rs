//! 3x3 convolutions on the CPU for inference, by Winograd's minimal filtering: stride 1, padding 1, bias, ReLU.
//!
//! Squares of outputs are computed from squares of inputs in another basis, where a convolution is a product for each of
//! the squares' places: a quarter of the multiplications for [`Four`] (outputs of 4 x 4), 4/9 for [`Two`] (Lavin and Gray,
//! "Fast Algorithms for Convolutional Neural Networks", 2015). Maps hold a pixel's channels side by side, so that the
//! changes of basis and the products all run over vectors of channels.

use macerator::{Scalar, Simd, Vector, vload_unaligned, vstore_unaligned};

use super::map::{Map, WIDEST, padded};
use super::product::{self, Panels};

/// Taps of a 3x3 kernel.
const TAPS: usize = 9;
/// Places of the largest square of inputs.
const PLACES: usize = 36;
/// Numbers in a block of transformed inputs and products: half of a common second-level cache (512 KiB).
const BLOCK: usize = 64 << 10;
/// A block has no fewer squares than this: each has to fetch all of the weights.
const SQUARES: usize = 16;

/// One convolution with its weights in the other basis.
pub(crate) struct Convolution {
    /// For each place of a square.
    places: Vec<Panels>,
    bias: Vec<f32>,
    /// How many channels of a map the outputs take.
    channels: usize,
    large: bool,
}

/// Transformed inputs and their products, kept between convolutions.
#[derive(Default)]
pub(crate) struct Scratch {
    inputs: Vec<f32>,
    products: Vec<f32>,
}

impl Convolution {
    /// Packs `weight`, `[outputs, inputs, 3, 3]`, whose input `i` lies in the map's channel `channel(i)` of `channels`, for
    /// maps of `height` x `width`.
    pub(crate) fn new(
        weight: &[f32],
        bias: &[f32],
        channels: usize,
        channel: impl Fn(usize) -> usize,
        [height, width]: [usize; 2],
    ) -> Self {
        // Few squares use each weight too seldom: then fewer weights are better than fewer multiplications.
        let large = height.div_ceil(4) * width.div_ceil(4) >= SQUARES;
        let side = if large { Four::IN } else { Two::IN };
        let outputs = bias.len();
        let mut places: Vec<Panels> = (0..side * side).map(|_| Panels::new(outputs, channels)).collect();
        let inputs: Vec<usize> = (0..weight.len() / (outputs * TAPS)).map(channel).collect();
        if large {
            pack_four(weight, outputs, &inputs, &mut places);
        } else {
            pack_two(weight, outputs, &inputs, &mut places);
        }
        Self { bias: places[0].padded(bias), places, channels: padded(outputs), large }
    }

    /// How many channels of a map the result takes.
    pub(crate) fn channels(&self) -> usize {
        self.channels
    }

    /// Convolves all channels of `x` and writes the result to the channels of `out` from `first` on.
    pub(crate) fn run(&self, x: &Map, out: &mut Map, first: usize, scratch: &mut Scratch) {
        if self.large {
            convolve_four(self, x, out, first, scratch);
        } else {
            convolve_two(self, x, out, first, scratch);
        }
    }
}

/// The changes of basis, in one dimension. Arrays are as long as the larger squares need.
trait Squares {
    /// Outputs on a side.
    const OUT: usize;
    /// Inputs on a side.
    const IN: usize = Self::OUT + 2;

    fn kernel<S: Simd>(taps: [Vector<S, f32>; 3]) -> [Vector<S, f32>; 6];
    fn inputs<S: Simd>(x: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 6];
    fn outputs<S: Simd>(x: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 4];
}

/// Squares of 4 x 4 outputs: the points 0, 1, -1, 2, -2 and infinity.
struct Four;

impl Squares for Four {
    const OUT: usize = 4;

    #[inline(always)]
    fn kernel<S: Simd>([a, b, c]: [Vector<S, f32>; 3]) -> [Vector<S, f32>; 6] {
        let part = |whole: f32| -> Vector<S, f32> { (1.0 / whole).splat() };
        let (even, odd) = ((a + c) * part(-6.0), b * part(-6.0));
        let (wide, narrow) = (a * part(24.0) + c * part(6.0), b * part(12.0));
        [a * part(4.0), even + odd, even - odd, wide + narrow, wide - narrow, c]
    }

    #[inline(always)]
    fn inputs<S: Simd>([a, b, c, d, e, f]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 6] {
        let (two, four, five): (Vector<S, f32>, Vector<S, f32>, Vector<S, f32>) =
            (2f32.splat(), 4f32.splat(), 5f32.splat());
        let (even, odd) = (e - c * four, d - b * four);
        let (wide, narrow) = (e - c, (d - b) * two);
        [a * four + (e - c * five), even + odd, even - odd, wide + narrow, wide - narrow, b * four + (f - d * five)]
    }

    #[inline(always)]
    fn outputs<S: Simd>([a, b, c, d, e, f]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 4] {
        let (two, four): (Vector<S, f32>, Vector<S, f32>) = (2f32.splat(), 4f32.splat());
        let (near, near_odd) = (b + c, b - c);
        let (far, far_odd) = (d + e, (d - e) * two);
        [a + near + far, near_odd + far_odd, near + far * four, near_odd + far_odd * four + f]
    }
}

/// Squares of 2 x 2 outputs: the points 0, 1, -1 and infinity.
struct Two;

impl Squares for Two {
    const OUT: usize = 2;

    #[inline(always)]
    fn kernel<S: Simd>([a, b, c]: [Vector<S, f32>; 3]) -> [Vector<S, f32>; 6] {
        let half: Vector<S, f32> = 0.5f32.splat();
        [a, (a + b + c) * half, (a - b + c) * half, c, c, c]
    }

    #[inline(always)]
    fn inputs<S: Simd>([a, b, c, d, e, f]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 6] {
        [a - c, b + c, c - b, b - d, e, f]
    }

    #[inline(always)]
    fn outputs<S: Simd>([a, b, c, d, _, _]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 4] {
        [a + b + c, b - c - d, a, a]
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
    for first in (0..outputs).step_by(lanes) {
        let count = lanes.min(outputs - first);
        for (i, &channel) in channels.iter().enumerate() {
            let mut taps = [[0.0; WIDEST]; TAPS];
            for o in 0..count {
                for (tap, value) in taps.iter_mut().zip(&weight[((first + o) * channels.len() + i) * TAPS..]) {
                    tap[o] = *value;
                }
            }
            let mut between = [[0.0; WIDEST]; 3 * 6];
            // SAFETY: a vector has at most `WIDEST` lanes.
            let load = |values: &[f32; WIDEST]| unsafe { vload_unaligned::<S, f32>(values.as_ptr()) };
            for x in 0..3 {
                let found = T::kernel::<S>([load(&taps[x]), load(&taps[3 + x]), load(&taps[6 + x])]);
                // SAFETY: a vector has at most `WIDEST` lanes.
                unsafe { store(found, 6, |y| between[y * 3 + x].as_mut_ptr()) };
            }
            for (y, row) in between.chunks_exact(3).enumerate().take(T::IN) {
                let found = T::kernel::<S>([load(&row[0]), load(&row[1]), load(&row[2])]);
                let places = &mut places[y * T::IN..][..T::IN];
                // SAFETY: `vector` hands out as many numbers as a vector has lanes.
                unsafe { store(found, T::IN, |x| places[x].vector(first, channel).as_mut_ptr()) };
            }
        }
    }
}

#[macerator::with_simd]
fn convolve_four<'a, S: Simd>(
    convolution: &'a Convolution,
    x: &'a Map,
    out: &'a mut Map,
    first: usize,
    scratch: &'a mut Scratch,
) {
    convolve::<S, Four>(convolution, x, out, first, scratch);
}

#[macerator::with_simd]
fn convolve_two<'a, S: Simd>(
    convolution: &'a Convolution,
    x: &'a Map,
    out: &'a mut Map,
    first: usize,
    scratch: &'a mut Scratch,
) {
    convolve::<S, Two>(convolution, x, out, first, scratch);
}

#[inline(always)]
fn convolve<S: Simd, T: Squares>(
    convolution: &Convolution,
    x: &Map,
    out: &mut Map,
    first: usize,
    scratch: &mut Scratch,
) {
    let panels = &convolution.places[0];
    let (inputs, outputs) = (panels.inputs(), panels.outputs());
    let channels = convolution.channels;
    assert!(inputs == x.channels() && (x.height(), x.width()) == (out.height(), out.width()), "maps that do not fit");
    let (rows, columns) = (x.height().div_ceil(T::OUT), x.width().div_ceil(T::OUT));
    let places = T::IN * T::IN;
    // Whole rows of squares, as many as the cache holds.
    let most = BLOCK / (places * (inputs + outputs));
    let block = (most.max(SQUARES) / columns).clamp(1, rows);
    let squares = (block * columns).next_multiple_of(product::ROWS);
    // One line of the cache more from place to place: at distances of a power of two they would share a few sets of it.
    let (input_step, output_step) = (squares * inputs + WIDEST, squares * outputs + WIDEST);
    let Scratch { inputs: changed, products } = scratch;
    if changed.len() < places * input_step {
        changed.resize(places * input_step, 0.0);
    }
    if products.len() < places * output_step {
        products.resize(places * output_step, 0.0);
    }
    for top in (0..rows).step_by(block) {
        let bottom = (top + block).min(rows);
        for (square, (y, x_at)) in (top..bottom).flat_map(|y| (0..columns).map(move |x| (y, x))).enumerate() {
            let corner = x.patch(y * T::OUT, x_at * T::OUT, T::IN);
            change_inputs::<S, T>(corner, x.row(), inputs, &mut changed[square * inputs..], input_step);
        }
        let found = ((bottom - top) * columns).next_multiple_of(product::ROWS);
        for (place, panels) in convolution.places.iter().enumerate() {
            let x = &changed[place * input_step..][..input_step];
            let to = &mut products[place * output_step..][..output_step];
            product::multiply::<S>(x, panels, to, found);
        }
        for (square, (y, x_at)) in (top..bottom).flat_map(|y| (0..columns).map(move |x| (y, x))).enumerate() {
            let from = &products[square * outputs..];
            let at = [y * T::OUT, x_at * T::OUT];
            change_outputs::<S, T>(from, output_step, &convolution.bias, channels, out, at, first);
        }
    }
}

/// One square of inputs, all channels: place `p` goes to `to[p * step..]`.
#[inline(always)]
fn change_inputs<S: Simd, T: Squares>(from: &[f32], row: usize, channels: usize, to: &mut [f32], step: usize) {
    let lanes = f32::lanes::<S>();
    let last = T::IN - 1;
    assert!(channels.is_multiple_of(lanes) && from.len() >= last * (row + channels) + channels);
    assert!(to.len() >= (T::IN * T::IN - 1) * step + channels);
    // Columns, then rows. What lies between passes through memory: these are too many for the registers.
    let mut between = [0.0; PLACES * WIDEST];
    for channel in (0..channels).step_by(lanes) {
        // SAFETY: the last reads are the last channels of the last row and column, inside by the first assertion; the last
        // writes are inside by the second; `between` holds the widest vectors. Smaller squares read their last input
        // again for those that they lack.
        unsafe {
            for x in 0..T::IN {
                let at = from.as_ptr().add(x * channels + channel);
                let load = |y: usize| vload_unaligned(at.add(y.min(last) * row));
                let found = T::inputs::<S>([load(0), load(1), load(2), load(3), load(4), load(5)]);
                let to = between.as_mut_ptr().add(x * lanes);
                store(found, T::IN, |y| to.add(y * T::IN * lanes));
            }
            for y in 0..T::IN {
                let at = between.as_ptr().add(y * T::IN * lanes);
                let load = |x: usize| vload_unaligned(at.add(x.min(last) * lanes));
                let found = T::inputs::<S>([load(0), load(1), load(2), load(3), load(4), load(5)]);
                let to = to.as_mut_ptr().add(y * T::IN * step + channel);
                store(found, T::IN, |x| to.add(x * step));
            }
        }
    }
}

/// One square of outputs, from the products of place `p` at `from[p * step..]`.
#[inline(always)]
fn change_outputs<S: Simd, T: Squares>(
    from: &[f32],
    step: usize,
    bias: &[f32],
    channels: usize,
    out: &mut Map,
    [top, left]: [usize; 2],
    first: usize,
) {
    let lanes = f32::lanes::<S>();
    let zero: Vector<S, f32> = 0f32.splat();
    let last = T::IN - 1;
    let (height, width) = ((out.height() - top).min(T::OUT), (out.width() - left).min(T::OUT));
    let (row, pixel) = (out.row(), out.channels());
    let to = out.at_mut(top, left);
    assert!(channels.is_multiple_of(lanes) && bias.len() >= channels && first + channels <= pixel);
    assert!(from.len() >= (T::IN * T::IN - 1) * step + channels);
    assert!(to.len() >= (height - 1) * row + width * pixel);
    let mut between = [0.0; PLACES * WIDEST];
    for channel in (0..channels).step_by(lanes) {
        // SAFETY: reads are inside by the first two assertions, writes by the first and third, as `height` and `width`
        // are counted; `between` holds the widest vectors.
        unsafe {
            for x in 0..T::IN {
                let at = from.as_ptr().add(x * step + channel);
                let load = |y: usize| vload_unaligned(at.add(y.min(last) * T::IN * step));
                let found = T::outputs::<S>([load(0), load(1), load(2), load(3), load(4), load(5)]);
                let to = between.as_mut_ptr().add(x * lanes);
                store(found, T::OUT, |y| to.add(y * T::IN * lanes));
            }
            let bias = vload_unaligned(bias.as_ptr().add(channel));
            for y in 0..height {
                let at = between.as_ptr().add(y * T::IN * lanes);
                let load = |x: usize| vload_unaligned(at.add(x.min(last) * lanes));
                let found = T::outputs::<S>([load(0), load(1), load(2), load(3), load(4), load(5)]);
                let [a, b, c, d] = found;
                let finish = |value: Vector<S, f32>| (value + bias).max(zero);
                let to = to.as_mut_ptr().add(y * row + first + channel);
                store([finish(a), finish(b), finish(c), finish(d)], width, |x| to.add(x * pixel));
            }
        }
    }
}

/// Stores the first `count` values.
///
/// # Safety
/// A vector has to be writable at each of their places.
#[inline(always)]
unsafe fn store<S: Simd, const N: usize>(
    values: [Vector<S, f32>; N],
    count: usize,
    mut at: impl FnMut(usize) -> *mut f32,
) {
    for (i, value) in values.into_iter().enumerate() {
        if i < count {
            // SAFETY: as the caller promises.
            unsafe { vstore_unaligned(at(i), value) };
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
            let (x, weight, bias) = (values(inputs * h * w), values(outputs * inputs * TAPS), values(outputs));
            let expected = naive(&x, size, &weight, &bias);
            // A map's channels that are not used, before the inputs and before the outputs, show what mixes them up.
            let (before, first) = (WIDEST, WIDEST);
            let mut from = Map::new(before + padded(inputs), size);
            for (i, value) in x.iter().enumerate() {
                from.at_mut(i / w % h, i % w)[before + i / (h * w)] = *value;
            }
            let convolution = Convolution::new(&weight, &bias, from.channels(), |i| before + i, size);
            let mut out = Map::new(first + padded(outputs), size);
            convolution.run(&from, &mut out, first, &mut Scratch::default());
            let what = format!("{size:?}, {inputs} to {outputs}");
            for (i, expected) in expected.iter().enumerate() {
                let found = out.at(i / w % h, i % w)[first + i / (h * w)];
                let scale = (inputs as f32).sqrt();
                assert!((found - expected).abs() < 1e-4 * scale, "{what}: at {i} expected {expected}, found {found}");
            }
            assert!((0..h * w).all(|i| out.at(i / w, i % w)[..first].iter().all(|value| *value == 0.0)), "{what}");
        }
    }
}
