//! Winograd's minimal filtering, square by square: the changes of basis around its products.
//!
//! Squares of outputs are computed from squares of inputs in another basis, where a convolution is a product for each of
//! the squares' places: a quarter of the multiplications for [`Four`] (outputs of 4 x 4), 4/9 for [`Two`] (Lavin and Gray,
//! "Fast Algorithms for Convolutional Neural Networks", 2015). The gradient of the weights is a sum of such products over
//! all squares. Maps hold a pixel's channels side by side, so that everything runs over vectors of channels.

use macerator::{Scalar, Simd, Vector, vload_unaligned, vstore_unaligned};

use super::map::{Map, WIDEST};

/// Taps of a 3x3 kernel.
pub(crate) const TAPS: usize = 9;
/// Places of the largest square of inputs.
const PLACES: usize = 36;
/// A block of squares that have their weights in common has no fewer than this: each block has to fetch all of them.
pub(crate) const FEWEST: usize = 16;

/// The changes of basis, in one dimension. Arrays are as long as the larger squares need.
pub(crate) trait Squares {
    /// Outputs on a side.
    const OUT: usize;
    /// Inputs on a side.
    const IN: usize = Self::OUT + 2;

    fn kernel<S: Simd>(taps: [Vector<S, f32>; 3]) -> [Vector<S, f32>; 6];
    fn inputs<S: Simd>(x: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 6];
    fn outputs<S: Simd>(x: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 4];
    /// The transpose of `outputs`: the gradient of its argument from that of its result.
    #[cfg(feature = "fit")]
    fn slopes<S: Simd>(x: [Vector<S, f32>; 4]) -> [Vector<S, f32>; 6];
    /// The transpose of `kernel`.
    #[cfg(feature = "fit")]
    fn taps<S: Simd>(x: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 3];
}

/// Whether [`Four`] has the fewer multiplications for `images` of `height` x `width`, and squares enough: few use each
/// weight too seldom, and then fewer weights are better than fewer multiplications.
pub(crate) fn four([height, width]: [usize; 2], images: usize) -> bool {
    let squares = |out: usize| height.div_ceil(out) * width.div_ceil(out);
    let (four, two) = (squares(Four::OUT), squares(Two::OUT));
    images * four >= FEWEST && four * Four::IN.pow(2) < two * Two::IN.pow(2)
}

/// Squares of 4 x 4 outputs: the points 0, 1, -1, 2, -2 and infinity.
pub(crate) struct Four;

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

    #[cfg(feature = "fit")]
    #[inline(always)]
    fn slopes<S: Simd>([a, b, c, d]: [Vector<S, f32>; 4]) -> [Vector<S, f32>; 6] {
        let (two, four): (Vector<S, f32>, Vector<S, f32>) = (2f32.splat(), 4f32.splat());
        let (near, near_odd) = (a + c, b + d);
        let (far, far_odd) = (a + c * four, (b + d * four) * two);
        [a, near + near_odd, near - near_odd, far + far_odd, far - far_odd, d]
    }

    #[cfg(feature = "fit")]
    #[inline(always)]
    fn taps<S: Simd>([a, b, c, d, e, f]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 3] {
        let part = |whole: f32| -> Vector<S, f32> { (1.0 / whole).splat() };
        let (even, odd, wide, narrow) = (b + c, b - c, d + e, d - e);
        [
            a * part(4.0) + wide * part(24.0) + even * part(-6.0),
            narrow * part(12.0) + odd * part(-6.0),
            (wide - even) * part(6.0) + f,
        ]
    }
}

/// Squares of 2 x 2 outputs: the points 0, 1, -1 and infinity.
pub(crate) struct Two;

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

    #[cfg(feature = "fit")]
    #[inline(always)]
    fn slopes<S: Simd>([a, b, _, _]: [Vector<S, f32>; 4]) -> [Vector<S, f32>; 6] {
        let zero: Vector<S, f32> = 0f32.splat();
        [a, a + b, a - b, zero - b, a, a]
    }

    #[cfg(feature = "fit")]
    #[inline(always)]
    fn taps<S: Simd>([a, b, c, d, _, _]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 3] {
        let half: Vector<S, f32> = 0.5f32.splat();
        let (even, odd) = ((b + c) * half, (b - c) * half);
        [a + even, odd, even + d]
    }
}

/// Room for the vectors between two changes of basis: they are too many for the registers.
pub(crate) fn between() -> [f32; PLACES * WIDEST] {
    [0.0; PLACES * WIDEST]
}

/// Changes the columns, then the rows of a square of `from` x `from` vectors by `along`: `to` x `to` of them, with
/// `load(y, x)` and `store(y, x, vector)`. Where there are fewer than `along` takes, it has the last again. What lies
/// between goes through `between`. A macro, since a function that is handed `along` would not inherit the vector features
/// of its caller.
macro_rules! change {
    ($between:ident of $lanes:ident, $from:expr => $to:expr, $along:expr, $load:expr, $store:expr $(,)?) => {{
        let (from, to) = ($from, $to);
        assert!(from * to * $lanes <= $between.len());
        for x in 0..from {
            let found = $along(core::array::from_fn(|y| ($load)(y.min(from - 1), x)));
            for (y, value) in found.into_iter().enumerate().take(to) {
                // SAFETY: `from * to` vectors have room, by the assertion.
                unsafe { vstore_unaligned($between.as_mut_ptr().add((y * from + x) * $lanes), value) };
            }
        }
        for y in 0..to {
            // SAFETY: as above.
            let load = |x: usize| unsafe { vload_unaligned($between.as_ptr().add((y * from + x) * $lanes)) };
            let found = $along(core::array::from_fn(|x| load(x.min(from - 1))));
            for (x, value) in found.into_iter().enumerate().take(to) {
                ($store)(y, x, value);
            }
        }
    }};
}
pub(crate) use change;

