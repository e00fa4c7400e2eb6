//! The shape of a U-Net, as `model.json` states it.

use serde::{Deserialize, Serialize};

use crate::error::ModelFault;

/// Channels of the input: pre-contrast, FLAIR, post-contrast.
pub const INPUTS: usize = 3;

/// The shape of a U-Net; saved in `model.json` beside its weights.
///
/// ```
/// use glioscope::network::UNetConfig;
/// let config = UNetConfig::default();
/// assert_eq!(config.multiple(), 32);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UNetConfig {
    /// Feature maps at each depth, from the finest to the bottleneck; each depth halves the side.
    pub widths: Vec<usize>,
    /// Side of the square of pixels that the stem folds into channels (space to depth): 1, 2 or 4. With 2 the finest maps
    /// have half the width and height of the slice.
    pub stem: usize,
}

impl Default for UNetConfig {
    /// 1.95 M parameters and 0.78 GMAC for a slice of 256 x 256.
    fn default() -> Self {
        Self { widths: vec![16, 32, 64, 128, 256], stem: 2 }
    }
}

impl UNetConfig {
    /// Height and width of the input must be multiples of this number.
    pub fn multiple(&self) -> usize {
        self.stem << (self.widths.len() - 1)
    }

    /// Pixels of the stem's square: the channels that it makes of each input channel, and the logits of the head.
    pub(crate) fn cells(&self) -> usize {
        self.stem * self.stem
    }

    /// Checks that a network of this shape can be made.
    ///
    /// # Errors
    /// [`ModelFault::Config`] for no widths, a width of 0 or above 4096, more than eight depths, or a
    /// stem that is not 1, 2 or 4.
    pub fn validate(&self) -> Result<(), ModelFault> {
        let fault = |reason: String| Err(ModelFault::Config { reason });
        if self.widths.is_empty() || self.widths.len() > 8 {
            return fault(format!("expected 1 to 8 widths, found {}", self.widths.len()));
        }
        if let Some(width) = self.widths.iter().find(|width| !(1..=4096).contains(*width)) {
            return fault(format!("expected widths of 1 to 4096, found {width}"));
        }
        if ![1, 2, 4].contains(&self.stem) {
            return fault(format!("expected a stem of 1, 2 or 4, found {}", self.stem));
        }
        Ok(())
    }
}
