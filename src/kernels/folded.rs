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
        plain::<Self>(x, weight, bias)
    }
}

/// Burn's own operations: the oracle, and what is left for channels that do not come in whole vectors.
fn plain<B: Backend>(x: FloatTensor<B>, weight: FloatTensor<B>, bias: FloatTensor<B>) -> FloatTensor<B> {
    B::relu(B::conv2d(x, weight, Some(bias), super::same()))
}

impl Folded for Flex {}

#[cfg(any(target_arch = "wasm32", feature = "gpu"))]
impl Folded for burn::backend::Cube {
    fn conv3x3_relu(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        super::gpu::conv3x3_relu(&x, &weight, &bias).unwrap_or_else(|| plain::<Self>(x, weight, bias))
    }
}
