//! The U-Net in Burn: for inference on GPUs and for fitting.
//!
//! Three operations replace Burn's where those were too slow. The tests compare them with Burn's. On the CPU, fits use
//! `CpuPass` instead of Burn's autodiff (feature `fit`).
//!
//! | operation | computes | used for |
//! |---|---|---|
//! | `conv3x3_relu` | `relu(conv(x, weight) + bias)` | inference: the normalisation is folded into the weights |
//! | `conv_transpose` | `conv_transpose(x, weight) + bias` | inference: up-convolutions, and the head with a kernel of 1x1 |
//! | `conv3x3_norm_relu` | `relu(batch_norm(conv(x, weight)))`, with its backward pass | fitting (feature `fit`) |

#[cfg(feature = "fit")]
mod fit;
#[cfg(not(target_arch = "wasm32"))]
mod former;
#[cfg(any(feature = "gpu", test))]
mod layer_shape;
mod layers;
mod same_padding;
#[cfg(feature = "gpu")]
#[allow(unsafe_code, reason = "GPU kernels without bounds checks; the launch lists what they rely on")]
mod shader;
mod unet;
#[cfg(not(target_arch = "wasm32"))]
mod unfolded;

#[cfg(feature = "fit")]
pub use fit::CpuPass;
#[cfg(feature = "fit")]
use fit::conv3x3_norm_relu;
#[cfg(not(target_arch = "wasm32"))]
pub use former::{FormerModel, read_former};
pub use layers::{conv_transpose, conv3x3_relu};
pub use unet::UNet;
