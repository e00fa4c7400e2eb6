//! The layers of glioscope's U-Net on the CPU. They work on the [`FeatureMap`] of one image.
//!
//! | item | does |
//! |---|---|
//! | [`Convolution`] | 3x3 convolution with ReLU, by Winograd's transforms |
//! | [`UpConvolution`] | transposed 2x2 convolution with stride 2 |
//! | [`max_pool`] | max pooling of 2x2 pixels |
//! | [`space_to_depth`] | the stem: squares of pixels become channels |
//! | [`Head`] | 1x1 convolution to one logit for each pixel |
//! | [`for_each_chunk`] | a parallel loop |
//! | `fit` | batch normalisation, and the gradients of all layers (feature `fit`) |
//!
//! It is a crate of its own because it is built fast in the page's module, where everything else is built small.
//!
//! The vector code is written once for AVX2, AVX-512, NEON and wasm SIMD128. `macerator` selects the widest vectors at
//! run time, on wasm at compile time. The crates `matrixmultiply` and `gemm` were considered for the products: they
//! pack the weights at every call, a plan packs them once.
//!
//! Functions that use `unsafe` assert what they rely on before their loops. They are safe to call with any arguments.

#![allow(unsafe_code, reason = "SIMD loads and stores; each block lists what it relies on")]

mod feature_map;
#[cfg(feature = "fit")]
pub mod fit;
mod head;
mod matmul;
mod max_pool;
mod space_to_depth;
mod threads;
mod tile;
mod up_convolution;
mod vector;
mod winograd;

pub use feature_map::{FeatureMap, padded};
pub use head::Head;
pub use max_pool::max_pool;
pub use space_to_depth::space_to_depth;
pub use threads::for_each_chunk;
pub use tile::TAPS;
pub use up_convolution::UpConvolution;
pub use winograd::{Convolution, Scratch};
