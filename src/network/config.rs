//! What a network looks like, known without the network itself: the manifest says it.

use serde::{Deserialize, Serialize};

use crate::error::ModelFault;

/// What a network looks like; saved in `model.json` beside its weights.
///
/// ```
/// use glioscope::network::burn::unet::UNetConfig;
/// let config = UNetConfig::default();
/// assert_eq!(config.multiple(), 32);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UNetConfig {
    /// Feature maps at each depth, from the finest to the bottleneck; each depth halves the side.
    pub widths: Vec<usize>,
    /// Pixels on a side that the stem folds into channels (space to depth): with 2, the finest maps
    /// are half as wide and high as the slice. 1 leaves the slice as it is.
    pub stem: usize,
}

impl Default for UNetConfig {
    /// 1.95 M parameters and 0.78 GMAC for a slice of 256 x 256.
    fn default() -> Self {
        Self { widths: vec![16, 32, 64, 128, 256], stem: 2 }
    }
}

impl UNetConfig {
    /// The number that height and width of the input have to be multiples of.
    pub fn multiple(&self) -> usize {
        self.stem << (self.widths.len() - 1)
    }

    /// Checks what `init` relies on.
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
