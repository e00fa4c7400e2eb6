//! [`Probability`]: the network's output for every pixel, in fixed point.
//!
//! The page, `train evaluate` and `train segment` use the same representation, in memory and in files. A mask at a
//! threshold is therefore the same everywhere, pixel for pixel.

/// The probability that each pixel of a slice is lesion, from 0 for 0.0 to 65535 for 1.0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probability {
    width: usize,
    height: usize,
    values: Vec<u16>,
}

/// The value for 1.0.
const ONE: f64 = u16::MAX as f64;

impl Probability {
    /// The probabilities of `width` x `height` pixels, row by row from the top left.
    ///
    /// # Panics
    ///
    /// If there are not `width * height` values. No file can cause this.
    pub fn new(width: usize, height: usize, values: Vec<u16>) -> Self {
        assert_eq!(values.len(), width * height, "probabilities of {width}x{height} pixels");
        Self { width, height, values }
    }

    /// From probabilities between 0.0 and 1.0, each rounded to the nearest multiple of 1/65535. Values outside that
    /// range are clamped, and NaN is 0.
    ///
    /// # Panics
    ///
    /// As [`Probability::new`].
    pub fn from_unit(width: usize, height: usize, values: &[f32]) -> Self {
        // `as` clamps, and converts NaN to 0.
        Self::new(width, height, values.iter().map(|&value| (f64::from(value) * ONE).round() as u16).collect())
    }

    /// Columns of the slice.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of the slice.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All values from 0 to 65535, row by row from the top left.
    pub fn values(&self) -> &[u16] {
        &self.values
    }

    /// All values from 0.0 to 1.0, row by row from the top left.
    pub fn to_unit(&self) -> Vec<f32> {
        self.values.iter().map(|&value| (f64::from(value) / ONE) as f32).collect()
    }

    /// The number of pixels of at least `threshold`: the area of
    /// [`Mask::from_probability`](crate::mask::Mask::from_probability).
    pub fn area(&self, threshold: f32) -> usize {
        let level = level(threshold);
        self.values.iter().filter(|&&value| u32::from(value) >= level).count()
    }
}

/// The lowest value that is inside at `threshold`, in multiples of 1/65535.
///
/// The threshold is rounded as probabilities are, so a probability of at least the threshold remains so. A probability
/// of 0 is outside at every threshold above 0. Above 1 and at NaN nothing is inside.
pub(crate) fn level(threshold: f32) -> u32 {
    if threshold <= 0.0 {
        0
    } else if threshold <= 1.0 {
        ((f64::from(threshold) * ONE).round() as u32).max(1)
    } else {
        u32::from(u16::MAX) + 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_rounded_and_clamped() {
        let map = Probability::from_unit(7, 1, &[0.0, 1.0, 0.5, -1.0, 2.0, f32::NAN, f32::INFINITY]);
        assert_eq!(map.values(), [0, 65_535, 32_768, 0, 65_535, 0, 65_535]);
        assert_eq!(map.to_unit()[..2], [0.0, 1.0]);
    }

    #[test]
    fn areas_at_extreme_thresholds() {
        let map = Probability::new(3, 1, vec![0, 1, 65_535]);
        let areas = [0.0, 1e-9, 0.5, 1.0, 1.1, f32::NAN].map(|threshold| map.area(threshold));
        assert_eq!(areas, [3, 2, 1, 1, 0, 0]);
    }

    #[test]
    #[should_panic(expected = "probabilities of 2x2 pixels")]
    fn a_wrong_length_panics() {
        Probability::new(2, 2, vec![0; 3]);
    }

    proptest! {
        #[test]
        fn fixed_point_differs_by_at_most_half_a_step(value in 0.0_f32..=1.0) {
            let back = Probability::from_unit(1, 1, &[value]).to_unit()[0];
            prop_assert!((back - value).abs() <= 0.500_01 / 65_535.0, "{value} came back as {back}");
        }

        #[test]
        fn rounding_keeps_pixels_inside(value in 0.0_f32..=1.0, threshold in 1e-4_f32..=1.0) {
            let area = Probability::from_unit(1, 1, &[value]).area(threshold);
            if value >= threshold {
                prop_assert_eq!(area, 1);
            }
            if value < threshold - 1.0 / 65_535.0 {
                prop_assert_eq!(area, 0);
            }
        }
    }
}
