//! [`conv3x3_norm_relu`]: a 3x3 convolution, batch normalisation and ReLU in one operation with one backward pass.
//!
//! As one operation they keep no tensor for the ReLU. On the CPU, [`CpuPass`](super::CpuPass) fits without autodiff.

use burn::backend::autodiff::{
    checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
    grads::Gradients,
    ops::{Backward, Ops, OpsKind},
};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;

use crate::network::burn::same_padding::same_padding;

/// `relu(batch_norm(conv(x, weight)))` with the statistics of the batch: stride 1, padding 1.
///
/// `x` is `[n, inputs, h, w]`, `weight` `[outputs, inputs, 3, 3]`, `gamma` and `beta` `[outputs]`. Returns the result,
/// `[n, outputs, h, w]`, and the mean and biased variance of the batch, `[outputs]` each. These two have no gradient.
pub(crate) fn conv3x3_norm_relu(
    x: Tensor<4>,
    weight: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> (Tensor<4>, Tensor<1>, Tensor<1>) {
    let (out, _sums, mean, variance) = Dispatch::conv3x3_norm_relu(
        x.into_dispatch(),
        weight.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        epsilon,
    );
    (Tensor::from_dispatch(out), Tensor::from_dispatch(mean), Tensor::from_dispatch(variance))
}

#[backend_extension(Flex, Cube: cfg(feature = "gpu"), Autodiff)]
pub(crate) trait FitLayers: Backend {
    /// Returns the result, the output of the convolution before the normalisation, and its mean and variance.
    fn conv3x3_norm_relu(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let sums = Self::conv2d(x, weight, None, same_padding());
        let normed = Self::batch_norm_train(sums.clone(), gamma, beta, epsilon);
        (Self::relu(normed.output), sums, normed.mean, normed.variance)
    }

    /// The gradients of `x`, `weight`, `gamma` and `beta`.
    #[allow(clippy::too_many_arguments, reason = "what the forward pass kept, tensor by tensor")]
    fn conv3x3_norm_relu_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        sums: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let normed = Self::batch_norm(sums.clone(), gamma.clone(), beta, mean.clone(), variance.clone(), epsilon);
        let gradient = Self::relu_backward(Self::relu(normed), gradient);
        let normed = Self::batch_norm_train_backward(sums, gamma, mean, variance, epsilon, gradient);
        let of_x = Self::conv2d_x_backward(x.clone(), weight.clone(), normed.x_grad.clone(), same_padding());
        let of_weight = Self::conv2d_weight_backward(x, weight, normed.x_grad, same_padding());
        (of_x, of_weight, normed.gamma_grad, normed.beta_grad)
    }
}

#[cfg(feature = "gpu")]
impl FitLayers for burn::backend::Cube {}

impl FitLayers for Flex {}

/// What the forward pass keeps for the backward pass.
#[derive(Clone, Debug)]
struct Kept<B: Backend> {
    x: B::FloatTensorPrimitive,
    weight: B::FloatTensorPrimitive,
    gamma: B::FloatTensorPrimitive,
    beta: B::FloatTensorPrimitive,
    sums: B::FloatTensorPrimitive,
    mean: B::FloatTensorPrimitive,
    variance: B::FloatTensorPrimitive,
    epsilon: f64,
}

#[derive(Debug)]
struct ConvNormReluBackward;

impl<B: FitLayers> Backward<B, 4> for ConvNormReluBackward {
    type State = Kept<B>;

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let Kept { x, weight, gamma, beta, sums, mean, variance, epsilon } = ops.state;
        let (of_x, of_weight, of_gamma, of_beta) =
            B::conv3x3_norm_relu_backward(x, weight, gamma, beta, sums, mean, variance, gradient, epsilon);
        for (node, gradient) in ops.parents.into_iter().zip([of_x, of_weight, of_gamma, of_beta]) {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: FitLayers, C: CheckpointStrategy> FitLayers for Autodiff<B, C> {
    fn conv3x3_norm_relu(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let prepared = ConvNormReluBackward
            .prepare::<C>([x.node(), weight.node(), gamma.node(), beta.node()])
            .compute_bound()
            .stateful();
        let [x, weight, gamma, beta] = [x, weight, gamma, beta].map(<Self as AutodiffBackend>::inner);
        let (out, sums, mean, variance) =
            B::conv3x3_norm_relu(x.clone(), weight.clone(), gamma.clone(), beta.clone(), epsilon);
        let [kept_sums, kept_mean, kept_variance] = [&sums, &mean, &variance].map(Clone::clone);
        let out = match prepared {
            OpsKind::Tracked(prepared) => {
                let kept =
                    Kept { x, weight, gamma, beta, sums: kept_sums, mean: kept_mean, variance: kept_variance, epsilon };
                prepared.finish(kept, out)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        };
        let [sums, mean, variance] = [sums, mean, variance].map(<Self as AutodiffBackend>::from_inner);
        (out, sums, mean, variance)
    }

    fn conv3x3_norm_relu_backward(
        _x: FloatTensor<Self>,
        _weight: FloatTensor<Self>,
        _gamma: FloatTensor<Self>,
        _beta: FloatTensor<Self>,
        _sums: FloatTensor<Self>,
        _mean: FloatTensor<Self>,
        _variance: FloatTensor<Self>,
        _gradient: FloatTensor<Self>,
        _epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("fitting takes no second derivatives")
    }
}
