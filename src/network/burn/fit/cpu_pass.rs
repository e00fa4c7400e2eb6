//! [`CpuPass`]: the forward and the backward pass of a fit on the CPU.

use burn::module::Param;
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};

use crate::network::burn::UNet;
use crate::network::burn::unet::{ConvNormRelu, numbers};
use crate::network::config::UNetConfig;
use crate::network::cpu::fit::{NormedConv, Parameters, Pass, PlainConv};

/// The forward and the backward pass of a batch on the CPU, by this library's own kernels: several times as fast as Burn's
/// operations, since feature maps keep one layout and their memory is used again. The numbers do not depend on the number of
/// threads.
#[derive(Debug)]
pub struct CpuPass {
    pass: Pass,
    /// Those of the last forward pass.
    parameters: Parameters,
}

impl CpuPass {
    /// Memory for batches of `n` images of `height` x `width`.
    ///
    /// # Panics
    /// If `height` or `width` is not a [multiple](UNetConfig::multiple), or `n` is 0.
    pub fn new(config: &UNetConfig, n: usize, size: [usize; 2]) -> Self {
        Self { pass: Pass::new(config, n, size), parameters: Parameters::default() }
    }

    /// The number of images of a batch, their height and their width.
    pub fn shape(&self) -> [usize; 3] {
        self.pass.shape()
    }

    /// The logits of a batch, `[n, 3, height, width]` to `[n, height, width]`. Normalises by the statistics of the batch and
    /// updates the running statistics of `unet`, as [`UNet::forward`] does with gradients.
    ///
    /// # Panics
    /// If the length of `images` does not match, or `unet` is not a network for fitting with the configuration of the pass.
    pub fn forward(&mut self, unet: &UNet, images: &[f32]) -> Vec<f32> {
        self.parameters = parameters(unet);
        let logits = self.pass.forward(&self.parameters, images, epsilon(unet));
        for (layer, (mean, variance)) in layers(unet).zip(self.pass.statistics()) {
            let norm = &layer.norm;
            for (running, batch) in [(&norm.running_mean, mean), (&norm.running_var, variance)] {
                let value = running.value_sync();
                let batch = Tensor::<1>::from_data(TensorData::new(batch.to_vec(), [batch.len()]), &value.device());
                running.update(value.mul_scalar(1.0 - norm.momentum) + batch.mul_scalar(norm.momentum));
            }
        }
        logits
    }

    /// The gradients of all parameters of `unet` from those of the logits, `[n, height, width]`, of the last
    /// [`forward`](Self::forward).
    ///
    /// # Panics
    /// If the length does not match, or `unet` is another network than that of the forward pass.
    pub fn backward(&mut self, unet: &UNet, of_logits: &[f32]) -> GradientsParams {
        let of = self.pass.backward(&self.parameters, of_logits, epsilon(unet));
        let mut gradients = GradientsParams::new();
        for (block, of) in unet.down.iter().zip(of.down).chain(unet.merge.iter().zip(of.merge)) {
            for (layer, of) in [&block.first, &block.second].into_iter().zip(of) {
                register(&mut gradients, &layer.weight, of.weight);
                register(&mut gradients, &layer.norm.gamma, of.gamma);
                register(&mut gradients, &layer.norm.beta, of.beta);
            }
        }
        let head = (&unet.head.weight, unet.head.bias.as_ref(), of.head);
        let up = unet.up.iter().zip(of.up).map(|(up, of)| (&up.weight, up.bias.as_ref(), of));
        for (weight, bias, of) in up.chain([head]) {
            register(&mut gradients, weight, of.weight);
            if let Some(bias) = bias {
                register(&mut gradients, bias, of.bias);
            }
        }
        gradients
    }
}

fn register<const D: usize>(gradients: &mut GradientsParams, param: &Param<Tensor<D>>, values: Vec<f32>) {
    let (shape, device) = (param.lazy_shape(), param.lazy_device().without_autodiff());
    gradients.register(param.id, Tensor::<D>::from_data(TensorData::new(values, shape), &device));
}

/// The normalised convolutions in the order of the forward pass: the way down, then from the last depth up.
fn layers(unet: &UNet) -> impl Iterator<Item = &ConvNormRelu> {
    unet.down.iter().chain(unet.merge.iter().rev()).flat_map(|block| [&block.first, &block.second])
}

/// What is added to a variance. All normalisations have the same.
fn epsilon(unet: &UNet) -> f32 {
    unet.down[0].first.norm.epsilon as f32
}

fn parameters(unet: &UNet) -> Parameters {
    let normed = |layer: &ConvNormRelu| NormedConv {
        weight: values(&layer.weight),
        gamma: values(&layer.norm.gamma),
        beta: values(&layer.norm.beta),
    };
    let plain = |weight: &Param<Tensor<4>>, bias: Option<&Param<Tensor<1>>>| PlainConv {
        weight: values(weight),
        bias: bias.map(values).unwrap_or_default(),
    };
    Parameters {
        down: unet.down.iter().map(|block| [normed(&block.first), normed(&block.second)]).collect(),
        up: unet.up.iter().map(|up| plain(&up.weight, up.bias.as_ref())).collect(),
        merge: unet.merge.iter().map(|block| [normed(&block.first), normed(&block.second)]).collect(),
        head: plain(&unet.head.weight, unet.head.bias.as_ref()),
    }
}

fn values<const D: usize>(param: &Param<Tensor<D>>) -> Vec<f32> {
    numbers(param.val())
}

#[cfg(test)]
mod tests {
    use burn::module::Module as _;
    use burn::tensor::Device;

    use super::*;
    use crate::network::config::INPUTS;
    use crate::random::Rng;

