//! The Winograd transforms of one tile (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015).
//!
//! A 3x3 convolution of one tile `d` of inputs with the kernel `g` is
//!
//! ```text
//! Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A
//! ```
//!
//! where `⊙` multiplies position by position and sums over the input channels: one matrix product for each position of
//! the tile. The gradient of the kernel is `Gᵀ [Σ (A y Aᵀ) ⊙ (Bᵀ d B)] G`, summed over all tiles, where `y` is the
//! gradient of the outputs.
//!
//! [`Tile4`] needs a quarter of the multiplications of a direct convolution, [`Tile2`] 4/9. Feature maps hold the
//! channels of a pixel side by side, so that the transforms run over vectors of channels.

use macerator::{Scalar, Simd, Vector, vload_unaligned, vstore_unaligned};

use crate::feature_map::FeatureMap;
use crate::vector::{MAX_LANES, lanes};

/// Weights of a 3x3 kernel.
pub const TAPS: usize = 9;
/// Positions of the largest tile of inputs, those of [`Tile4`].
const MAX_POSITIONS: usize = 36;
/// The fewest tiles in a block, where an image has as many: each block reads all weights. A tuning constant.
pub(crate) const MIN_TILES: usize = 16;

/// The transforms in one dimension. Arrays have the length that [`Tile4`] needs; [`Tile2`] ignores the rest.
pub(crate) trait Tile {
    /// Outputs along a side.
    const OUT: usize;
    /// Inputs along a side: one pixel more at each edge.
    const IN: usize = Self::OUT + 2;

    /// `G`: three weights of a kernel to [`IN`](Self::IN) values.
    fn kernel<S: Simd>(taps: [Vector<S, f32>; 3]) -> [Vector<S, f32>; 6];
    /// `Bᵀ`: [`IN`](Self::IN) inputs to as many values.
    fn input<S: Simd>(x: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 6];
    /// `Aᵀ`: [`IN`](Self::IN) products to [`OUT`](Self::OUT) outputs.
    fn output<S: Simd>(x: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 4];
    /// `A`: the gradients of [`OUT`](Self::OUT) outputs to those of [`IN`](Self::IN) products.
    #[cfg(feature = "fit")]
    fn output_gradient<S: Simd>(x: [Vector<S, f32>; 4]) -> [Vector<S, f32>; 6];
    /// `Gᵀ`: [`IN`](Self::IN) gradients to those of three weights of a kernel.
    #[cfg(feature = "fit")]
    fn kernel_gradient<S: Simd>(x: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 3];
}

/// Whether [`Tile4`] is the better choice for `images` of `height` x `width`.
///
/// It needs fewer multiplications than [`Tile2`] unless most of a tile lies outside of a narrow image. With fewer than
/// [`MIN_TILES`] tiles each weight is used too seldom, and the fewer weights of [`Tile2`] count more.
pub(crate) fn prefer_tile4([height, width]: [usize; 2], images: usize) -> bool {
    let tiles = |out: usize| height.div_ceil(out) * width.div_ceil(out);
    let (four, two) = (tiles(Tile4::OUT), tiles(Tile2::OUT));
    images * four >= MIN_TILES && four * Tile4::IN.pow(2) < two * Tile2::IN.pow(2)
}

/// Tiles of 4x4 outputs, F(4x4, 3x3) of Lavin and Gray: the points 0, 1, -1, 2, -2 and infinity.
pub(crate) struct Tile4;

impl Tile for Tile4 {
    const OUT: usize = 4;

    #[inline(always)]
    fn kernel<S: Simd>([a, b, c]: [Vector<S, f32>; 3]) -> [Vector<S, f32>; 6] {
        let inverse = |value: f32| -> Vector<S, f32> { (1.0 / value).splat() };
        let (even, odd) = ((a + c) * inverse(-6.0), b * inverse(-6.0));
        let (wide, narrow) = (a * inverse(24.0) + c * inverse(6.0), b * inverse(12.0));
        [a * inverse(4.0), even + odd, even - odd, wide + narrow, wide - narrow, c]
    }

