//! The gradient of max pooling.

use macerator::Simd;

use crate::feature_map::FeatureMap;

/// Adds the gradient of pooled values to the pixel of each square that had the largest value, the first of equal ones.
///
/// `x` is `[2 * h, 2 * w]` and may have more channels than the others; `gradient` is `[h, w]`, `of_x` `[2 * h, 2 * w]`.
///
/// # Panics
/// If a size differs from these, `of_x` has other channels than `gradient`, or `x` has fewer.
#[macerator::with_simd]
pub fn add_gradient<'a, S: Simd>(x: &'a FeatureMap, gradient: &'a FeatureMap, of_x: &'a mut FeatureMap) {
    let (channels, pixel, row) = (gradient.channels(), x.channels(), x.row());
    let to_row = of_x.row();
    assert!(of_x.channels() == channels && channels <= pixel, "{channels} of {pixel} channels");
    for size in [x.size(), of_x.size()] {
        assert!(size == gradient.size().map(|side| 2 * side), "expected twice {:?}, found {size:?}", gradient.size());
    }
    for (y, gradients) in gradient.rows().enumerate() {
        for (left, gradients) in gradients.chunks_exact(channels).enumerate() {
            let from = x.at(2 * y, 2 * left);
            let (a, b) = (&from[..channels], &from[pixel..][..channels]);
            let (c, d) = (&from[row..][..channels], &from[row + pixel..][..channels]);
            let to = of_x.at_mut(2 * y, 2 * left);
            let (above, below) = to.split_at_mut(to_row);
            let (to_a, to_b) = above[..2 * channels].split_at_mut(channels);
            let (to_c, to_d) = below[..2 * channels].split_at_mut(channels);
            for i in 0..channels {
                let gradient = gradients[i];
                let first = a[i] >= b[i] && a[i] >= c[i] && a[i] >= d[i];
                let second = !first && b[i] >= c[i] && b[i] >= d[i];
                let third = !first && !second && c[i] >= d[i];
                to_a[i] += if first { gradient } else { 0.0 };
                to_b[i] += if second { gradient } else { 0.0 };
                to_c[i] += if third { gradient } else { 0.0 };
                to_d[i] += if first || second || third { 0.0 } else { gradient };
            }
        }
    }
}
