//! Operations of the project's own, where Burn's are the limit: convolutions fused with what follows them.
//!
//! | what | computes | when |
//! |---|---|---|
//! | `Plan` | the whole network, by Winograd's minimal filtering | inference on the CPU |
//! | [`conv3x3_relu`] | `relu(conv(x, weight) + bias)` | inference on a GPU, normalisation folded into the weights |
//! | [`conv_transpose`] | `conv_transpose(x, weight) + bias`, stride and kernel alike | inference on a GPU; with a kernel of 1x1 the head |
//! | `conv3x3_norm_relu` | `relu(batch_norm(conv(x, weight)))`, with its backward pass | fitting (feature `fit`) |
//!
//! What runs on the CPU is one source for AVX2, AVX-512, NEON and wasm's SIMD128, through `macerator`, which picks the
//! widest at run time (at compile time on wasm). Burn's own operations are the oracle of the tests.

#[cfg(feature = "fit")]
mod conv;
mod folded;
#[cfg(any(target_arch = "wasm32", feature = "gpu"))]
mod gpu;
#[cfg(feature = "fit")]
mod gradient;
mod map;
#[cfg(feature = "fit")]
mod norm;
#[cfg(feature = "fit")]
mod normed;
mod plan;
mod product;
mod squares;
mod threads;
mod winograd;

pub use folded::{conv_transpose, conv3x3_relu};
#[cfg(feature = "fit")]
pub use normed::conv3x3_norm_relu;
pub(crate) use plan::{Network, Plan, Weights};

#[cfg(feature = "fit")]
use burn::backend::TensorData;
#[cfg(feature = "fit")]
use burn::backend::flex::FlexTensor;
use burn::backend::ops::ConvOptions;

/// Stride 1, padding 1, dilation 1, one group: the only convolution that these operations compute.
fn same() -> ConvOptions<2> {
    ConvOptions::new([1, 1], [1, 1], [1, 1], 1)
}

/// The values of a contiguous tensor.
#[cfg(feature = "fit")]
fn values(tensor: &FlexTensor) -> &[f32] {
    let start = tensor.layout().start_offset();
    &tensor.storage::<f32>()[start..start + tensor.layout().num_elements()]
}

/// A tensor that owns `values`.
#[cfg(feature = "fit")]
fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
