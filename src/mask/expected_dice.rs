//! The Dice that probabilities themselves expect of the masks made from them.

use super::small_regions::FLOOR;
use super::{Mask, Probability, level};

/// The expected Dice, 0 to 1, of the masks of a case at `threshold` against a reference that has each pixel with its probability.
/// `removed` are the [small regions](super::small_regions) of the slices, which are in no mask; their pixels count as no lesion.
/// `None` where every mask is empty.
///
/// It is twice the sum of the probabilities inside the masks, divided by the pixels inside and the sum of all probabilities. Those
/// below [`FLOOR`] and the threshold do not count: over the many pixels far from a lesion they would add up. The ratio of two sums is close to the
/// mean of the ratio, because a lesion has many pixels.
pub fn expected_dice<'a>(
    slices: impl IntoIterator<Item = (&'a Probability, Option<&'a Mask>)>,
    threshold: f32,
) -> Option<f64> {
    let [floor, least] = [FLOOR.min(threshold), threshold].map(level);
    let (mut area, mut inside, mut all) = (0_u64, 0_u64, 0_u64);
    for (map, removed) in slices {
        for (pixel, &value) in map.values().iter().enumerate() {
            let kept = u32::from(value) >= floor && removed.is_none_or(|removed| !removed.inside()[pixel]);
            if !kept {
                continue;
            }
            all += u64::from(value);
            if u32::from(value) >= least {
                area += 1;
                inside += u64::from(value);
            }
        }
    }
    let one = f64::from(u16::MAX);
    (area > 0).then(|| 2.0 * inside as f64 / (area as f64 * one + all as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    #[test]
    fn it_is_the_mean_over_references_that_follow_the_probabilities() {
        let mut rng = Rng::new(3, 0);
        let values: Vec<f32> = (0..4000).map(|pixel| if pixel < 1000 { rng.range(0.05, 1.0) } else { 0.0 }).collect();
        let map = Probability::from_unit(4000, 1, &values).expect("finite");
        let mask = Mask::from_probability(&map, 0.5);
        let dice = |rng: &mut Rng| {
            let reference = Mask::new(4000, 1, values.iter().map(|&value| rng.chance(value)).collect());
            crate::mask::metrics::Confusion::new(&mask, &reference).dice()
        };
        let mean = (0..200).map(|_| dice(&mut rng)).sum::<f64>() / 200.0;
        let expected = expected_dice([(&map, None)], 0.5).expect("a mask");
        assert!((mean - expected).abs() < 0.005, "{mean} and {expected}");
    }

    #[test]
    fn certain_masks_have_1_and_removed_pixels_do_not_count() {
        let map = Probability::from_unit(4, 1, &[1.0, 1.0, 0.5, 0.04]).expect("finite");
        let removed = Mask::new(4, 1, vec![false, false, true, false]);
        assert_eq!(expected_dice([(&map, Some(&removed))], 0.5), Some(1.0));
        let both = expected_dice([(&map, None), (&map, Some(&removed))], 0.9).expect("a mask");
        assert!((both - 8.0 / 8.5).abs() < 1e-5, "{both}");
        assert_eq!(expected_dice([(&map, None)], 1.5), None);
        assert_eq!(expected_dice([], 0.5), None);
    }
}
