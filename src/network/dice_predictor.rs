//! [`DicePredictor`]: from the expected Dice of a case to the Dice that such cases had.

use serde::{Deserialize, Serialize};

use crate::error::ModelFault;

/// Dice is kept this far from 0 and 1, where its logit would be infinite.
const MARGIN: f64 = 0.01;

/// A line through the logits of the Dice of cases that the network had not seen, over those of their
/// [expected Dice](crate::mask::expected_dice()). `train calibrate` fits it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DicePredictor {
    /// The logit of the Dice where that of the expected Dice is 0.
    pub offset: f64,
    /// What the logit rises by for each 1 in that of the expected Dice, 0 or above.
    pub slope: f64,
    /// How far the logits of the middle 90 % of these cases are from the line: at most 0, and at least 0.
    pub range: [f64; 2],
}

/// How well the masks of a case are expected to match a reference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictedDice {
    /// 0 to 1.
    pub dice: f64,
    /// Nine of ten cases are between this and [`to`](Self::to).
    pub from: f64,
    /// 0 to 1.
    pub to: f64,
}

impl DicePredictor {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`ModelFault::Config`] unless all are finite, the slope is 0 or above and the range has 0.
    pub fn validate(&self) -> Result<(), ModelFault> {
        let Self { offset, slope, range: [from, to] } = *self;
        let finite = [offset, slope, from, to].iter().all(|value| value.is_finite());
        if finite && slope >= 0.0 && from <= 0.0 && to >= 0.0 {
            return Ok(());
        }
        let reason = format!("expected a dice_predictor with a slope from 0 and a range around 0, found {self:?}");
        Err(ModelFault::Config { reason })
    }

    /// The Dice of a case with this expected Dice, 0 to 1.
    pub fn predict(&self, expected: f64) -> PredictedDice {
        let middle = self.offset + self.slope * logit(expected);
        let of = |logit: f64| 1.0 / (1.0 + libm::exp(-logit));
        let [from, to] = self.range.map(|part| of(middle + part));
        PredictedDice { dice: of(middle), from, to }
    }
}

/// The logit of a Dice, which is first limited to 0.01 to 0.99.
pub fn logit(dice: f64) -> f64 {
    let dice = dice.clamp(MARGIN, 1.0 - MARGIN);
    libm::log(dice / (1.0 - dice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_rises_and_lies_in_its_range() {
        let predictor = DicePredictor { offset: -0.2, slope: 1.1, range: [-0.7, 0.5] };
        assert!(predictor.validate().is_ok());
        let predicted: Vec<PredictedDice> = (0..=10).map(|tenth| predictor.predict(f64::from(tenth) / 10.0)).collect();
        assert!(predicted.array_windows().all(|[a, b]| a.dice < b.dice));
        assert!(
            predicted
                .iter()
                .all(|PredictedDice { dice, from, to }| 0.0 < *from && from < dice && dice < to && *to < 1.0)
        );
        let plain = DicePredictor { offset: 0.0, slope: 1.0, range: [0.0, 0.0] };
        assert!((plain.predict(0.75).dice - 0.75).abs() < 1e-12);
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        let good = DicePredictor { offset: 0.0, slope: 1.0, range: [-1.0, 1.0] };
        for bad in [
            DicePredictor { slope: -0.1, ..good },
            DicePredictor { offset: f64::NAN, ..good },
            DicePredictor { range: [0.1, 1.0], ..good },
            DicePredictor { range: [-1.0, -0.5], ..good },
        ] {
            assert!(bad.validate().is_err(), "{bad:?}");
        }
    }
}
