//! The exponential moving average (EMA) of the weights, which is the model of a fit.

use glioscope::network::burn::UNet;

use crate::weights::blend;

/// The moving average of a network's weights.
#[derive(Debug)]
pub(crate) struct Ema {
    network: UNet,
    decay: f64,
}

impl Ema {
    /// An average that starts at `network`. `decay` is the weight of the past, 0 to below 1.
    pub(crate) fn new(network: UNet, decay: f64) -> Self {
        Self { network, decay }
    }

    /// Takes up the weights after a step, counted from 0.
    pub(crate) fn update(&mut self, latest: &UNet, step: u64) {
        self.network = blend(self.network.clone(), latest, decay(self.decay, step));
    }

    /// The averaged network.
    pub(crate) fn network(&self) -> &UNet {
        &self.network
    }
}

/// The decay of a step: at most `(1 + step) / (10 + step)`, so that the random initial weights lose their influence soon
/// (as in TensorFlow's `ExponentialMovingAverage`).
fn decay(decay: f64, step: u64) -> f64 {
    decay.min((1 + step) as f64 / (10 + step) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decay_grows_from_a_tenth_to_its_final_value() {
        assert_eq!(decay(0.998, 0), 0.1);
        assert_eq!(decay(0.998, 90), 0.91);
        assert_eq!(decay(0.998, 100_000), 0.998);
        assert_eq!(decay(0.0, 50), 0.0);
    }
}
