//! The gradient of the weights of a 3x3 convolution on the CPU, by Winograd's [transforms](crate::tile).
//!
//! ```text
//! for each block of tiles:
//!     for each tile:      inputs[position][tile]    = transform_input(x, tile)
//!                         gradients[position][tile] = transform_gradient(gradient of the output, tile)
//!     for each position:  sums[position] += gradientsᵀ[position] · inputs[position]
//! weight = kernel_gradient(sums)
//! ```

use macerator::{Simd, Vector, vload_unaligned, vstore_unaligned};

use crate::feature_map::{FeatureMap, padded};
use crate::matmul;
use crate::tile::{self, TAPS, Tile, Tile2, Tile4, transform, transform_gradient, transform_input};
use crate::vector::{MAX_LANES, lanes};
use crate::winograd::{BLOCK, Scratch};

/// The fewest tiles in a block, where there are as many: each block reads and writes all sums. A tuning constant.
const MIN_TILES: usize = 64;

/// The gradient of the weights, `[outputs, inputs, 3, 3]`, from the inputs of a convolution and the gradients of its
/// outputs.
///
/// # Panics
/// If `x` is empty, `gradients` has another length, two feature maps differ in height or width, or one has other
/// channels than `[outputs, inputs]` require.
pub fn weight_gradient(
    x: &[FeatureMap],
    gradients: &[FeatureMap],
    channels: [usize; 2],
    scratch: &mut Scratch,
) -> Vec<f32> {
    assert!(!x.is_empty() && x.len() == gradients.len(), "{} inputs for {} gradients", x.len(), gradients.len());
    if tile::prefer_tile4(x[0].size(), x.len()) {
        gradient_tile4(x, gradients, channels, scratch)
    } else {
        gradient_tile2(x, gradients, channels, scratch)
    }
}

#[macerator::with_simd]
fn gradient_tile4<'a, S: Simd>(
    x: &'a [FeatureMap],
    gradients: &'a [FeatureMap],
    channels: [usize; 2],
    scratch: &'a mut Scratch,
) -> Vec<f32> {
    gradient::<S, Tile4>(x, gradients, channels, scratch)
}

#[macerator::with_simd]
fn gradient_tile2<'a, S: Simd>(
    x: &'a [FeatureMap],
    gradients: &'a [FeatureMap],
    channels: [usize; 2],
    scratch: &'a mut Scratch,
) -> Vec<f32> {
    gradient::<S, Tile2>(x, gradients, channels, scratch)
}

#[inline(always)]
fn gradient<S: Simd, T: Tile>(
    x: &[FeatureMap],
    gradients: &[FeatureMap],
    channels: [usize; 2],
    scratch: &mut Scratch,
) -> Vec<f32> {
    let [outputs, inputs] = channels;
    let size = x[0].size();
    let (inner, outer) = (padded(inputs), padded(outputs));
    for (maps, channels) in [(x, inner), (gradients, outer)] {
        for map in maps {
            assert!(map.size() == size, "expected feature maps of {size:?}, found {:?}", map.size());
            assert!(map.channels() == channels, "expected {channels} channels, found {}", map.channels());
        }
    }
    let pitch = inner.next_multiple_of(2 * lanes::<S>());
    let [rows, columns] = size.map(|side| side.div_ceil(T::OUT));
    let (all, positions) = (x.len() * rows * columns, T::IN * T::IN);
    let block = (BLOCK / (positions * (inner + outer))).max(MIN_TILES).min(all);
    // As in a convolution, one cache line more between positions. The inputs have two, since `accumulate` reads `pitch`
    // numbers of the last tile.
    let (input_step, gradient_step) = (block * inner + 2 * MAX_LANES, block * outer + MAX_LANES);
    let (inputs_of, gradients_of) = scratch.slices(positions * input_step, positions * gradient_step);
    let mut sums = vec![0.0; positions * outer * pitch]; // [positions, outer, pitch]
    for first in (0..all).step_by(block) {
        let count = block.min(all - first);
        for tile in 0..count {
            let (row, column) = ((first + tile) / columns, (first + tile) % columns);
            let (image, at) = (row / rows, [row % rows * T::OUT, column * T::OUT]);
            transform_input::<S, T>(&x[image], at, &mut inputs_of[tile * inner..], input_step);
            transform_gradient::<S, T>(&gradients[image], at, &mut gradients_of[tile * outer..], gradient_step);
        }
        for (position, sums) in sums.chunks_exact_mut(outer * pitch).enumerate() {
            let gradients = &gradients_of[position * gradient_step..]; // [tiles, outer]
            let inputs = &inputs_of[position * input_step..]; // [tiles, inner]
            matmul::accumulate::<S>([gradients, inputs], [outer, inner], count, sums, pitch);
        }
    }
    kernel_gradient::<S, T>(&sums, [outputs, inputs], [outer, pitch])
}

