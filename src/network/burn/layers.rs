//! [`conv3x3_relu`] and [`conv_transpose`]: whole layers in one operation, for inference on a GPU.

use burn::backend::ops::ConvTransposeOptions;
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

/// The transposed convolution whose stride is its kernel's side `s`: each pixel becomes a square of `s` x `s`, and with
/// `s` = 1 it is a 1x1 convolution.
///
/// `x` is `[n, inputs, h, w]`, `weight` `[inputs, outputs, s, s]`, `bias` `[outputs]`; the result is
/// `[n, outputs, h * s, w * s]`. Not differentiable: fitting uses Burn's own.
pub fn conv_transpose(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [_, _, side, _] = weight.dims();
    Tensor::from_dispatch(Dispatch::conv_transpose(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        side,
    ))
}

/// The defaults are Burn's own operations: the oracle, and what runs on the CPU where there is no `Plan`.
#[backend_extension(Flex, Cube: cfg(any(target_arch = "wasm32", feature = "gpu")))]
pub(crate) trait Folded: Backend {
    fn conv3x3_relu(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::relu(Self::conv2d(x, weight, Some(bias), super::same()))
    }

    fn conv_transpose(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        side: usize,
    ) -> FloatTensor<Self> {
        let options = ConvTransposeOptions::new([side, side], [0, 0], [0, 0], [1, 1], 1);
        Self::conv_transpose2d(x, weight, Some(bias), options)
    }
}

impl Folded for Flex {}

#[cfg(any(target_arch = "wasm32", feature = "gpu"))]
impl Folded for burn::backend::Cube {
    fn conv3x3_relu(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        super::shader::conv3x3_relu(x, weight, bias)
    }

    fn conv_transpose(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        side: usize,
    ) -> FloatTensor<Self> {
        super::shader::conv_transpose(x, weight, bias, side)
    }
}
