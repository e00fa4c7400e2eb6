//! The width of the vectors in use.

use macerator::{Scalar, Simd};

/// The most f32 lanes in a vector: AVX-512 has 512 bits.
///
/// The channels of a [`FeatureMap`](crate::feature_map::FeatureMap) are padded to a multiple of it, so that a feature
/// map consists of whole vectors on every machine.
pub(crate) const MAX_LANES: usize = 16;

/// The f32 lanes in a vector of `S`: a divisor of [`MAX_LANES`].
///
/// # Panics
/// If the number of lanes does not divide [`MAX_LANES`]. Code that uses `unsafe` relies on it: buffers of [`MAX_LANES`]
/// numbers have to hold a vector.
#[inline(always)]
pub(crate) fn lanes<S: Simd>() -> usize {
    checked(f32::lanes::<S>())
}

/// [`lanes`] of the vectors that `macerator` selects on this machine.
pub(crate) fn selected_lanes() -> usize {
    selected(&())
}

#[macerator::with_simd]
fn selected<S: Simd>(_argument: &()) -> usize {
    lanes::<S>()
}

#[inline(always)]
fn checked(lanes: usize) -> usize {
    assert!(MAX_LANES.is_multiple_of(lanes), "expected vectors of a divisor of {MAX_LANES} lanes, found {lanes}");
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_this_machine_are_supported() {
        assert!(MAX_LANES.is_multiple_of(selected_lanes()));
    }

    #[test]
    #[should_panic(expected = "expected vectors of a divisor of 16 lanes, found 32")]
    fn vectors_that_are_too_wide_are_refused() {
        checked(32);
    }

    #[test]
    #[should_panic(expected = "expected vectors of a divisor of 16 lanes, found 0")]
    fn vectors_without_lanes_are_refused() {
        checked(0);
    }
}