    #[inline(always)]
    fn input<S: Simd>([a, b, c, d, e, f]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 6] {
        let (two, four, five): (Vector<S, f32>, Vector<S, f32>, Vector<S, f32>) =
            (2f32.splat(), 4f32.splat(), 5f32.splat());
        let (even, odd) = (e - c * four, d - b * four);
        let (wide, narrow) = (e - c, (d - b) * two);
        [a * four + (e - c * five), even + odd, even - odd, wide + narrow, wide - narrow, b * four + (f - d * five)]
    }

    #[inline(always)]
    fn output<S: Simd>([a, b, c, d, e, f]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 4] {
        let (two, four): (Vector<S, f32>, Vector<S, f32>) = (2f32.splat(), 4f32.splat());
        let (near, near_odd) = (b + c, b - c);
        let (far, far_odd) = (d + e, (d - e) * two);
        [a + near + far, near_odd + far_odd, near + far * four, near_odd + far_odd * four + f]
    }

    #[cfg(feature = "fit")]
    #[inline(always)]
    fn output_gradient<S: Simd>([a, b, c, d]: [Vector<S, f32>; 4]) -> [Vector<S, f32>; 6] {
        let (two, four): (Vector<S, f32>, Vector<S, f32>) = (2f32.splat(), 4f32.splat());
        let (near, near_odd) = (a + c, b + d);
        let (far, far_odd) = (a + c * four, (b + d * four) * two);
        [a, near + near_odd, near - near_odd, far + far_odd, far - far_odd, d]
    }

    #[cfg(feature = "fit")]
    #[inline(always)]
    fn kernel_gradient<S: Simd>([a, b, c, d, e, f]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 3] {
        let inverse = |value: f32| -> Vector<S, f32> { (1.0 / value).splat() };
        let (even, odd, wide, narrow) = (b + c, b - c, d + e, d - e);
        [
            a * inverse(4.0) + wide * inverse(24.0) + even * inverse(-6.0),
            narrow * inverse(12.0) + odd * inverse(-6.0),
            (wide - even) * inverse(6.0) + f,
        ]
    }
}

/// Tiles of 2x2 outputs, F(2x2, 3x3) of Lavin and Gray: the points 0, 1, -1 and infinity.
pub(crate) struct Tile2;

impl Tile for Tile2 {
    const OUT: usize = 2;

    #[inline(always)]
    fn kernel<S: Simd>([a, b, c]: [Vector<S, f32>; 3]) -> [Vector<S, f32>; 6] {
        let half: Vector<S, f32> = 0.5f32.splat();
        [a, (a + b + c) * half, (a - b + c) * half, c, c, c]
    }

    #[inline(always)]
    fn input<S: Simd>([a, b, c, d, e, f]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 6] {
        [a - c, b + c, c - b, b - d, e, f]
    }

    #[inline(always)]
    fn output<S: Simd>([a, b, c, d, _, _]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 4] {
        [a + b + c, b - c - d, a, a]
    }

    #[cfg(feature = "fit")]
    #[inline(always)]
    fn output_gradient<S: Simd>([a, b, _, _]: [Vector<S, f32>; 4]) -> [Vector<S, f32>; 6] {
        let zero: Vector<S, f32> = 0f32.splat();
        [a, a + b, a - b, zero - b, a, a]
    }

    #[cfg(feature = "fit")]
    #[inline(always)]
    fn kernel_gradient<S: Simd>([a, b, c, d, _, _]: [Vector<S, f32>; 6]) -> [Vector<S, f32>; 3] {
        let half: Vector<S, f32> = 0.5f32.splat();
        let (even, odd) = ((b + c) * half, (b - c) * half);
        [a + even, odd, even + d]
    }
}

