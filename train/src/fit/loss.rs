//! The loss: weighted binary cross-entropy plus 1 minus the soft Dice of the batch.

use burn::tensor::{Tensor, activation::sigmoid};
use rayon::prelude::*;

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

/// As [`bce_dice`] for the images of a batch, with the gradient of the loss: the loss, its soft Dice and `[n, h, w]`.
///
/// `area` is the number of pixels of an image. Sums are in double precision and in the order of the images, so they do not
/// depend on the number of threads.
pub(crate) fn bce_dice_gradient(
    logits: &[f32],
    reference: &[f32],
    area: usize,
    bce_weight: f32,
) -> (f64, f64, Vec<f32>) {
    let images = || logits.par_chunks_exact(area).zip(reference.par_chunks_exact(area));
    let sums = images().map(|(logits, reference)| {
        let mut sums = [0f64; 4];
        for (&x, &r) in logits.iter().zip(reference) {
            let probability = 1.0 / (1.0 + (-x).exp());
            let bce = (-x.abs()).exp().ln_1p() + x.max(0.0) - x * r;
            for (sum, value) in sums.iter_mut().zip([bce, probability * r, probability, r]) {
                *sum += f64::from(value);
            }
        }
        sums
    });
    let sums: Vec<[f64; 4]> = sums.collect();
    let [bce, overlap, prediction, reference_sum] =
        sums.into_iter().fold([0.0; 4], |total, part| std::array::from_fn(|i| total[i] + part[i]));
    let (count, smooth, weight) = (logits.len() as f64, f64::from(SMOOTH), f64::from(bce_weight));
    let sum = prediction + reference_sum + smooth;
    let dice = (2.0 * overlap + smooth) / sum;

    // d bce = probability - reference; d dice / d probability = (2 reference - dice) / sum
    let (of_bce, of_reference, of_sum) = ((weight / count) as f32, (2.0 / sum) as f32, (dice / sum) as f32);
    let mut gradient = vec![0.0; logits.len()];
    gradient.par_chunks_exact_mut(area).zip(images()).for_each(|(gradient, (logits, reference))| {
        for ((gradient, &x), &r) in gradient.iter_mut().zip(logits).zip(reference) {
            let probability = 1.0 / (1.0 + (-x).exp());
            let of_dice = (r * of_reference - of_sum) * probability * (1.0 - probability);
            *gradient = of_bce * (probability - r) - of_dice;
        }
    });
    (bce / count * weight - dice + 1.0, dice, gradient)
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

    #[test]
    fn the_gradient_is_that_of_burns_autodiff() {
        let device = Device::flex().autodiff();
        // Not 0, where Burn's operations have no derivative.
        let logits = [-40.0f32, -3.0, -0.5, 0.25, 0.5, 3.0, 40.0, 90.0];
        for (reference, weight) in
            [([0.0f32, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0], 0.7), ([0.0; 8], 1.0), ([1.0; 8], 0.0)]
        {
            let tensor = |values: [f32; 8]| Tensor::<1>::from_floats(values, &device).reshape([2, 1, 2, 2]);
            let x = tensor(logits).require_grad();
            let (loss, dice) = bce_dice(x.clone(), tensor(reference), weight);
            let expected =
                x.grad(&loss.backward()).expect("a gradient").into_data().try_into_vec::<f32>().expect("f32");
            let (found_loss, found_dice, found) = bce_dice_gradient(&logits, &reference, 4, weight);
            assert!((found_loss - f64::from(loss.into_scalar::<f32>())).abs() < 1e-5);
            assert!((found_dice - f64::from(dice.into_scalar::<f32>())).abs() < 1e-6);
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-6, "found {found}, expected {expected}");
            }
        }
    }
}
