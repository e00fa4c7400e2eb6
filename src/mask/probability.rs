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

/// A value that is not a probability: the device that computed it is at fault.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the probability of pixel {at} is {found}")]
pub struct NotFinite {
    /// The first such pixel, row by row from 0.
    pub at: usize,
    /// Its value.
    pub found: f32,
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

    /// The map of probabilities from 0.0 to 1.0, each rounded to the nearest 65535th. Values below or above are clamped.
    ///
    /// # Errors
    ///
    /// [`NotFinite`] for a value that is NaN or infinite.
    ///
    /// # Panics
    ///
    /// As [`Probability::new`].
    pub fn from_unit(width: usize, height: usize, values: &[f32]) -> Result<Self, NotFinite> {
        if let Some((at, &found)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(NotFinite { at, found });
        }
        // `as` clamps.
        Ok(Self::new(width, height, values.iter().map(|&value| (f64::from(value) * ONE).round() as u16).collect()))
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
        let map = Probability::from_unit(5, 1, &[0.0, 1.0, 0.5, -1.0, 2.0]).expect("finite");
        assert_eq!(map.values(), [0, 65_535, 32_768, 0, 65_535]);
        assert_eq!(map.to_unit()[..2], [0.0, 1.0]);
    }

    #[test]
    fn a_value_that_is_not_finite_is_an_error() {
        for found in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let error = Probability::from_unit(3, 1, &[0.0, found, 0.5]).expect_err("not finite");
            assert_eq!(error.to_string(), format!("the probability of pixel 1 is {found}"));
        }
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
            let back = Probability::from_unit(1, 1, &[value]).expect("finite").to_unit()[0];
            prop_assert!((back - value).abs() <= 0.500_01 / 65_535.0, "{value} came back as {back}");
        }

        #[test]
        fn rounding_keeps_pixels_inside(value in 0.0_f32..=1.0, threshold in 1e-4_f32..=1.0) {
            let area = Probability::from_unit(1, 1, &[value]).expect("finite").area(threshold);
            if value >= threshold {
                prop_assert_eq!(area, 1);
            }
            if value < threshold - 1.0 / 65_535.0 {
                prop_assert_eq!(area, 0);
            }
        }
    }
}