/// Transforms sums, `[positions, outer, pitch]`, to the gradient of the weights, `[outputs, inputs, 3, 3]`.
#[inline(always)]
fn kernel_gradient<S: Simd, T: Tile>(
    sums: &[f32],
    [outputs, inputs]: [usize; 2],
    [outer, pitch]: [usize; 2],
) -> Vec<f32> {
    let lanes = lanes::<S>();
    let positions = T::IN * T::IN;
    assert!(sums.len() == positions * outer * pitch, "{} sums for [{positions}, {outer}, {pitch}]", sums.len());
    assert!(outputs <= outer && inputs <= pitch, "[{outputs}, {inputs}] of [{outer}, {pitch}]");
    assert!(pitch.is_multiple_of(lanes), "rows of {pitch} sums in vectors of {lanes}");
    let mut weight = vec![0.0; outputs * inputs * TAPS];
    let mut scratch = tile::scratch();
    let mut taps = [[0.0; MAX_LANES]; TAPS];
    for (o, kernels) in weight.chunks_exact_mut(inputs * TAPS).enumerate() {
        for (block, kernels) in kernels.chunks_mut(lanes * TAPS).enumerate() {
            let from = &sums[o * pitch + block * lanes..];
            transform!(
                scratch of lanes,
                T::IN => 3,
                T::kernel_gradient::<S>,
                // SAFETY:
                // * `y` and `x` are below `IN`, so that the position is one of `positions`.
                // * `o < outputs <= outer`.
                // * `block * lanes < inputs <= pitch`, and `pitch` is a multiple of `lanes`: a whole vector of the row.
                |y: usize, x: usize| unsafe { vload_unaligned(from.as_ptr().add((y * T::IN + x) * outer * pitch)) },
                // SAFETY: a tap has `MAX_LANES` numbers, and a vector has at most as many (`lanes`).
                |y: usize, x: usize, value: Vector<S, f32>| unsafe {
                    vstore_unaligned(taps[y * 3 + x].as_mut_ptr(), value);
                },
            );
            for (i, kernel) in kernels.chunks_exact_mut(TAPS).enumerate() {
                for (value, tap) in kernel.iter_mut().zip(&taps) {
                    *value = tap[i];
                }
            }
        }
    }
    weight
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps<const N: usize>(channels: usize, sizes: [[usize; 2]; N]) -> [FeatureMap; N] {
        sizes.map(|size| FeatureMap::new(channels, size))
    }

    #[test]
    #[should_panic(expected = "2 inputs for 1 gradients")]
    fn a_missing_gradient_is_refused() {
        weight_gradient(&maps(16, [[4, 4], [4, 4]]), &maps(16, [[4, 4]]), [2, 3], &mut Scratch::default());
    }

    #[test]
    #[should_panic(expected = "expected feature maps of [4, 4], found [4, 5]")]
    fn gradients_of_another_size_are_refused() {
        weight_gradient(&maps(16, [[4, 4]]), &maps(16, [[4, 5]]), [2, 3], &mut Scratch::default());
    }

    #[test]
    #[should_panic(expected = "expected 16 channels, found 32")]
    fn gradients_with_other_channels_are_refused() {
        weight_gradient(&maps(16, [[4, 4]]), &maps(32, [[4, 4]]), [2, 3], &mut Scratch::default());
    }
}
