//! The stem: squares of pixels become channels.

use crate::feature_map::FeatureMap;

/// Makes squares of `stem` x `stem` pixels the channels of one: `[channels, height * stem, width * stem]` to
/// `[height, width, channels * stem²]`.
///
/// # Panics
/// If `to` is too small.
pub fn space_to_depth(image: &[f32], stem: usize, to: &mut FeatureMap) {
    let [height, width] = to.size();
    let channels = to.channels();
    for (row, values) in image.chunks_exact(width * stem).enumerate() {
        let (channel, y) = (row / (height * stem), row % (height * stem));
        let first = (channel * stem + y % stem) * stem;
        let to = to.at_mut(y / stem, 0);
        for (pixel, values) in to.chunks_mut(channels).zip(values.chunks_exact(stem)) {
            pixel[first..][..stem].copy_from_slice(values);
        }
    }
}
