//! A calibration as two 1x1 convolutions.

use glioscope::network::Calibration;
use glioscope::network::calibration::Ramp;

/// How the names of the calibration's tensors begin.
pub(crate) const CALIBRATION: &str = "calibration.";

/// The calibration as weights and biases: `calibration.first` from one channel to one for each
/// [ramp](glioscope::network::calibration::Ramp), and `calibration.second` to their sum. Nothing without knots.
pub(super) fn tensors(calibration: &Calibration) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let ramps = calibration.ramps();
    if ramps.is_empty() {
        return Vec::new();
    }
    let tensor = |name: &str, shape: &[usize], values| (format!("{CALIBRATION}{name}"), shape.to_vec(), values);
    let of = |value: fn(&Ramp) -> f32| ramps.iter().map(value).collect();
    vec![
        tensor("first.weight", &[ramps.len(), 1, 1, 1], of(|ramp| ramp.sign)),
        tensor("first.bias", &[ramps.len()], of(|ramp| -ramp.sign * ramp.from)),
        tensor("second.weight", &[1, ramps.len(), 1, 1], of(|ramp| ramp.weight)),
        tensor("second.bias", &[1], vec![0.0]),
    ]
}
