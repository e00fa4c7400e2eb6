//! Whether volumes agree: the differences between prediction and reference over patients.

use serde::Serialize;

/// Differences of volumes and their limits of agreement (Bland and Altman, "Measuring agreement in method comparison studies",
/// Statistical Methods in Medical Research 1999), relative to the mean of both volumes because errors grow with the lesion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct VolumeAgreement {
    /// The mean difference: above 0 if predictions are larger than references.
    pub(crate) bias: f64,
    /// The mean without signs.
    pub(crate) mean_error: f64,
    /// The bias minus 1.96 standard deviations: the lower limit of agreement.
    pub(crate) from: f64,
    /// The bias plus 1.96 standard deviations: the upper limit of agreement.
    pub(crate) to: f64,
}

impl VolumeAgreement {
    /// The agreement over patients, each with its [`difference`]. 0 without patients.
    pub(crate) fn of(differences: &[f64]) -> Self {
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / differences.len().max(1) as f64;
        let bias = mean(&mut differences.iter().copied());
        let squares: f64 = differences.iter().map(|difference| (difference - bias).powi(2)).sum();
        let deviation = (squares / differences.len().saturating_sub(1).max(1) as f64).sqrt();
        let mean_error = mean(&mut differences.iter().map(|difference| difference.abs()));
        Self { bias, mean_error, from: bias - 1.96 * deviation, to: bias + 1.96 * deviation }
    }
}

/// `prediction` minus `reference`, divided by their mean, -2 to 2. 0 if both are 0.
pub(crate) fn difference(prediction: u64, reference: u64) -> f64 {
    let sum = (prediction + reference).max(1) as f64;
    2.0 * (prediction as f64 - reference as f64) / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agreement_matches_a_calculation_on_paper() {
        let differences = [difference(110, 90), difference(90, 110), difference(130, 70)];
        for (found, expected) in differences.into_iter().zip([0.2, -0.2, 0.6]) {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        let VolumeAgreement { bias, mean_error, from, to } = VolumeAgreement::of(&differences);
        // The deviations from the bias of 0.2 are 0, -0.4 and 0.4, so the standard deviation is 0.4.
        assert!((bias - 0.2).abs() < 1e-12 && (mean_error - 1.0 / 3.0).abs() < 1e-12);
        assert!((from - (0.2 - 0.784)).abs() < 1e-12 && (to - (0.2 + 0.784)).abs() < 1e-12);
    }

    #[test]
    fn empty_volumes_and_no_patients_give_numbers() {
        assert_eq!([difference(0, 0), difference(5, 0), difference(0, 5)], [0.0, 2.0, -2.0]);
        assert_eq!(VolumeAgreement::of(&[]), VolumeAgreement::default());
        assert_eq!(VolumeAgreement::of(&[0.5]).to, 0.5);
    }
}
