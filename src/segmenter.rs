//! A case's slices → probabilities, on whatever device there is.

use burn::tensor::{Device, Tensor, TensorData, activation::sigmoid};

use crate::error::{Error, Result};
use crate::grid::Grid;
use crate::image::Slice;
use crate::kernels::Plan;
use crate::normalize::CaseStatistics;
use crate::phantom;
use crate::probability::Probability;
use crate::unet::{INPUTS, UNet};
use crate::weights::{Manifest, sha256};

/// Pixels between those that [`Segmenter::known_answer`] gives.
const KNOWN_ANSWER_STEP: usize = 16;

/// A network on its device, ready for slices.
#[derive(Debug)]
pub struct Segmenter {
    network: Ready,
    manifest: Manifest,
    device: Device,
}

/// The network in the form that its device runs fastest.
#[derive(Debug)]
enum Ready {
    /// On the CPU.
    Plan(Plan),
    /// On any other device.
    Burn(UNet),
}

impl Segmenter {
    /// Reads `model.json` and `weights.bin` and puts the network on `device`.
    ///
    /// # Errors
    /// [`Error::Model`] unless the two are whole and belong together.
    pub fn load(manifest: &[u8], weights: &[u8], device: Device) -> Result<Self> {
        Self::load_hashed(manifest, weights, sha256(weights), device)
    }

    /// As [`load`](Self::load), where the SHA-256 of the weights is known already, in lower-case hexadecimal.
    pub(crate) fn load_hashed(manifest: &[u8], weights: &[u8], sha256: String, device: Device) -> Result<Self> {
        let manifest = Manifest::from_json(manifest)?;
        let unet = manifest.load_hashed(weights, sha256, &device)?;
        Ok(Self::new(unet, manifest, device))
    }

    /// A network at hand: what `train fit` validates with.
    pub fn new(unet: UNet, manifest: Manifest, device: Device) -> Self {
        let unet = unet.fold();
        let network = if device == Device::flex() {
            Ready::Plan(unet.plan([manifest.grid, manifest.grid]))
        } else {
            Ready::Burn(unet.lay_out())
        };
        Self { network, manifest, device }
    }

    /// What the network is and was fitted on.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// [`probabilities`](Self::probabilities) of one slice.
    ///
    /// # Errors
    /// [`Error::Device`] if the device fails.
    pub async fn probability(&self, slice: &Slice, statistics: &CaseStatistics) -> Result<Probability> {
        let mut maps = self.probabilities(&[slice], statistics).await?;
        maps.pop().ok_or_else(|| self.device_error("no result for the slice"))
    }

    /// Probabilities of slices of one case, each on the slice's own grid, in their order.
    ///
    /// All go through the network at once: hand in as many as memory allows, some 10 MB a slice.
    ///
    /// # Errors
    /// [`Error::Device`] if the device fails.
    pub async fn probabilities(&self, slices: &[&Slice], statistics: &CaseStatistics) -> Result<Vec<Probability>> {
        let maps = self.floats(slices, statistics).await?;
        let fixed = |(slice, map): (&&Slice, &Vec<f32>)| Probability::from_unit(slice.width(), slice.height(), map);
        Ok(slices.iter().zip(&maps).map(fixed).collect())
    }

    /// Probabilities as the device gives them, 0.0 to 1.0, each map row by row on its slice's own grid.
    async fn floats(&self, slices: &[&Slice], statistics: &CaseStatistics) -> Result<Vec<Vec<f32>>> {
        let side = self.manifest.grid;
        let input: Vec<f32> = slices.iter().flat_map(|slice| statistics.normalise(slice, side)).collect();
        let values = match &self.network {
            Ready::Plan(plan) => {
                let logits = plan.logits(&input); // [n, 1, 256, 256]
                self.ensure_finite(&logits)?;
                logits.into_iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect()
            }
            Ready::Burn(unet) => {
                let input = TensorData::new(input, [slices.len(), INPUTS, side, side]);
                let logits = unet.forward(Tensor::<4>::from_data(input, &self.device)); // [n, 1, 256, 256]
                let data = sigmoid(logits).into_data_async().await;
                let data = data.map_err(|error| self.device_error(&format!("{error:?}")))?;
                let values = data.try_into_vec::<f32>().map_err(|error| self.device_error(&format!("{error:?}")))?;
                self.ensure_finite(&values)?;
                values
            }
        };
        let on_own_grid =
            |(slice, values): (&&Slice, &[f32])| Grid::new(side, slice.width(), slice.height()).restore(values);
        Ok(slices.iter().zip(values.chunks_exact(side * side)).map(on_own_grid).collect())
    }

    /// What the network makes of a slice that everyone has: the default phantom's middle one, at every 16th pixel of every
    /// 16th row. `train fit` writes it to [`Manifest::known_answer`]; elsewhere it shows whether a device computes
    /// what it should, to be told by [`known_answer_error`](Self::known_answer_error).
    ///
    /// # Errors
    /// [`Error::Device`] if the device fails.
    pub async fn known_answer(&self) -> Result<Vec<f32>> {
        let case = phantom::sample();
        let statistics = CaseStatistics::of(case.slices.iter().map(|entry| &entry.slice));
        let slice = &case.slices[case.slices.len() / 2].slice;
        let maps = self.floats(&[slice], &statistics).await?;
        let rows = maps.iter().flat_map(|map| map.chunks_exact(slice.width()).step_by(KNOWN_ANSWER_STEP));
        Ok(rows.flat_map(|row| row.iter().copied().step_by(KNOWN_ANSWER_STEP)).collect())
    }

    /// The largest difference in probability between this device and the manifest's known answer, 0.0 to 1.0; NaN where
    /// the device gives one, infinite for another number of values.
    ///
    /// # Errors
    /// [`Error::Device`] if the device fails.
    pub async fn known_answer_error(&self) -> Result<f32> {
        Ok(largest_difference(&self.known_answer().await?, &self.manifest.known_answer))
    }

    /// A value that is not finite is a fault of the device or the weights. As a probability it would mean "no lesion".
    fn ensure_finite(&self, values: &[f32]) -> Result<()> {
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(self.device_error(&format!("the network gives {value}, expected finite values"))),
            None => Ok(()),
        }
    }

    fn device_error(&self, reason: &str) -> Error {
        Error::Device { device: format!("{:?}", self.device), reason: reason.to_owned() }
    }
}

/// The largest difference between the two, value by value; NaN where one of them is, infinite where there are more of one
/// than of the other.
fn largest_difference(found: &[f32], expected: &[f32]) -> f32 {
    if found.len() != expected.len() {
        return f32::INFINITY;
    }
    let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
    // Not `f32::max`, which would pass over a NaN; nor does a NaN give way to a number that comes after it.
    differences.fold(0.0, |most: f32, value| if most.is_nan() || value <= most { most } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nan_is_not_forgotten_whatever_comes_after_it() {
        assert_eq!(largest_difference(&[0.5, 0.25, 1.0], &[0.5, 0.5, 0.875]), 0.25);
        for at in 0..3 {
            let mut found = [0.5; 3];
            found[at] = f32::NAN;
            assert!(largest_difference(&found, &[0.0; 3]).is_nan(), "at {at}");
        }
        assert_eq!(largest_difference(&[0.5], &[]), f32::INFINITY);
        assert_eq!(largest_difference(&[], &[]), 0.0);
    }
}
