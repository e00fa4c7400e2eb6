//! The resolved recipe: every key with its value.

use std::fmt;

use glioscope::network::UNetConfig;
use serde::{Deserialize, Serialize};

use super::keys;
use crate::data::{Augmentation, GRID};

/// Every setting that decides the result of a fit; saved in `recipe.toml`, the checkpoint and the model's files.
///
/// The names of former versions are still read, since checkpoints hold them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recipe {
    /// Epochs; one draws as many samples as there are training slices.
    pub(crate) epochs: u64,
    /// Samples in a batch.
    pub(crate) batch: usize,
    /// Highest learning rate.
    #[serde(alias = "rate")]
    pub(crate) lr: f64,
    /// Decoupled weight decay.
    #[serde(alias = "decay")]
    pub(crate) weight_decay: f32,
    /// Side of a sample, pixels.
    pub(crate) crop: usize,
    /// Fraction of samples from slices with a lesion, before lesions are pasted.
    #[serde(alias = "positive")]
    pub(crate) positive_share: f32,
    /// Fraction of samples normalised by their own slice.
    #[serde(alias = "alone")]
    pub(crate) single_slice_share: f32,
    /// Weight of the binary cross-entropy in the loss; 1 in recipes without the key, which are older.
    #[serde(alias = "entropy", default = "one")]
    pub(crate) bce_weight: f32,
    /// Decay of the moving average of the weights.
    #[serde(alias = "average")]
    pub(crate) ema_decay: f64,
    /// Seed of the split, the initial weights and every sample.
    pub(crate) seed: u64,
    /// SHA-256 of the weights that the fit starts from; none for random weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) start: Option<String>,
    /// The network.
    pub(crate) network: UNetConfig,
    /// How samples are varied.
    pub(crate) augmentation: Augmentation,
}

fn one() -> f32 {
    1.0
}

impl Default for Recipe {
    /// The first fit of the shipped network; `train/EXPERIMENTS.md` has what else was tried.
    fn default() -> Self {
        Self {
            epochs: 60,
            batch: 16,
            lr: 2e-3,
            weight_decay: 1e-2,
            crop: 192,
            positive_share: 0.6,
            single_slice_share: 0.25,
            bce_weight: 1.0,
            ema_decay: 0.998,
            seed: 1,
            start: None,
            network: UNetConfig::default(),
            augmentation: Augmentation::default(),
        }
    }
}

/// A key whose value is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidValue {
    key: &'static str,
    value: String,
    expected: String,
}

impl Recipe {
    /// Steps of an epoch with this number of training slices.
    pub(crate) fn steps_per_epoch(&self, slices: usize) -> u64 {
        (slices / self.batch).max(1) as u64
    }

    /// Checks every value.
    ///
    /// # Errors
    /// The first key that is out of its range.
    pub(crate) fn validate(&self) -> Result<(), InvalidValue> {
        let Augmentation {
            rotation,
            scale,
            elastic,
            gain,
            offset,
            gamma,
            noise,
            bias,
            blur,
            coarse,
            flair_share,
            flair_only_share,
            strip_share,
            paste_share,
            affine_share,
        } = self.augmentation;
        let single = |key, value: f32| (key, f64::from(value), value.to_string());
        let numbers = [
            ("epochs", self.epochs as f64, self.epochs.to_string()),
            ("batch", self.batch as f64, self.batch.to_string()),
            ("lr", self.lr, self.lr.to_string()),
            single("weight_decay", self.weight_decay),
            single("positive_share", self.positive_share),
            single("single_slice_share", self.single_slice_share),
            single("bce_weight", self.bce_weight),
            ("ema_decay", self.ema_decay, self.ema_decay.to_string()),
            single("augmentation.rotation", rotation),
            single("augmentation.scale", scale),
            single("augmentation.elastic", elastic),
            single("augmentation.gain", gain),
            single("augmentation.offset", offset),
            single("augmentation.gamma", gamma),
            single("augmentation.noise", noise),
            single("augmentation.bias", bias),
            single("augmentation.blur", blur),
            single("augmentation.coarse", coarse),
            single("augmentation.flair_share", flair_share),
            single("augmentation.flair_only_share", flair_only_share),
            single("augmentation.strip_share", strip_share),
            single("augmentation.paste_share", paste_share),
            single("augmentation.affine_share", affine_share),
        ];
        for (key, number, value) in numbers {
            if !keys::find(key).range.contains(number) {
                return Err(InvalidValue::new(key, value));
            }
        }
        if i64::try_from(self.seed).is_err() {
            return Err(InvalidValue::new("seed", self.seed.to_string()));
        }
        if let Some(hash) = self.start.as_ref().filter(|hash| !is_sha256(hash)) {
            return Err(InvalidValue::new("start", hash.clone()));
        }
        self.validate_network()
    }

    fn validate_network(&self) -> Result<(), InvalidValue> {
        let UNetConfig { widths, stem } = &self.network;
        if (UNetConfig { widths: widths.clone(), stem: 1 }).validate().is_err() {
            return Err(InvalidValue::new("network.widths", format!("{widths:?}")));
        }
        if self.network.validate().is_err() {
            return Err(InvalidValue::new("network.stem", stem.to_string()));
        }
        let multiple = self.network.multiple();
        if !GRID.is_multiple_of(multiple) {
            let expected = format!("at most {} with a stem of {stem}: {GRID} pixels are halved too often", {
                (GRID / stem).ilog2() + 1
            });
            return Err(InvalidValue { key: "network.widths", value: format!("{} numbers", widths.len()), expected });
        }
        if self.crop == 0 || !self.crop.is_multiple_of(multiple) {
            let expected = format!("a multiple of {multiple}");
            return Err(InvalidValue { key: "crop", value: self.crop.to_string(), expected });
        }
        Ok(())
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl InvalidValue {
    fn new(key: &'static str, value: String) -> Self {
        Self { key, value, expected: keys::find(key).range.to_string() }
    }

    /// The same about the flag that sets the key.
    pub(crate) fn of_flag(&self) -> String {
        let flag = self.key.rsplit('.').next().unwrap_or_default().replace('_', "-");
        format!("--{flag} is {}, expected {}", self.value, self.expected)
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is {}, expected {}", self.key, self.value, self.expected)
    }
}
