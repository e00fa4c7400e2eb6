//! The network: preprocessing, input check, weights, and the U-Net on the CPU and through Burn.
//!
//! | module | does | needs |
//! |---|---|---|
//! | [`config`] | describes the shape of a U-Net | |
//! | [`preprocess`] | computes case statistics and the network's input: the one copy of the preprocessing | |
//! | [`input_check`] | tells what a case shows | |
//! | [`calibration`] | makes probabilities as often right as they say | |
//! | [`dice_predictor`] | predicts how well the masks of a case match a reference | |
//! | [`manifest`] | reads `model.json`: what is needed to run a network | |
//! | [`card`] | reads `card.json`: how it was fitted and how well it does | |
//! | [`folded`] | holds the numbers of a U-Net for inference; `weights.safetensors` | |
//! | `cpu` | runs the folded U-Net on the CPU, without Burn | feature `cpu` |
//! | `burn` | the Burn U-Net, for GPUs and for fitting | feature `burn` |
//! | `segmenter` | slices → probabilities on their own grids | feature `cpu` |

#[cfg(feature = "burn")]
pub mod burn;
pub mod calibration;
pub mod card;
pub mod config;
#[cfg(feature = "cpu")]
pub(crate) mod cpu;
pub mod dice_predictor;
pub mod folded;
pub mod input_check;
pub mod manifest;
pub mod preprocess;
mod safetensors;
#[cfg(feature = "cpu")]
pub mod segmenter;
pub(crate) mod sha256;

pub use calibration::Calibration;
pub use card::Card;
pub use config::UNetConfig;
pub use dice_predictor::{DicePredictor, PredictedDice};
pub use folded::FoldedUNet;
pub use manifest::Manifest;
#[cfg(feature = "cpu")]
pub use segmenter::Segmenter;
