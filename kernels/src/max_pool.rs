//! Max pooling with a kernel of 2x2 and stride 2.

use macerator::{Simd, Vector, vload_unaligned, vstore_unaligned};

use crate::feature_map::FeatureMap;
use crate::vector::lanes;

/// The largest value of each square of 2x2 pixels, in the first channels of `x`: as many as `out` has.
///
/// # Panics
/// If `x` is not twice as high and wide as `out`, or has fewer channels.
#[macerator::with_simd]
pub fn max_pool<'a, S: Simd>(x: &'a FeatureMap, out: &'a mut FeatureMap) {
    let lanes = lanes::<S>();
    let (channels, pixel, row) = (out.channels(), x.channels(), x.row());
    assert!(
        x.size() == out.size().map(|side| 2 * side),
        "expected twice the size of {:?}, found {:?}",
        out.size(),
        x.size()
    );
    assert!(
        channels.is_multiple_of(lanes) && channels <= pixel,
        "{channels} of {pixel} channels in vectors of {lanes}"
    );
    let (height, width) = (out.height(), out.width());
    for (y, left) in (0..height).flat_map(|y| (0..width).map(move |left| (y, left))) {
        let (from, to) = (&x.at(2 * y, 2 * left)[..row + 2 * pixel], &mut out.at_mut(y, left)[..channels]);
        for channel in (0..channels).step_by(lanes) {
            // SAFETY:
            // * `channel + lanes <= channels`, since both are multiples of `lanes`, and `to` has `channels` numbers.
            // * `channels <= pixel`, and `from` holds the pixel below and to the right, which starts at `row + pixel`.
            unsafe {
                let load = |at: usize| -> Vector<S, f32> { vload_unaligned(from.as_ptr().add(at + channel)) };
                let most = load(0).max(load(pixel)).max(load(row).max(load(row + pixel)));
                vstore_unaligned(to.as_mut_ptr().add(channel), most);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooling_takes_the_largest_of_four_pixels() {
        let mut x = FeatureMap::new(32, [2, 4]);
        for (i, value) in [1.0, 2.0, -1.0, -2.0, 3.0, 4.0, -3.0, -4.0].into_iter().enumerate() {
            x.at_mut(i / 4, i % 4)[..16].fill(value);
        }
        let mut out = FeatureMap::new(16, [1, 2]);
        max_pool(&x, &mut out);
        assert_eq!([out.at(0, 0)[..16].to_vec(), out.at(0, 1)[..16].to_vec()], [vec![4.0; 16], vec![-1.0; 16]]);
    }

    #[test]
    #[should_panic(expected = "expected twice the size of [2, 2], found [4, 5]")]
    fn pooling_to_another_size_is_refused() {
        max_pool(&FeatureMap::new(16, [4, 5]), &mut FeatureMap::new(16, [2, 2]));
    }

    #[test]
    #[should_panic(expected = "32 of 16 channels")]
    fn pooling_to_more_channels_is_refused() {
        max_pool(&FeatureMap::new(16, [4, 4]), &mut FeatureMap::new(32, [2, 2]));
    }
}
