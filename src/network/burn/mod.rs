//! The U-Net in Burn: inference on GPUs, and fitting.
//!
//! Operations of the project replace Burn's where Burn's are the limit. Burn's own operations are the oracle of the tests.
//!
//! | operation | computes | used for |
//! |---|---|---|
//! | [`conv3x3_relu`] | `relu(conv(x, weight) + bias)` | inference on a GPU, normalisation folded into the weights |
//! | [`conv_transpose`] | `conv_transpose(x, weight) + bias`, stride and kernel alike | inference on a GPU; with a kernel of 1x1 the head |
//! | `conv3x3_norm_relu` | `relu(batch_norm(conv(x, weight)))`, with its backward pass | fitting (feature `fit`) |

#[cfg(feature = "fit")]
#[allow(unsafe_code, reason = "vectors are loaded and stored by address; each block lists what it relies on")]
mod fit;
#[cfg(not(target_arch = "wasm32"))]
mod former;
mod layers;
#[cfg(any(target_arch = "wasm32", feature = "gpu"))]
#[allow(unsafe_code, reason = "kernels are launched unchecked; what they rely on is asserted before")]
mod shader;
mod unet;
#[cfg(not(target_arch = "wasm32"))]
mod unfolded;

#[cfg(feature = "fit")]
use fit::conv3x3_norm_relu;
#[cfg(not(target_arch = "wasm32"))]
pub use former::{FormerModel, read_former};
pub use layers::{conv_transpose, conv3x3_relu};
pub use unet::UNet;

use burn::backend::ops::ConvOptions;

/// Stride 1, padding 1, dilation 1, one group: the only convolution that these operations compute.
fn same() -> ConvOptions<2> {
    ConvOptions::new([1, 1], [1, 1], [1, 1], 1)
}
