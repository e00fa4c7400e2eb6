//! Model manifest and record bytes ↔ network, checked by hash.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{ModelFault, Result};
use crate::network::config::UNetConfig;
use crate::network::input_check::Seen;
use crate::network::preprocess::Normalisation;

/// The version of [`Manifest`] that this library reads and writes.
pub const FORMAT: u32 = 1;

/// `model.json`: all that has to be known of the weights beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The network whose weights they are.
    pub network: UNetConfig,
    /// The side of the network's square grid, pixels.
    pub grid: usize,
    /// How slices are brought on it.
    pub normalisation: Normalisation,
    /// A pixel is in the mask if its probability is at least this, 0.0 to 1.0.
    pub threshold: f32,
    /// The file of weights.
    pub weights: WeightsFile,
    /// Who was fitted on.
    pub split: Split,
    /// Slices that were fitted on, and how many of them show a lesion.
    pub counts: Counts,
    /// What `train fit` was told: enough to run it again. Of a mean by `train average`: of which weights, and what theirs was.
    pub recipe: serde_json::Value,
    /// The source's git revision at the time, `unknown` outside a checkout.
    pub revision: String,
    /// What [`Segmenter::known_answer`](crate::network::segmenter::Segmenter::known_answer) gave natively.
    #[serde(default)]
    pub known_answer: Vec<f32>,
    /// What the fitted slices were like, for the [input check](crate::network::input_check); without it every case is accepted.
    #[serde(default)]
    pub seen: Option<Seen>,
    /// Figures of the held-out patients by name, each in the unit that its name says.
    pub metrics: BTreeMap<String, f64>,
}

/// What identifies `weights.bin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightsFile {
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: usize,
    /// Numbers that were fitted, batch statistics not counted.
    pub parameters: usize,
}

/// Names of patients (or, after a fit by slices, of slices).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Fitted on.
    pub fit: Vec<String>,
    /// Held out, but watched during the fit: the recipe was chosen by them. The epoch is the last, and the threshold 0.5.
    pub held_out: Vec<String>,
}

/// How much was fitted on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Slices.
    pub slices: usize,
    /// Slices with a lesion.
    pub positive: usize,
}

impl Manifest {
    /// Reads `model.json`.
    ///
    /// # Errors
    /// [`ModelFault`] for text that is no manifest, another format, or a network or grid that cannot be.
    pub fn from_json(json: &[u8]) -> Result<Self, ModelFault> {
        /// Read first, so that another format is called that and not a missing field.
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = serde_json::from_slice(json).map_err(ModelFault::Manifest)?;
        if format != FORMAT {
            let reason = format!("expected a manifest of format {FORMAT}, found {format}");
            return Err(ModelFault::Config { reason });
        }
        let manifest: Self = serde_json::from_slice(json).map_err(ModelFault::Manifest)?;
        manifest.network.validate()?;
        let (grid, multiple) = (manifest.grid, manifest.network.multiple());
        if grid == 0 || grid > 4096 || grid % multiple != 0 {
            let reason = format!("expected a grid that is a multiple of {multiple} up to 4096, found {grid}");
            return Err(ModelFault::Config { reason });
        }
        if !(0.0..=1.0).contains(&manifest.threshold) {
            let reason = format!("expected a threshold from 0 to 1, found {}", manifest.threshold);
            return Err(ModelFault::Config { reason });
        }
        // Too large a number becomes infinity without a word.
        let numbers = manifest.seen.iter().flat_map(Seen::numbers).chain(manifest.known_answer.iter().copied());
        if let Some(found) = numbers.into_iter().find(|number| !number.is_finite()) {
            let reason = format!("expected numbers of single precision, found {found}");
            return Err(ModelFault::Config { reason });
        }
        Ok(manifest)
    }

    /// The network's kind and widths, for people.
    pub fn name(&self) -> String {
        let widths: Vec<String> = self.network.widths.iter().map(ToString::to_string).collect();
        format!("U-Net {}", widths.join("-"))
    }

    /// The threshold with the digits that `model.json` has, where 0.3 is 0.3 and not the nearest `f32`.
    pub fn decimal_threshold(&self) -> f64 {
        self.threshold.to_string().parse().unwrap_or_else(|_| self.threshold.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused_with_its_value() {
        let json = std::str::from_utf8(include_bytes!("../../www/model/model.json")).expect("UTF-8");
        let manifest: serde_json::Value = serde_json::from_str(json).expect("JSON");
        assert!(Manifest::from_json(json.as_bytes()).is_ok());
        // The last two: fuzzing found that infinity is written as null, and never read again.
        for (path, value, said) in [
            ("/format", "2", "format 1, found 2"),
            ("/grid", "100", "found 100"),
            ("/threshold", "1.5", "found 1.5"),
            ("/known_answer/0", "6e103", "found inf"),
            ("/seen/distance", "-6e103", "found -inf"),
        ] {
            let mut changed = manifest.clone();
            *changed.pointer_mut(path).expect(path) = serde_json::from_str(value).expect("a number");
            let refused = Manifest::from_json(&serde_json::to_vec(&changed).expect("JSON"));
            let message = refused.map(|_| ()).expect_err(path).to_string();
            assert!(message.contains(said), "{path}: {message}");
        }
    }
}
