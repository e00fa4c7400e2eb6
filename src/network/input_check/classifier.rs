//! [`KindClassifier`]: from features of the network to a [`Kind`].

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::outcome::InputCheck;
use crate::error::ModelFault;
use crate::network::config::UNetConfig;
use crate::network::safetensors::{self, Precision, Tensors};

/// How many numbers describe a feature map: its mean, its standard deviation and its largest value.
const STATISTICS: usize = 3;

/// Standardised features are clamped to ±5. An image that is unlike all training data then has no extreme votes.
const CLAMP: f32 = 5.0;

const KINDS: usize = Kind::ALL.len();

/// A multinomial logistic regression over the pooled feature maps of the encoder.
///
/// JSON has it as text: a safetensors file in base64, with eight bits for a weight and half precision for a mean or a deviation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct KindClassifier {
    /// The mean of each feature in the training data.
    pub means: Vec<f32>,
    /// The standard deviation of each feature in the training data, above 0.
    pub deviations: Vec<f32>,
    /// The logit of each of [`Kind::ALL`] where every feature is its mean.
    pub biases: Vec<f32>,
    /// `[kinds, features]`: what a standard deviation adds to a logit.
    pub weights: Vec<f32>,
}

impl From<KindClassifier> for String {
    fn from(classifier: KindClassifier) -> Self {
        let KindClassifier { means, deviations, biases, weights } = classifier;
        let mut tensors = Tensors::default();
        let features = means.len();
        tensors.put("mean".to_owned(), &[features], &means, Precision::Half);
        tensors.put("deviation".to_owned(), &[features], &deviations, Precision::Half);
        tensors.put("bias".to_owned(), &[KINDS], &biases, Precision::Single);
        tensors.put("weight".to_owned(), &[KINDS, features], &weights, Precision::Byte);
        BASE64.encode(tensors.write(safetensors::Kind::Classifier))
    }
}

impl TryFrom<String> for KindClassifier {
    type Error = ModelFault;

    fn try_from(text: String) -> Result<Self, ModelFault> {
        let bytes = BASE64.decode(text).map_err(|error| fault(format!("expected base64: {error}")))?;
        let mut tensors = Tensors::read(&bytes, safetensors::Kind::Classifier)?;
        let features = tensors.length("mean");
        let classifier = Self {
            means: tensors.take("mean", &[features])?,
            deviations: tensors.take("deviation", &[features])?,
            biases: tensors.take("bias", &[KINDS])?,
            weights: tensors.take("weight", &[KINDS, features])?,
        };
        tensors.finish()?;
        match classifier.deviations.iter().find(|deviation| **deviation <= 0.0) {
            Some(found) => Err(fault(format!("expected deviations above 0, found {found}"))),
            None => Ok(classifier),
        }
    }
}

impl KindClassifier {
    /// How many features an image has in a network.
    pub fn features(network: &UNetConfig) -> usize {
        STATISTICS * network.widths.iter().sum::<usize>()
    }

    /// Checks that it is one for this network.
    ///
    /// # Errors
    /// [`ModelFault::Record`] if it has another number of features.
    pub fn validate(&self, network: &UNetConfig) -> Result<(), ModelFault> {
        let (expected, found) = (Self::features(network), self.means.len());
        if found == expected { Ok(()) } else { Err(fault(format!("expected {expected} features, found {found}"))) }
    }

    /// The features in standard deviations from their means, clamped to ±5.
    pub fn standardise(&self, features: &[f32]) -> Vec<f32> {
        let ranges = self.means.iter().zip(&self.deviations);
        features
            .iter()
            .zip(ranges)
            .map(|(x, (mean, deviation))| ((x - mean) / deviation).clamp(-CLAMP, CLAMP))
            .collect()
    }

    /// The natural logarithm of the probability of each of [`Kind::ALL`] for an image with these features.
    pub fn log_probabilities(&self, features: &[f32]) -> Vec<f64> {
        let standardised = self.standardise(features);
        let votes = |row: &[f32]| row.iter().zip(&standardised).map(|(weight, x)| weight * x).sum::<f32>();
        let rows = self.weights.chunks_exact(standardised.len().max(1)).zip(&self.biases);
        let logits: Vec<f64> = rows.map(|(row, bias)| f64::from(bias + votes(row))).collect();
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|logit| libm::exp(logit - most)).sum();
        logits.iter().map(|logit| logit - most - libm::log(sum)).collect()
    }

    /// The outcome for a case from the features of the slices that show something: the kind with the largest mean of
    /// logarithms of probabilities. A case that shows nothing has no head.
    pub fn check(&self, slices: &[Vec<f32>]) -> InputCheck {
        if slices.is_empty() {
            let reasons = vec!["No slice shows a head: every slice is nearly empty.".to_owned()];
            return InputCheck { accepted: false, reasons, kind: Some(Kind::NoHead) };
        }
        let mut means = [0.0; KINDS];
        for slice in slices {
            let logarithms = self.log_probabilities(slice);
            means.iter_mut().zip(logarithms).for_each(|(mean, logarithm)| *mean += logarithm / slices.len() as f64);
        }
        let best = (0..means.len()).fold(0, |best, index| if means[index] > means[best] { index } else { best });
        let kind = Kind::ALL[best];
        let expected = match kind {
            Kind::Flair => return InputCheck { accepted: true, reasons: Vec::new(), kind: Some(kind) },
            Kind::T1 | Kind::T1Contrast | Kind::T2 => "FLAIR",
            Kind::OtherPlane => "axial slices",
            Kind::NoHead => "axial FLAIR",
        };
        let reason = match kind {
            Kind::NoHead => format!("This does not look like an MR image of a head. The network needs {expected}."),
            _ => format!("This looks like {}. The network needs {expected}.", kind.description()),
        };
        InputCheck { accepted: false, reasons: vec![reason], kind: Some(kind) }
    }
}

fn fault(reason: String) -> ModelFault {
    ModelFault::Record { reason: format!("kind classifier: {reason}") }
}