/// Room for the vectors between the two passes of a transform. They are too many for the registers.
pub(crate) fn scratch() -> [f32; MAX_POSITIONS * MAX_LANES] {
    [0.0; MAX_POSITIONS * MAX_LANES]
}

/// Transforms a square of `from` x `from` vectors to one of `to` x `to`: first its columns, then its rows.
///
/// ```text
/// for x in 0..from:  scratch[0..to][x] = transform(load(0, x), …, load(from - 1, x))
/// for y in 0..to:    store(y, 0..to)   = transform(scratch[y][0], …, scratch[y][from - 1])
/// ```
///
/// `load(y, x)` is called with `y` and `x` below `from`, `store(y, x, vector)` with `y` and `x` below `to`. A transform
/// with more arguments than `from` gets the last one again.
///
/// This is a macro because a function that takes `transform` as an argument would not inherit the vector features of
/// its caller.
macro_rules! transform {
    ($scratch:ident of $lanes:ident, $from:expr => $to:expr, $transform:expr, $load:expr, $store:expr $(,)?) => {{
        let (from, to) = ($from, $to);
        assert!(from > 0 && from * to * $lanes <= $scratch.len(), "{from} x {to} vectors of {} lanes", $lanes);
        for x in 0..from {
            let column = $transform(core::array::from_fn(|y| ($load)(y.min(from - 1), x)));
            for (y, value) in column.into_iter().enumerate().take(to) {
                // SAFETY: `y < to` and `x < from`, and `scratch` has `from * to` vectors by the assertion.
                unsafe { vstore_unaligned($scratch.as_mut_ptr().add((y * from + x) * $lanes), value) };
            }
        }
        for y in 0..to {
            // SAFETY: `y < to` and `x < from`, and `scratch` has `from * to` vectors by the assertion.
            let load = |x: usize| unsafe { vload_unaligned($scratch.as_ptr().add((y * from + x) * $lanes)) };
            let row = $transform(core::array::from_fn(|x| load(x.min(from - 1))));
            for (x, value) in row.into_iter().enumerate().take(to) {
                ($store)(y, x, value);
            }
        }
    }};
}
pub(crate) use transform;

/// Transforms the inputs of the tile whose outputs start at the pixel (`y`, `x`). Position `p`, all channels, goes to
/// `to[p * step..]`.
///
/// # Panics
/// If the tile extends beyond the border of `map`, positions would overlap, or `to` is too short.
#[inline(always)]
pub(crate) fn transform_input<S: Simd, T: Tile>(map: &FeatureMap, [y, x]: [usize; 2], to: &mut [f32], step: usize) {
    let (lanes, channels, row) = (lanes::<S>(), map.channels(), map.row());
    let from = map.patch(y, x, T::IN);
    assert!(channels.is_multiple_of(lanes), "{channels} channels in vectors of {lanes}");
    assert!(from.len() >= (T::IN - 1) * (row + channels) + channels, "{} values in a tile", from.len());
    assert_positions::<T>(to.len(), step, channels);
    let mut scratch = scratch();
    for channel in (0..channels).step_by(lanes) {
        transform!(
            scratch of lanes,
            T::IN => T::IN,
            T::input::<S>,
            // SAFETY: `y` and `x` are below `IN`, and `channel + lanes <= channels`. `from` holds pixel (IN - 1, IN -
            // 1).
            |y: usize, x: usize| unsafe { vload_unaligned(from.as_ptr().add(y * row + x * channels + channel)) },
            // SAFETY: `y` and `x` are below `IN`, and `channel + lanes <= channels`. `to` holds the last position.
            |y: usize, x: usize, value: Vector<S, f32>| unsafe {
                vstore_unaligned(to.as_mut_ptr().add((y * T::IN + x) * step + channel), value);
            },
        );
    }
}

