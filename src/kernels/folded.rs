//! [`conv3x3_relu`]: convolution, bias and ReLU in one pass, for inference.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use super::conv::{Epilogue, Packed, conv3x3};

/// `relu(conv(x, weight) + bias)`: stride 1, padding 1.
///
/// `x` is `[n, inputs, h, w]`, `weight` `[outputs, inputs, 3, 3]`, `bias` `[outputs]`; the result is
/// `[n, outputs, h, w]`. Not differentiable on the CPU: fitting uses
/// `conv3x3_norm_relu`.
pub fn conv3x3_relu(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::conv3x3_relu(x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()))
}

#[backend_extension(Flex, Cube: cfg(any(target_arch = "wasm32", feature = "gpu")))]
pub(crate) trait Folded: Backend {
    fn conv3x3_relu(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::relu(Self::conv2d(x, weight, Some(bias), super::same()))
    }
}

impl Folded for Flex {
    fn conv3x3_relu(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        let [n, inputs, h, w] = x.shape().dims();
        let [outputs] = bias.shape().dims();
        let (x, weight, bias) = (x.to_contiguous(), weight.to_contiguous(), bias.to_contiguous());
        let packed = Packed::forward(super::values(&weight), outputs, inputs);
        let out = conv3x3(super::values(&x), [n, h, w], &packed, Epilogue::BiasRelu(super::values(&bias)));
        super::tensor(out, [n, outputs, h, w])
    }
}

#[cfg(any(target_arch = "wasm32", feature = "gpu"))]
impl Folded for burn::backend::Cube {}
