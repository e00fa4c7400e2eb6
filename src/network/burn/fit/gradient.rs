//! The gradient of a 3x3 convolution's weights on the CPU, by [minimal filtering](crate::network::cpu::tile): for each place of a square
//! the product of all squares' inputs and the gradients of their products.

use macerator::{Scalar, Simd, Vector, vload_unaligned, vstore_unaligned};

use crate::network::cpu::map::{Map, WIDEST, padded};
use crate::network::cpu::product;
use crate::network::cpu::tile::{self, Four, Squares, TAPS, Two, change, change_inputs, change_slopes};
use crate::network::cpu::winograd::{BLOCK, Scratch};

/// A block of squares has no fewer than this, where there are so many: each adds to all of the sums.
const FEWEST: usize = 64;

/// The gradient of the weights, `[outputs, inputs, 3, 3]`, from the maps of a convolution's inputs and those of the
/// gradients of its outputs.
pub(crate) fn weight_gradient(x: &[Map], slopes: &[Map], channels: [usize; 2]) -> Vec<f32> {
    if tile::four(x[0].size(), x.len()) {
        gradient_four(x, slopes, channels)
    } else {
        gradient_two(x, slopes, channels)
    }
}

#[macerator::with_simd]
fn gradient_four<'a, S: Simd>(x: &'a [Map], slopes: &'a [Map], channels: [usize; 2]) -> Vec<f32> {
    gradient::<S, Four>(x, slopes, channels)
}

#[macerator::with_simd]
fn gradient_two<'a, S: Simd>(x: &'a [Map], slopes: &'a [Map], channels: [usize; 2]) -> Vec<f32> {
    gradient::<S, Two>(x, slopes, channels)
}

#[inline(always)]
fn gradient<S: Simd, T: Squares>(x: &[Map], slopes: &[Map], [outputs, inputs]: [usize; 2]) -> Vec<f32> {
    let size = x[0].size();
    assert!(x.len() == slopes.len() && x.iter().chain(slopes).all(|map| map.size() == size), "maps that do not fit");
    let (inner, outer) = (padded(inputs), padded(outputs));
    assert!(x.iter().all(|map| map.channels() == inner) && slopes.iter().all(|map| map.channels() == outer));
    let pitch = inner.next_multiple_of(2 * f32::lanes::<S>());
    let [rows, columns] = size.map(|side| side.div_ceil(T::OUT));
    let (all, places) = (x.len() * rows * columns, T::IN * T::IN);
    let block = (BLOCK / (places * (inner + outer))).max(FEWEST).min(all);
    // As in a convolution; and the last square's inputs are read as far as `pitch`.
    let (x_step, slopes_step) = (block * inner + 2 * WIDEST, block * outer + WIDEST);
    let mut scratch = Scratch::default();
    let (changed, changed_slopes) = scratch.room(places * x_step, places * slopes_step);
    let mut sums = vec![0.0; places * outer * pitch]; // [places, outer, pitch]
    for first in (0..all).step_by(block) {
        let count = block.min(all - first);
        for square in 0..count {
            let (row, column) = ((first + square) / columns, (first + square) % columns);
            let (image, at) = (row / rows, [row % rows * T::OUT, column * T::OUT]);
            change_inputs::<S, T>(&x[image], at, &mut changed[square * inner..], x_step);
            change_slopes::<S, T>(&slopes[image], at, &mut changed_slopes[square * outer..], slopes_step);
        }
        for (place, sums) in sums.chunks_exact_mut(outer * pitch).enumerate() {
            let factors = [&changed_slopes[place * slopes_step..], &changed[place * x_step..]];
            product::accumulate::<S>(factors, [outer, inner], count, sums, pitch);
        }
    }
    taps::<S, T>(&sums, [outputs, inputs], [outer, pitch])
}

/// `[places, outer, pitch]` to `[outputs, inputs, 3, 3]`.
#[inline(always)]
fn taps<S: Simd, T: Squares>(sums: &[f32], [outputs, inputs]: [usize; 2], [outer, pitch]: [usize; 2]) -> Vec<f32> {
    let lanes = f32::lanes::<S>();
    assert!(sums.len() == T::IN * T::IN * outer * pitch && outputs <= outer && inputs <= pitch);
    let mut weight = vec![0.0; outputs * inputs * TAPS];
    let mut between = tile::between();
    let mut found = [[0.0; WIDEST]; TAPS];
    for (o, kernels) in weight.chunks_exact_mut(inputs * TAPS).enumerate() {
        for (block, kernels) in kernels.chunks_mut(lanes * TAPS).enumerate() {
            let from = &sums[o * pitch + block * lanes..];
            change!(
                between of lanes,
                T::IN => 3,
                T::taps::<S>,
                // SAFETY: a whole vector of `pitch`, which is one of them, of a place that there is.
                |y: usize, x: usize| unsafe { vload_unaligned(from.as_ptr().add((y * T::IN + x) * outer * pitch)) },
                // SAFETY: a vector has at most `WIDEST` lanes.
                |y: usize, x: usize, value: Vector<S, f32>| unsafe { vstore_unaligned(found[y * 3 + x].as_mut_ptr(), value) },
            );
            for (i, kernel) in kernels.chunks_exact_mut(TAPS).enumerate() {
                for (tap, found) in kernel.iter_mut().zip(&found) {
                    *tap = found[i];
                }
            }
        }
    }
    weight
}
