//! [`conv3x3_relu`] and [`conv_transpose`]: layers of a folded network in one operation, for inference.

#[cfg(not(target_arch = "wasm32"))]
use burn::backend::Flex;
use burn::backend::ops::ConvTransposeOptions;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

/// `relu(conv(x, weight) + bias)`: stride 1, padding 1.
///
/// `x` is `[n, inputs, h, w]`, `weight` `[outputs, inputs, 3, 3]`, `bias` `[outputs]`; the result is
/// `[n, outputs, h, w]`. Not differentiable: fitting uses `conv3x3_norm_relu`.
pub fn conv3x3_relu(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::conv3x3_relu(x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()))
}

/// The transposed convolution with kernel and stride `s`, 1 or 2. Each pixel becomes a square of `s` x `s` pixels. With
/// `s` = 1 it is a 1x1 convolution.
///
/// `x` is `[n, inputs, h, w]`, `weight` `[inputs, outputs, s, s]`, `bias` `[outputs]`; the result is
/// `[n, outputs, h * s, w * s]`. Not differentiable: fitting uses Burn's operation.
pub fn conv_transpose(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [_, _, side, _] = weight.dims();
    Tensor::from_dispatch(Dispatch::conv_transpose(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        side,
    ))
}

/// The layers on one backend. The defaults are Burn's operations: the tests compare with them, and they run on Burn's
/// CPU backend.
#[backend_extension(Flex: cfg(not(target_arch = "wasm32")), Cube: cfg(feature = "gpu"))]
pub(crate) trait InferenceLayers: Backend {
    fn conv3x3_relu(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::relu(Self::conv2d(x, weight, Some(bias), super::same_padding::same_padding()))
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

#[cfg(not(target_arch = "wasm32"))]
impl InferenceLayers for Flex {}

#[cfg(feature = "gpu")]
impl InferenceLayers for burn::backend::Cube {
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
