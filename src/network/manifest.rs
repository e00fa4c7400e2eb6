//! `model.json`: what is needed to run a network.

use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::config::UNetConfig;
use super::dice_predictor::DicePredictor;
use super::folded::FoldedUNet;
use super::input_check::KindClassifier;
use super::preprocess::Normalisation;
use super::sha256::sha256;
use crate::error::ModelFault;

/// The version of [`Manifest`] that this library reads and writes. `train` also reads version 1, whose weights are a Burn
/// record.
pub const FORMAT: u32 = 2;

/// The largest grid, pixels on a side.
const LARGEST_GRID: usize = 4096;

/// `model.json`: what is needed to run the network of `weights.safetensors`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The shape of the network.
    pub network: UNetConfig,
    /// Side of the network's square grid, pixels: a multiple of [`UNetConfig::multiple`], at most 4096.
    pub grid: usize,
    /// How slices are normalised.
    pub normalisation: Normalisation,
    /// A pixel is in the mask if its probability is at least this, 0.0 to 1.0.
    pub threshold: f32,
    /// What identifies the file of weights.
    pub weights: WeightsFile,
    /// Probabilities of a known slice, 0.0 to 1.0, as
    /// `Segmenter::known_answer` computed them natively. Never empty in a file.
    pub known_answer: Vec<f32>,
    /// What the [input check](super::input_check) tells kinds of images by. Without it every case is accepted. Older files have
    /// the key `training_distribution` instead, which is not read any more.
    #[serde(default)]
    pub kind_classifier: Option<KindClassifier>,
    /// How logits become probabilities. Older files have none, which leaves them as they are.
    #[serde(default)]
    pub calibration: Calibration,
    /// What the Dice of a case is predicted with. Without it none is.
    #[serde(default)]
    pub dice_predictor: Option<DicePredictor>,
}

/// What identifies `weights.safetensors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightsFile {
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: usize,
    /// Fitted numbers; running statistics of normalisations do not count.
    pub parameters: usize,
}

impl WeightsFile {
    /// What identifies `bytes`, the weights of a network of `parameters` fitted numbers.
    pub fn of(bytes: &[u8], parameters: usize) -> Self {
        Self { sha256: sha256(bytes), bytes: bytes.len(), parameters }
    }
}

impl Manifest {
    /// Reads and [validates](Self::validate) `model.json`.
    ///
    /// # Errors
    /// [`ModelFault`] for text that is no manifest, another format, or a value that cannot be.
    pub fn from_json(json: &[u8]) -> Result<Self, ModelFault> {
        /// Read first, so that another format is named as such and not as a missing field.
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = serde_json::from_slice(json).map_err(ModelFault::Manifest)?;
        if format != FORMAT {
            return Err(fault(format!("expected a model.json of format {FORMAT}, found {format}")));
        }
        let manifest: Self = serde_json::from_slice(json).map_err(ModelFault::Manifest)?;
        manifest.validate()?;
        Ok(manifest)
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`ModelFault::Config`] with the value: a network or grid that cannot be, a threshold outside 0 to 1, an empty known answer
    /// or one outside 0 to 1, a classifier of kinds that does not fit the network, or a calibration or a predictor that cannot be.
    pub fn validate(&self) -> Result<(), ModelFault> {
        self.network.validate()?;
        let (grid, multiple) = (self.grid, self.network.multiple());
        if grid == 0 || grid > LARGEST_GRID || !grid.is_multiple_of(multiple) {
            let expected = format!("a grid that is a multiple of {multiple} up to {LARGEST_GRID}");
            return Err(fault(format!("expected {expected}, found {grid}")));
        }
        if !(0.0..=1.0).contains(&self.threshold) {
            return Err(fault(format!("expected a threshold from 0 to 1, found {}", self.threshold)));
        }
        if self.known_answer.is_empty() {
            return Err(fault("expected a known answer, found an empty one".to_owned()));
        }
        if let Some(found) = self.known_answer.iter().find(|value| !(0.0..=1.0).contains(*value)) {
            return Err(fault(format!("expected a known answer from 0 to 1, found {found}")));
        }
        self.calibration.validate()?;
        self.dice_predictor.as_ref().map_or(Ok(()), DicePredictor::validate)?;
        self.kind_classifier.as_ref().map_or(Ok(()), |classifier| classifier.validate(&self.network))
    }