    fn random(count: usize, seed: u64) -> Vec<f32> {
        let mut rng = Rng::new(seed, 0);
        (0..count).map(|_| rng.range(-1.0, 1.0)).collect()
    }

    /// The largest difference, relative to the largest value.
    fn difference(found: &[f32], expected: &[f32]) -> f32 {
        assert_eq!(found.len(), expected.len());
        let scale = expected.iter().fold(1e-2f32, |most, value| most.max(value.abs()));
        found.iter().zip(expected).fold(0.0, |most, (a, b)| most.max((a - b).abs() / scale))
    }

    /// The largest differences of logits and running statistics, and of all gradients, from Burn's operations and autodiff.
    fn differences(config: &UNetConfig, n: usize, [h, w]: [usize; 2], device: &Device) -> (f32, f32) {
        let ours = config.init(device);
        let burns = ours.clone().fork(device);
        let (images, of_logits) = (random(n * INPUTS * h * w, 1), random(n * h * w, 2));

        let mut pass = CpuPass::new(config, n, [h, w]);
        // The second pass uses the same memory again.
        pass.forward(&ours.clone().fork(device), &random(images.len(), 3));
        pass.backward(&ours, &of_logits);
        let logits = pass.forward(&ours, &images);
        let found = pass.backward(&ours, &of_logits);

        let x = Tensor::<4>::from_data(TensorData::new(images, [n, INPUTS, h, w]), device);
        let expected = burns.forward(x);
        let mut forward = difference(&logits, &numbers(expected.clone().inner()));
        let weights = Tensor::<4>::from_data(TensorData::new(of_logits, [n, 1, h, w]), device);
        let expected = GradientsParams::from_grads((expected * weights).sum().backward(), &burns);
        assert_eq!(found.len(), expected.len(), "number of gradients");

        let mut backward = 0.0f32;
        let gradient = |of: &GradientsParams, id| of.get::<1>(id).map(numbers).expect("a gradient");
        let gradient4 = |of: &GradientsParams, id| of.get::<4>(id).map(numbers).expect("a gradient");
        for (a, b) in layers(&ours).zip(layers(&burns)) {
            for (a, b) in [(&a.norm.running_mean, &b.norm.running_mean), (&a.norm.running_var, &b.norm.running_var)] {
                forward = forward.max(difference(&numbers(a.value_sync()), &numbers(b.value_sync())));
            }
            backward = backward.max(difference(&gradient4(&found, a.weight.id), &gradient4(&expected, b.weight.id)));
            for (a, b) in [(&a.norm.gamma, &b.norm.gamma), (&a.norm.beta, &b.norm.beta)] {
                backward = backward.max(difference(&gradient(&found, a.id), &gradient(&expected, b.id)));
            }
        }
        for (a, b) in ours.up.iter().zip(&burns.up) {
            backward = backward.max(difference(&gradient4(&found, a.weight.id), &gradient4(&expected, b.weight.id)));
            let (Some(a), Some(b)) = (&a.bias, &b.bias) else { unreachable!("they have a bias") };
            backward = backward.max(difference(&gradient(&found, a.id), &gradient(&expected, b.id)));
        }
        let (a, b) = (ours.head.weight.id, burns.head.weight.id);
        (forward, backward.max(difference(&gradient4(&found, a), &gradient4(&expected, b))))
    }

    /// Where two summations differ in the last bit, a unit near 0 can pass its ReLU in one and not in the other, and another
    /// pixel can be the largest of a pool. Both gradients are then right, and they differ by what that unit contributes. This
    /// happens to 11 % of the draws of the last configuration, so that half of six draws have to agree.
    #[test]
    fn a_pass_equals_burns_operations() {
        let device = Device::flex().autodiff();
        for (config, n, size) in [
            (UNetConfig { widths: vec![3, 5], stem: 1 }, 2, [8, 12]),
            (UNetConfig { widths: vec![16, 20, 33], stem: 2 }, 5, [16, 40]),
            (UNetConfig { widths: vec![4], stem: 2 }, 3, [6, 10]),
            (UNetConfig { widths: vec![16, 32], stem: 2 }, 9, [32, 32]),
        ] {
            let gradients = [1, 2, 3, 4, 5, 6].map(|seed| {
                device.seed(seed);
                let (forward, backward) = differences(&config, n, size, &device);
                assert!(forward < 1e-4, "{config:?}, seed {seed}: logits or running statistics differ by {forward}");
                backward
            });
            let agree = gradients.iter().filter(|&&backward| backward < 1e-3).count();
            assert!(agree >= 3, "{config:?}: gradients differ by {gradients:?}");
        }
    }

    #[test]
    fn the_numbers_do_not_depend_on_the_number_of_threads() {
        let device = Device::flex().autodiff();
        let config = UNetConfig { widths: vec![5, 17], stem: 2 };
        let unet = config.init(&device);
        let (n, [h, w]) = (9, [16, 24]);
        let (images, of_logits) = (random(n * INPUTS * h * w, 1), random(n * h * w, 2));
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| {
                let mut pass = CpuPass::new(&config, n, [h, w]);
                let logits = pass.forward(&unet, &images);
                (logits, pass.pass.backward(&pass.parameters, &of_logits, epsilon(&unet)))
            })
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    #[should_panic(expected = "expected 2 images of 64 pixels, found 191")]
    fn a_batch_of_another_size_is_refused() {
        let config = UNetConfig { widths: vec![3], stem: 1 };
        CpuPass::new(&config, 2, [8, 8]).forward(&config.init(&Device::flex().autodiff()), &[0.0; 191]);
    }
}
