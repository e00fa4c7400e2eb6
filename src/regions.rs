//! Which regions of a case stay in its masks: the one step that needs all of its slices.
//!
//! The network looks at slices one by one, and marks a few pixels here and there that are far from the lesion. Laid on
//! one another the slices show which of them belong together: regions that are small beside the largest are left out.

use crate::mask::{Mask, components};
use crate::probability::Probability;

/// Pixels of at least this probability make up the regions: the lowest of [`RANGE`](crate::measure::RANGE), so that the
/// same ones are left out at each of its thresholds.
pub const LEVEL: f32 = 0.3;

/// Regions of less than this part of the largest one's voxels are left out. Chosen by the held-out patients, for which
/// anything from 0.15 to 0.3 gives the same masks (`train/EXPERIMENTS.md`).
pub const SHARE: f64 = 0.2;

/// The pixels of each slice that lie in regions to be left out; nothing for a slice that has none of them.
///
/// `maps` are those of a whole case, in order. Voxels of neighbouring slices are connected as in [`components`].
pub fn small<'a>(maps: impl IntoIterator<Item = &'a Probability>) -> Vec<Option<Mask>> {
    let stack: Vec<Mask> = maps.into_iter().map(|map| Mask::from_probability(map, LEVEL)).collect();
    let regions = components(&stack);
    let sizes = regions.sizes();
    let least = SHARE * sizes.iter().max().map_or(0.0, |&most| most as f64);
    let left_out = regions.keep(|region| (sizes[region] as f64) < least);
    left_out.into_iter().map(|mask| Some(mask).filter(|mask| !mask.is_empty())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: &[f32]) -> Probability {
        Probability::from_unit(values.len(), 1, values)
    }

    #[test]
    fn what_is_small_beside_the_largest_is_left_out_and_what_hangs_on_it_is_not() {
        // Ten voxels over two slices; two apart from them in the second, one in the third.
        let maps = [
            map(&[0.9, 0.9, 0.9, 0.9, 0.9, 0.0, 0.0, 0.0, 0.0]),
            map(&[0.4, 0.4, 0.4, 0.4, 0.4, 0.0, 0.0, 1.0, 1.0]),
            map(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
            map(&[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.29, 0.0]),
        ];
        let found = small(&maps);
        // A fifth of the largest stays.
        assert_eq!([&found[0], &found[1], &found[2]], [&None, &None, &None]);
        let left_out = found[3].as_ref().expect("one voxel of ten");
        assert_eq!(left_out.to_bytes(), [0, 0, 0, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn the_largest_always_stays() {
        assert_eq!(small(&[map(&[0.0, 0.3])]), [None]);
        assert_eq!(small(&[map(&[0.0, 0.0])]), [None]);
        assert_eq!(small([]), []);
    }
}