/// The square of inputs around the outputs from the pixel (`y`, `x`) on, all channels: place `p` goes to `to[p * step..]`.
#[inline(always)]
pub(crate) fn change_inputs<S: Simd, T: Squares>(map: &Map, [y, x]: [usize; 2], to: &mut [f32], step: usize) {
    let (lanes, channels, row) = (f32::lanes::<S>(), map.channels(), map.row());
    let from = map.patch(y, x, T::IN);
    assert!(channels.is_multiple_of(lanes) && from.len() >= (T::IN - 1) * (row + channels) + channels);
    assert!(to.len() >= (T::IN * T::IN - 1) * step + channels);
    let mut between = between();
    for channel in (0..channels).step_by(lanes) {
        change!(
            between of lanes,
            T::IN => T::IN,
            T::inputs::<S>,
            // SAFETY: the last read is of the last channels of the last row and column, inside by the first assertion.
            |y: usize, x: usize| unsafe { vload_unaligned(from.as_ptr().add(y * row + x * channels + channel)) },
            // SAFETY: the last place's last channels are inside, by the second assertion.
            |y: usize, x: usize, value: Vector<S, f32>| unsafe { vstore_unaligned(to.as_mut_ptr().add((y * T::IN + x) * step + channel), value) },
        );
    }
}

/// The square of outputs from the pixel (`y`, `x`) on, as far as the map reaches, in as many channels as `bias` has:
/// from the products of place `p` at `from[p * step..]`, plus `bias`, and no less than `least`.
#[inline(always)]
pub(crate) fn change_outputs<S: Simd, T: Squares>(
    from: &[f32],
    step: usize,
    (bias, least): (&[f32], f32),
    map: &mut Map,
    [y, x]: [usize; 2],
) {
    let (lanes, channels) = (f32::lanes::<S>(), bias.len());
    let least: Vector<S, f32> = least.splat();
    let (height, width) = ((map.height() - y).min(T::OUT), (map.width() - x).min(T::OUT));
    let (row, pixel) = (map.row(), map.channels());
    let to = map.at_mut(y, x);
    assert!(channels.is_multiple_of(lanes) && channels <= pixel);
    assert!(from.len() >= (T::IN * T::IN - 1) * step + channels);
    assert!(to.len() >= (height - 1) * row + width * pixel);
    let mut between = between();
    for channel in (0..channels).step_by(lanes) {
        // SAFETY: a whole vector of `channels`.
        let bias: Vector<S, f32> = unsafe { vload_unaligned(bias.as_ptr().add(channel)) };
        change!(
            between of lanes,
            T::IN => T::OUT,
            T::outputs::<S>,
            // SAFETY: the last place's last channels are inside, by the second assertion.
            |y: usize, x: usize| unsafe { vload_unaligned(from.as_ptr().add((y * T::IN + x) * step + channel)) },
            |y: usize, x: usize, value: Vector<S, f32>| {
                if y < height && x < width {
                    let value = (value + bias).max(least);
                    // SAFETY: inside by the first and the third assertion.
                    unsafe { vstore_unaligned(to.as_mut_ptr().add(y * row + x * pixel + channel), value) };
                }
            },
        );
    }
}

/// The square of outputs from the pixel (`y`, `x`) on, all channels, as the gradient of its products: place `p` goes to
/// `to[p * step..]`.
#[cfg(feature = "fit")]
#[inline(always)]
pub(crate) fn change_slopes<S: Simd, T: Squares>(map: &Map, [y, x]: [usize; 2], to: &mut [f32], step: usize) {
    let (lanes, channels, row) = (f32::lanes::<S>(), map.channels(), map.row());
    // What lies outside of the image is 0: the border reaches as far as the last squares.
    let from = map.at(y, x);
    assert!(channels.is_multiple_of(lanes) && from.len() >= (T::OUT - 1) * (row + channels) + channels);
    assert!(to.len() >= (T::IN * T::IN - 1) * step + channels);
    let mut between = between();
    for channel in (0..channels).step_by(lanes) {
        change!(
            between of lanes,
            T::OUT => T::IN,
            T::slopes::<S>,
            // SAFETY: the last read is of the last channels of the last row and column, inside by the first assertion.
            |y: usize, x: usize| unsafe { vload_unaligned(from.as_ptr().add(y * row + x * channels + channel)) },
            // SAFETY: the last place's last channels are inside, by the second assertion.
            |y: usize, x: usize, value: Vector<S, f32>| unsafe { vstore_unaligned(to.as_mut_ptr().add((y * T::IN + x) * step + channel), value) },
        );
    }
}