/// Transforms products back to the tile of outputs that starts at the pixel (`y`, `x`), where it lies inside the image.
///
/// Position `p` is at `from[p * step..]`, in as many channels as `bias` has. Each output is `max(value + bias, min)`.
///
/// # Panics
/// If the pixel is outside of the image, `bias` is not made of whole vectors or has more channels than `map`, positions
/// overlap, or `from` is too short.
#[inline(always)]
pub(crate) fn transform_output<S: Simd, T: Tile>(
    from: &[f32],
    step: usize,
    (bias, min): (&[f32], f32),
    map: &mut FeatureMap,
    [y, x]: [usize; 2],
) {
    let (lanes, channels) = (lanes::<S>(), bias.len());
    let min: Vector<S, f32> = min.splat();
    assert!(y < map.height() && x < map.width(), "pixel ({y}, {x}) of {:?}", map.size());
    let (height, width) = ((map.height() - y).min(T::OUT), (map.width() - x).min(T::OUT));
    let (row, pixel) = (map.row(), map.channels());
    let to = map.at_mut(y, x);
    assert!(
        channels.is_multiple_of(lanes) && channels <= pixel,
        "{channels} of {pixel} channels in vectors of {lanes}"
    );
    assert_positions::<T>(from.len(), step, channels);
    assert!(to.len() >= (height - 1) * row + width * pixel, "{} values in a tile", to.len());
    let mut scratch = scratch();
    for channel in (0..channels).step_by(lanes) {
        // SAFETY: `channel + lanes <= channels`, since `channels` is a multiple of `lanes`, and `bias` has `channels`
        // numbers.
        let bias: Vector<S, f32> = unsafe { vload_unaligned(bias.as_ptr().add(channel)) };
        transform!(
            scratch of lanes,
            T::IN => T::OUT,
            T::output::<S>,
            // SAFETY: `y` and `x` are below `IN`, and `channel + lanes <= channels`. `from` holds the last position.
            |y: usize, x: usize| unsafe { vload_unaligned(from.as_ptr().add((y * T::IN + x) * step + channel)) },
            |y: usize, x: usize, value: Vector<S, f32>| {
                if y < height && x < width {
                    let value = (value + bias).max(min);
                    // SAFETY: `channel + lanes <= channels <= pixel`, and `to` holds pixel (height - 1, width - 1).
                    unsafe { vstore_unaligned(to.as_mut_ptr().add(y * row + x * pixel + channel), value) };
                }
            },
        );
    }
}

/// Transforms the gradients of the tile of outputs that starts at the pixel (`y`, `x`) to those of its products.
/// Position `p`, all channels, goes to `to[p * step..]`. Outside of the image the gradient is 0, as the border is.
///
/// # Panics
/// If the tile extends beyond the border of `map`, positions would overlap, or `to` is too short.
#[cfg(feature = "fit")]
#[inline(always)]
pub(crate) fn transform_gradient<S: Simd, T: Tile>(map: &FeatureMap, [y, x]: [usize; 2], to: &mut [f32], step: usize) {
    let (lanes, channels, row) = (lanes::<S>(), map.channels(), map.row());
    // One pixel further down and right than a tile of inputs.
    let from = map.patch(y + 1, x + 1, T::OUT);
    assert!(channels.is_multiple_of(lanes), "{channels} channels in vectors of {lanes}");
    assert!(from.len() >= (T::OUT - 1) * (row + channels) + channels, "{} values in a tile", from.len());
    assert_positions::<T>(to.len(), step, channels);
    let mut scratch = scratch();
    for channel in (0..channels).step_by(lanes) {
        transform!(
            scratch of lanes,
            T::OUT => T::IN,
            T::output_gradient::<S>,
            // SAFETY: `y` and `x` are below `OUT`, and `channel + lanes <= channels`. `from` holds pixel (OUT - 1, OUT
            // - 1).
            |y: usize, x: usize| unsafe { vload_unaligned(from.as_ptr().add(y * row + x * channels + channel)) },
            // SAFETY: `y` and `x` are below `IN`, and `channel + lanes <= channels`. `to` holds the last position.
            |y: usize, x: usize, value: Vector<S, f32>| unsafe {
                vstore_unaligned(to.as_mut_ptr().add((y * T::IN + x) * step + channel), value);
            },
        );
    }
}

