//! Multinomial logistic regression with an L2 penalty, by full-batch Adam: equal examples give equal weights.

use rayon::prelude::*;

/// The penalty of the squared weights, beside the mean cross-entropy.
const PENALTY: f32 = 3e-3;
/// Steps of the optimiser.
const STEPS: usize = 300;
/// The first learning rate. It falls to 0 along a cosine.
const LR: f32 = 0.02;
/// Rows whose gradients are summed at once. The sums have a fixed order.
const ROWS: usize = 256;

/// The weights of one class.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// One for each feature.
    pub(super) weights: Vec<f32>,
    /// The logit where all features are 0.
    pub(super) bias: f32,
}

/// Fits classes to rows of features. A class counts by its importance, however many rows it has.
pub(super) fn fit(rows: &[Vec<f32>], labels: &[usize], importances: &[f32]) -> Vec<Weights> {
    let classes = importances.len();
    let features = rows.first().map_or(0, Vec::len);
    let mut counts = vec![0_usize; classes];
    labels.iter().for_each(|&label| counts[label] += 1);
    let total: f32 =
        counts.iter().zip(importances).filter(|(count, _)| **count > 0).map(|(_, importance)| importance).sum();
    let importance = |label: usize| importances[label] / (total * counts[label] as f32);

    // The last number of each class is its bias.
    let size = classes * (features + 1);
    let mut values = vec![0.0_f32; size];
    let (mut first, mut second) = (vec![0.0_f32; size], vec![0.0_f32; size]);
    for step in 0..STEPS {
        let parts: Vec<Vec<f32>> = rows
            .par_chunks(ROWS)
            .zip(labels.par_chunks(ROWS))
            .map(|(rows, labels)| {
                let mut gradient = vec![0.0_f32; size];
                for (row, &label) in rows.iter().zip(labels) {
                    let scores = values.chunks_exact(features + 1).map(|of| dot(&of[..features], row) + of[features]);
                    let probabilities = softmax(scores.collect());
                    for (class, of) in gradient.chunks_exact_mut(features + 1).enumerate() {
                        let target = f32::from(u8::from(class == label));
                        let error = importance(label) * (probabilities[class] - target);
                        of[..features].iter_mut().zip(row).for_each(|(sum, x)| *sum += error * x);
                        of[features] += error;
                    }
                }
                gradient
            })
            .collect();
        let lr = LR * 0.5 * (1.0 + (std::f32::consts::PI * step as f32 / STEPS as f32).cos());
        let corrected = |decay: f32| 1.0 - decay.powi(step as i32 + 1);
        for (at, value) in values.iter_mut().enumerate() {
            let penalty = if at % (features + 1) == features { 0.0 } else { PENALTY * *value };
            let gradient = parts.iter().map(|part| part[at]).sum::<f32>() + penalty;
            first[at] = 0.9 * first[at] + 0.1 * gradient;
            second[at] = 0.999 * second[at] + 0.001 * gradient * gradient;
            *value -= lr * (first[at] / corrected(0.9)) / ((second[at] / corrected(0.999)).sqrt() + 1e-8);
        }
    }
    values
        .chunks_exact(features + 1)
        .map(|of| Weights { weights: of[..features].to_vec(), bias: of[features] })
        .collect()
}

/// The sum of products, in eight sums that the compiler computes at once.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum()
}

fn softmax(mut logits: Vec<f32>) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    logits.iter_mut().for_each(|logit| *logit = (*logit - most).exp());
    let sum: f32 = logits.iter().sum();
    logits.iter_mut().for_each(|logit| *logit /= sum);
    logits
}

#[cfg(test)]
mod tests {
    use glioscope::random::Rng;

    use super::*;

    #[test]
    fn three_clouds_of_points_are_told_apart() {
        let mut rng = Rng::new(2, 0);
        let centres = [[2.0, 0.0], [-2.0, 0.0], [0.0, 3.0]];
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for i in 0..600 {
            let noise = rng.normal_pair();
            rows.push((0..2).map(|axis| centres[i % 3][axis] + 0.4 * noise[axis]).collect());
            labels.push(i % 3);
        }
        let fitted = fit(&rows, &labels, &[1.0; 3]);
        let best = |row: &[f32]| {
            let score = |class: usize| dot(&fitted[class].weights, row) + fitted[class].bias;
            (0..3).max_by(|&a, &b| score(a).total_cmp(&score(b))).expect("three")
        };
        let right = rows.iter().zip(&labels).filter(|(row, label)| best(row) == **label).count();
        assert!(right >= 595, "{right} of 600");
    }
}
