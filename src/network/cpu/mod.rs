//! The U-Net on the CPU, without Burn: inference with the folded network, and the passes of fitting.
//!
//! | module | does |
//! |---|---|
//! | `plan` | runs a whole network: [`Plan`] |
//! | `winograd` | 3x3 convolution |
//! | `up_convolution` | 2x2 up-convolution with stride 2 |
//! | `max_pool`, `space_to_depth`, `head` | the other layers |
//! | `fit` | forward and backward pass of a batch, with batch normalisation (feature `fit`) |
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

mod feature_map;
#[cfg(feature = "fit")]
pub(crate) mod fit;
mod head;
mod matmul;
mod max_pool;
mod plan;
mod space_to_depth;
mod threads;
mod tile;
mod up_convolution;
mod vector;
mod winograd;

pub(crate) use plan::Plan;
