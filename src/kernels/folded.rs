//! [`conv3x3_relu`]: convolution, bias and ReLU in one operation, for inference on a GPU.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;

/// `relu(conv(x, weight) + bias)`: stride 1, padding 1.
///
/// `x` is `[n, inputs, h, w]`, `weight` `[outputs, inputs, 3, 3]`, `bias` `[outputs]`; the result is
/// `[n, outputs, h, w]`. Not differentiable: fitting uses `conv3x3_norm_relu`.
pub fn conv3x3_relu(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::conv3x3_relu(x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()))
}

#[backend_extension(Flex, Cube: cfg(any(target_arch = "wasm32", feature = "gpu")))]
pub(crate) trait Folded: Backend {
    fn conv3x3_relu(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::relu(Self::conv2d(x, weight, Some(bias), super::same()))
    }
}

impl Folded for Flex {}

#[cfg(any(target_arch = "wasm32", feature = "gpu"))]
impl Folded for burn::backend::Cube {}
