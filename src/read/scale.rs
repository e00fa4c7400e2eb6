//! [`Scale`]: numbers of any kind → 16-bit samples.

/// How numbers become 16-bit samples. Their order is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// All numbers are whole and fit 16 bits: they stay as they are.
    AsStored,
    /// The lowest number, or 0 if none is below, becomes 0. The highest number becomes 65535.
    Range { low: f64, high: f64 },
}

impl Scale {
    /// The scale of all these finite numbers.
    pub(super) fn of<'a>(numbers: impl IntoIterator<Item = &'a [f32]>) -> Self {
        let (mut low, mut high, mut whole) = (0.0_f32, f32::MIN, true);
        for &number in numbers.into_iter().flatten() {
            low = low.min(number);
            high = high.max(number);
            whole &= number.fract() == 0.0;
        }
        if whole && low == 0.0 && high <= f32::from(u16::MAX) {
            Self::AsStored
        } else {
            Self::Range { low: low.into(), high: high.into() }
        }
    }

    /// The samples.
    pub(super) fn apply(self, numbers: &[f32]) -> Vec<u16> {
        match self {
            Self::AsStored => numbers.iter().map(|&number| number as u16).collect(),
            Self::Range { low, high } => {
                let unit = if high > low { f64::from(u16::MAX) / (high - low) } else { 0.0 };
                numbers.iter().map(|&number| ((f64::from(number) - low) * unit).round() as u16).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(numbers: &[f32]) -> Vec<u16> {
        Scale::of([numbers]).apply(numbers)
    }

    #[test]
    fn whole_numbers_of_16_bits_stay_as_they_are() {
        assert_eq!(apply(&[0.0, 7.0, 65_535.0]), [0, 7, 65_535]);
        assert_eq!(apply(&[3.0, 9.0]), [3, 9]);
        assert_eq!(apply(&[0.0; 3]), [0; 3]);
    }

    #[test]
    fn other_numbers_fill_the_range_and_0_stays_0_if_it_is_the_lowest() {
        assert_eq!(apply(&[0.0, 0.5, 1.0]), [0, 32_768, 65_535]);
        assert_eq!(apply(&[-1024.0, 0.0, 1024.0]), [0, 32_768, 65_535]);
        assert_eq!(apply(&[0.25, 0.5]), [32_768, 65_535]);
        assert_eq!(apply(&[f32::MIN, 0.0, f32::MAX]), [0, 32_768, 65_535]);
        assert_eq!(apply(&[-2.0, -2.0]), [0, 0]);
    }
}
