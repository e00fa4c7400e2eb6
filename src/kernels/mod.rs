//! Operations of the project's own, where Burn's are the limit: 3x3 convolutions fused with what
//! follows them.
//!
//! On the CPU backend (Flex) they run register-blocked loops (`conv`); on every other backend
//! they are composed of Burn's own operations, which also serve as their oracle in the tests.
//!
//! | operation | forward | when |
//! |---|---|---|
//! | [`conv3x3_relu`] | `relu(conv(x, weight) + bias)` | inference, normalisation folded into the weights |
//! | [`conv3x3_norm_relu`] | `relu(batch_norm(conv(x, weight)))` | fitting, with its backward pass (feature `fit`) |

mod conv;
mod folded;
#[cfg(feature = "fit")]
mod norm;
#[cfg(feature = "fit")]
mod normed;
mod threads;

pub use folded::conv3x3_relu;
#[cfg(feature = "fit")]
pub use normed::conv3x3_norm_relu;

use burn::backend::TensorData;
use burn::backend::flex::FlexTensor;
use burn::backend::ops::ConvOptions;

/// Stride 1, padding 1, dilation 1, one group: the only convolution that these operations compute.
fn same() -> ConvOptions<2> {
    ConvOptions::new([1, 1], [1, 1], [1, 1], 1)
}

/// The values of a contiguous tensor.
fn values(tensor: &FlexTensor) -> &[f32] {
    let start = tensor.layout().start_offset();
    &tensor.storage::<f32>()[start..start + tensor.layout().num_elements()]
}

/// A tensor that owns `values`.
fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
