//! Inference with the folded U-Net on the CPU, without Burn. Fitting uses the same 3x3 convolutions.
//!
//! | module | does |
//! |---|---|
//! | `plan` | runs a whole network: [`Plan`] |
//! | `winograd` | 3x3 convolution |
//! | `up_convolution` | 2x2 up-convolution with stride 2 |
//! | `tile` | the Winograd transforms of one tile |
//! | `matmul` | matrix products with packed weights |
//! | `feature_map` | the feature map of one image, with a border of zeros |
//! | `vector` | the vector width |
//! | `threads` | parallel loops |
//!
//! The vector code is written once for AVX2, AVX-512, NEON and wasm SIMD128. `macerator` selects the widest vectors at
//! run time, on wasm at compile time. The crates `matrixmultiply` and `gemm` were considered for the products: they
//! pack the weights at every call, a plan packs them once.
//!
//! Functions that use `unsafe` assert what they rely on before their loops. They are safe to call with any arguments.

pub(crate) mod feature_map;
pub(crate) mod matmul;
mod plan;
pub(crate) mod threads;
pub(crate) mod tile;
mod up_convolution;
pub(crate) mod vector;
pub(crate) mod winograd;

pub(crate) use plan::Plan;
