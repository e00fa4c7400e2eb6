//! The learning-rate schedule: a linear warm-up, then a cosine.

/// Fraction of the steps in which the rate rises to its highest value.
const WARM_UP: f64 = 0.03;

/// The learning rate of a step, counted from 0, of `steps`: it rises linearly to `highest` over the first 3 % and then falls
/// to 0 along half a cosine.
pub(crate) fn learning_rate(highest: f64, step: u64, steps: u64) -> f64 {
    let warm_up = (steps as f64 * WARM_UP).max(1.0);
    let step = step as f64;
    if step < warm_up {
        return highest * (step + 1.0) / (warm_up + 1.0);
    }
    let done = (step - warm_up) / (steps as f64 - warm_up).max(1.0);
    highest * 0.5 * (1.0 + (done * std::f64::consts::PI).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_for_3_percent_of_the_steps_and_then_falls_to_0() {
        let rates: Vec<f64> = (0..1000).map(|step| learning_rate(1.0, step, 1000)).collect();
        let highest = rates.iter().copied().fold(0.0, f64::max);
        assert!((0.99..=1.0).contains(&highest) && rates[0] < 0.05 && rates[999] < 1e-4);
        assert!(rates[..30].is_sorted() && rates[31..].is_sorted_by(|a, b| a >= b));
    }
}
