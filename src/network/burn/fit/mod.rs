//! Fitting on the CPU: a 3x3 convolution, batch normalisation and ReLU in one operation, forward and backward.

mod batch_norm;
mod conv3x3;
mod conv_norm_relu;
mod weight_gradient;

pub(super) use conv_norm_relu::conv3x3_norm_relu;

use burn::backend::TensorData;
use burn::backend::flex::FlexTensor;

/// The values of a contiguous tensor.
fn values(tensor: &FlexTensor) -> &[f32] {
    let start = tensor.layout().start_offset();
    &tensor.storage::<f32>()[start..start + tensor.layout().num_elements()]
}

/// A tensor of `values`.
fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
