//! The loss: weighted binary cross-entropy plus 1 minus the soft Dice of the batch.

use burn::tensor::{Tensor, activation::sigmoid};

/// Added to the numerator and the denominator of the soft Dice, pixels. It keeps batches without a lesion finite.
const SMOOTH: f32 = 1.0;

/// The loss and its soft Dice (detached), `[1]` each, from logits and a reference of 0 and 1, `[n, 1, h, w]` each.
///
/// The Dice is pooled over the batch. Slice by slice, an empty slice would count as much as a large lesion.
pub(crate) fn bce_dice(logits: Tensor<4>, reference: Tensor<4>, bce_weight: f32) -> (Tensor<1>, Tensor<1>) {
    // log(1 + exp(-|x|)) + max(x, 0) - x r does not overflow for any logit x.
    let bce =
        logits.clone().abs().neg().exp().log1p() + logits.clone().clamp_min(0.0) - logits.clone() * reference.clone(); // [n, 1, h, w]
    let probability = sigmoid(logits); // [n, 1, h, w]
    let overlap = (probability.clone() * reference.clone()).sum(); // [1]
    let sum = probability.sum() + reference.sum(); // [1]
    let dice = (overlap * 2.0 + SMOOTH) / (sum + SMOOTH); // [1]
    (bce.mean() * bce_weight - dice.clone() + 1.0, dice.detach())
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use glioscope::mask::metrics::SoftOverlap;

    use super::*;

    #[test]
    fn the_loss_matches_its_definition() {
        let device = Device::flex();
        let logits = [-40.0f32, -3.0, -0.5, 0.0, 0.5, 3.0, 40.0, 90.0];
        let reference = [0.0f32, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0];
        let tensor = |values: [f32; 8]| Tensor::<1>::from_floats(values, &device).reshape([2, 1, 2, 2]);

        let probability: Vec<f32> = logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
        let bce = logits.iter().zip(reference).map(|(&x, r)| {
            let (x, r) = (f64::from(x), f64::from(r));
            r * (-x).exp().ln_1p() + (1.0 - r) * (x + (-x).exp().ln_1p())
        });
        let bce = bce.sum::<f64>() / 8.0;
        let expected = SoftOverlap::new(&probability, &reference).dice(SMOOTH.into());
        for weight in [1.0f32, 0.25, 0.0] {
            let (loss, dice) = bce_dice(tensor(logits), tensor(reference), weight);
            assert!((f64::from(dice.into_scalar::<f32>()) - expected).abs() < 1e-5);
            assert!((f64::from(loss.into_scalar::<f32>()) - (f64::from(weight) * bce + 1.0 - expected)).abs() < 1e-5);
        }
    }
}
