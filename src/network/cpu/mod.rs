//! The U-Net on the CPU, without Burn, from the layers of `glioscope-kernels`.
//!
//! | module | does |
//! |---|---|
//! | `plan` | inference with a folded network: [`Plan`] |
//! | `fit` | forward and backward pass of a batch, with batch normalisation (feature `fit`) |

#[cfg(feature = "fit")]
pub(crate) mod fit;
mod plan;

pub(crate) use plan::Plan;
