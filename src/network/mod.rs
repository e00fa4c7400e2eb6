//! The network: preprocessing, input check, weights, and the U-Net on the CPU and through Burn.
//!
//! | module | does | needs |
//! |---|---|---|
//! | [`config`] | describes a U-Net | |
//! | [`preprocess`] | case statistics and the network's input grid: the one copy of the preprocessing | |
//! | [`input_check`] | compares a case with the training distribution | |
//! | [`manifest`] | reads and writes `model.json` | |
//! | `cpu` | runs the folded U-Net on the CPU, without Burn | feature `cpu` |
//! | `burn` | the Burn U-Net, for GPUs and for fitting | feature `burn` |
//! | [`segmenter`] | slices → probabilities on their own grids | feature `cpu` |

#[cfg(feature = "burn")]
pub mod burn;
pub mod config;
#[cfg(feature = "cpu")]
#[allow(unsafe_code, reason = "vectors are loaded and stored by address; each block lists what it relies on")]
pub(crate) mod cpu;
pub mod input_check;
pub mod manifest;
pub mod preprocess;
#[cfg(feature = "cpu")]
pub mod segmenter;

pub use config::UNetConfig;