/// Asserts that a slice of `length` holds `channels` of every position of a tile, `step` numbers apart and without
/// overlap.
#[inline(always)]
fn assert_positions<T: Tile>(length: usize, step: usize, channels: usize) {
    assert!(step >= channels, "positions {step} apart overlap, they have {channels} channels");
    let last = T::IN * T::IN - 1;
    assert!(
        length >= channels && step <= (length - channels) / last,
        "{} positions of {channels} channels, {step} apart, in {length} values",
        last + 1
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[macerator::with_simd]
    fn input<'a, S: Simd>(map: &'a FeatureMap, at: [usize; 2], to: &'a mut [f32], step: usize) {
        transform_input::<S, Tile4>(map, at, to, step);
    }

    #[macerator::with_simd]
    fn output<'a, S: Simd>(from: &'a [f32], step: usize, bias: &'a [f32], map: &'a mut FeatureMap, at: [usize; 2]) {
        transform_output::<S, Tile4>(from, step, (bias, 0.0), map, at);
    }

    fn map() -> FeatureMap {
        FeatureMap::new(16, [8, 8])
    }

    #[test]
    fn small_images_use_small_tiles() {
        assert!(prefer_tile4([16, 16], 1));
        assert!(!prefer_tile4([8, 8], 1), "4 tiles");
        assert!(prefer_tile4([8, 8], 4), "16 tiles");
        assert!(!prefer_tile4([2, 64], 4), "half of each tile is outside of the image");
    }

    #[test]
    fn the_shortest_slices_are_accepted() {
        input(&map(), [4, 4], &mut [0.0; 36 * 16], 16);
        output(&[0.0; 36 * 16], 16, &[0.0; 16], &mut map(), [4, 4]);
    }

    #[test]
    #[should_panic(expected = "36 positions of 16 channels, 16 apart, in 575 values")]
    fn a_short_slice_of_inputs_is_refused() {
        input(&map(), [0, 0], &mut [0.0; 36 * 16 - 1], 16);
    }

    #[test]
    #[should_panic(expected = "positions 15 apart overlap, they have 16 channels")]
    fn positions_that_overlap_are_refused() {
        input(&map(), [0, 0], &mut [0.0; 36 * 16], 15);
    }

    #[test]
    #[should_panic(expected = "a square of 6 pixels at column 8 of 10")]
    fn a_tile_beyond_the_border_is_refused() {
        input(&map(), [0, 8], &mut [0.0; 36 * 16], 16);
    }

    #[test]
    #[should_panic(expected = "36 positions of 16 channels, 16 apart, in 575 values")]
    fn a_short_slice_of_products_is_refused() {
        output(&[0.0; 36 * 16 - 1], 16, &[0.0; 16], &mut map(), [0, 0]);
    }

    #[test]
    #[should_panic(expected = "17 of 16 channels")]
    fn a_bias_that_is_not_whole_vectors_is_refused() {
        output(&[0.0; 36 * 32], 32, &[0.0; 17], &mut map(), [0, 0]);
    }

    #[test]
    #[should_panic(expected = "32 of 16 channels")]
    fn a_bias_with_more_channels_than_the_map_is_refused() {
        output(&[0.0; 36 * 32], 32, &[0.0; 32], &mut map(), [0, 0]);
    }

    #[test]
    #[should_panic(expected = "pixel (8, 0) of [8, 8]")]
    fn a_tile_outside_of_the_image_is_refused() {
        output(&[0.0; 36 * 16], 16, &[0.0; 16], &mut map(), [8, 0]);
    }
}