    /// The manifest of a network that has no known answer yet, and no classifier of kinds, calibration or predictor.
    pub fn new(network: UNetConfig, grid: usize, threshold: f32, weights: WeightsFile) -> Self {
        Self {
            format: FORMAT,
            network,
            grid,
            normalisation: Normalisation::HeadZScore,
            threshold,
            weights,
            known_answer: Vec::new(),
            kind_classifier: None,
            calibration: Calibration::default(),
            dice_predictor: None,
        }
    }

    /// This manifest for other weights: without what belongs to the behaviour of the present ones, which are the classifier of kinds,
    /// the calibration and the predictor. The known answer has to be computed again.
    pub fn with_weights(self, weights: WeightsFile) -> Self {
        Self { weights, kind_classifier: None, calibration: Calibration::default(), dice_predictor: None, ..self }
    }

    /// Reads the network from `weights`, the bytes of `weights.safetensors`.
    ///
    /// # Errors
    /// [`ModelFault::Hash`] unless these are the bytes that the manifest names, [`ModelFault::Record`] if they do not fit the
    /// network.
    pub fn load(&self, weights: &[u8]) -> Result<FoldedUNet, ModelFault> {
        self.load_hashed(weights, sha256(weights))
    }

    /// As [`load`](Self::load), with the SHA-256 of the weights that the caller computed, in lower-case hexadecimal.
    pub(crate) fn load_hashed(&self, weights: &[u8], found: String) -> Result<FoldedUNet, ModelFault> {
        if found != self.weights.sha256 {
            let expected = self.weights.sha256.clone();
            return Err(ModelFault::Hash { expected, found, bytes: weights.len() });
        }
        FoldedUNet::from_safetensors(&self.network, weights)
    }

    /// What identifies the probabilities of the network, 64 hexadecimal digits: the SHA-256 of its weights; with a calibration that of
    /// this hash followed by the knots, each as two little-endian numbers of 32 bits.
    pub fn probabilities_sha256(&self) -> String {
        if self.calibration.knots.is_empty() {
            return self.weights.sha256.clone();
        }
        let knots = self.calibration.knots.iter().flatten().flat_map(|value| value.to_le_bytes());
        sha256(&self.weights.sha256.bytes().chain(knots).collect::<Vec<u8>>())
    }

    /// The network's kind and widths, to be displayed.
    pub fn name(&self) -> String {
        let widths: Vec<String> = self.network.widths.iter().map(ToString::to_string).collect();
        format!("U-Net {}", widths.join("-"))
    }

    /// The threshold with the digits of `model.json`: 0.3 is 0.3, not the nearest `f32`.
    pub fn decimal_threshold(&self) -> f64 {
        self.threshold.to_string().parse().unwrap_or_else(|_| self.threshold.into())
    }
}

fn fault(reason: String) -> ModelFault {
    ModelFault::Config { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_calibration_gives_other_probabilities() {
        let json = include_bytes!("../../www/model/model.json");
        let manifest = Manifest::from_json(json).expect("the shipped model.json");
        let plain = Manifest { calibration: Calibration::default(), ..manifest.clone() };
        let other = Manifest { calibration: Calibration { knots: vec![[0.0, 0.0]] }, ..manifest.clone() };
        assert_eq!(plain.probabilities_sha256(), manifest.weights.sha256);
        assert_eq!(manifest.probabilities_sha256().len(), 64);
        assert_ne!(manifest.probabilities_sha256(), plain.probabilities_sha256());
        assert_ne!(manifest.probabilities_sha256(), other.probabilities_sha256());
    }

    #[test]
    fn a_value_that_cannot_be_is_refused() {
        let json = std::str::from_utf8(include_bytes!("../../www/model/model.json")).expect("UTF-8");
        let manifest: serde_json::Value = serde_json::from_str(json).expect("JSON");
        assert!(Manifest::from_json(json.as_bytes()).is_ok());
        // The last two: fuzzing found that infinity is written as null, and never read again.
        for (path, value, said) in [
            ("/format", "3", "format 2, found 3"),
            ("/grid", "100", "found 100"),
            ("/threshold", "1.5", "found 1.5"),
            ("/known_answer/0", "6e103", "found inf"),
            ("/kind_classifier", "\"AAAA\"", "header"),
            ("/known_answer", "[]", "an empty one"),
        ] {
            let mut changed = manifest.clone();
            *changed.pointer_mut(path).expect(path) = serde_json::from_str(value).expect("a number");
            let refused = Manifest::from_json(&serde_json::to_vec(&changed).expect("JSON"));
            let message = refused.map(|_| ()).expect_err(path).to_string();
            assert!(message.contains(said), "{path}: {message}");
        }
    }
}
