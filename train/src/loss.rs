//! What fitting makes small: weighted binary cross-entropy plus 1 minus the soft Dice of the whole batch.

use burn::tensor::{Tensor, activation::sigmoid};

/// Added above and below the line of the soft Dice, in pixels: keeps batches without a lesion finite.
const SMOOTH: f32 = 1.0;

/// The loss and, detached, the soft Dice in it, each `[1]`, from logits and truth (0 or 1), `[n, 1, h, w]` each.
/// `weight` is that of the cross-entropy.
///
/// The Dice is pooled over the batch: slice by slice, an empty slice would count as much as a large lesion.
pub(crate) fn bce_dice(logits: Tensor<4>, truth: Tensor<4>, weight: f32) -> (Tensor<1>, Tensor<1>) {
    // log(1 + exp(-|x|)) + max(x, 0) - x t: no overflow for any logit
    let entropy =
        logits.clone().abs().neg().exp().log1p() + logits.clone().clamp_min(0.0) - logits.clone() * truth.clone(); // [n, 1, h, w]
    let probability = sigmoid(logits); // [n, 1, h, w]
    let shared = (probability.clone() * truth.clone()).sum(); // [1]
    let both = probability.sum() + truth.sum(); // [1]
    let dice = (shared * 2.0 + SMOOTH) / (both + SMOOTH); // [1]
    (entropy.mean() * weight - dice.clone() + 1.0, dice.detach())
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use glioscope::mask::metrics::SoftOverlap;

    use super::*;

    #[test]
    fn it_is_the_definition() {
        let device = Device::flex();
        let logits = [-40.0f32, -3.0, -0.5, 0.0, 0.5, 3.0, 40.0, 90.0];
        let truth = [0.0f32, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0];
        let tensor = |values: [f32; 8]| Tensor::<1>::from_floats(values, &device).reshape([2, 1, 2, 2]);

        let probability: Vec<f32> = logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
        let entropy = logits.iter().zip(truth).map(|(&x, t)| {
            let (x, t) = (f64::from(x), f64::from(t));
            t * (-x).exp().ln_1p() + (1.0 - t) * (x + (-x).exp().ln_1p())
        });
        let entropy = entropy.sum::<f64>() / 8.0;
        let expected = SoftOverlap::new(&probability, &truth).dice(SMOOTH.into());
        for weight in [1.0f32, 0.25, 0.0] {
            let (loss, dice) = bce_dice(tensor(logits), tensor(truth), weight);
            assert!((f64::from(dice.into_scalar::<f32>()) - expected).abs() < 1e-5);
            assert!(
                (f64::from(loss.into_scalar::<f32>()) - (f64::from(weight) * entropy + 1.0 - expected)).abs() < 1e-5
            );
        }
    }
}
