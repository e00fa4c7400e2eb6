//! [`UNet`]: the U-Net in Burn.

use super::{conv_transpose, conv3x3_relu};
use crate::network::config::{INPUTS, UNetConfig};
use crate::network::folded::{FoldedUNet, Layer};
use burn::module::{Module, ModuleMapper, Param, ParamId, RunningState};
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::nn::{BatchNorm, PaddingConfig2d};
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Distribution, Tensor, TensorData, module};

impl UNetConfig {
    /// A network with random weights on `device`, drawn as in He et al. 2015.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) refuses the configuration.
    pub fn init(&self, device: &Device) -> UNet {
        self.build(device, true).number()
    }

    /// A network of zeros to load parameters into. It is faster to make than one with random weights.
    pub(crate) fn zeros(&self, device: &Device) -> UNet {
        self.build(device, false).number()
    }

    fn build(&self, device: &Device, draw: bool) -> UNet {
        let cells = self.stem * self.stem;
        let pairs = || self.widths.windows(2);
        let inputs = [INPUTS * cells].into_iter().chain(self.widths.iter().copied());
        UNet {
            down: inputs.zip(&self.widths).map(|(i, &o)| DoubleConv::new(i, o, device, draw)).collect(),
            up: pairs().map(|pair| transposed(pair[1], pair[0], device, draw)).collect(),
            merge: pairs().map(|pair| DoubleConv::new(2 * pair[0], pair[0], device, draw)).collect(),
            head: pointwise(self.widths[0], cells, device, draw),
            stem: self.stem,
        }
    }
}

/// A U-Net (Ronneberger, Fischer and Brox 2015) with batch normalisation: one logit for each pixel.
#[derive(Module, Debug)]
pub struct UNet {
    /// One for each depth, the finest first. The last is the bottleneck.
    pub(super) down: Vec<DoubleConv>,
    /// From depth `i + 1` to depth `i`.
    pub(super) up: Vec<ConvTranspose2d>,
    /// After the skip at depth `i` is joined.
    pub(super) merge: Vec<DoubleConv>,
    pub(super) head: Conv2d,
    stem: usize,
}

impl UNet {
    /// The logits of `x`: `[n, 3, h, w]` to `[n, 1, h, w]`.
    ///
    /// # Panics
    /// If `h` or `w` is not a multiple of [`UNetConfig::multiple`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        // Shapes are those of the default configuration and a slice of 256 x 256.
        let mut x = space_to_depth(x, self.stem); // [n, 12, 128, 128]
        let mut skips = Vec::with_capacity(self.up.len());
        for (depth, block) in self.down.iter().enumerate() {
            if depth > 0 {
                x = module::max_pool2d(x, MaxPoolOptions::new([2, 2]).with_stride([2, 2])); // [n, 16, 64, 64] …
            }
            x = block.forward(x); // [n, 16, 128, 128], [n, 32, 64, 64], … [n, 256, 8, 8]
            skips.push(x.clone());
        }
        skips.pop();
        for ((skip, up), merge) in skips.into_iter().zip(&self.up).zip(&self.merge).rev() {
            x = Tensor::cat(vec![skip, up_convolution(up, x)], 1); // [n, 256, 16, 16] …
            x = merge.forward(x); // [n, 128, 16, 16], … [n, 16, 128, 128]
        }
        depth_to_space(self.head(x), self.stem) // [n, 4, 128, 128] → [n, 1, 256, 256]
    }

    /// `[n, inputs, h, w]` to `[n, stem², h, w]`.
    fn head(&self, x: Tensor<4>) -> Tensor<4> {
        #[cfg(feature = "fit")]
        if x.device().is_autodiff() {
            return self.head.forward(x);
        }
        transpose(x, self.head.weight.val().swap_dims(0, 1), self.head.bias.as_ref())
    }

    /// Numbers the parameters in the order of the fields. Burn draws their identifiers at random and saves them, so
    /// that the records of equal networks would differ.
    fn number(self) -> Self {
        let mut numbers = Numbers(0);
        let mut unet = self.map(&mut numbers);
        for block in unet.down.iter_mut().chain(&mut unet.merge) {
            for BatchNorm { running_mean, running_var, .. } in [&mut block.first.norm, &mut block.second.norm] {
                for running in [running_mean, running_var] {
                    *running = RunningState::with_id(numbers.next(), running.value());
                }
            }
        }
        unet
    }

    /// The number of parameters that are fitted: all but the running statistics of the normalisations.
    pub fn parameters(&self) -> usize {
        let convs = self.down.iter().chain(&self.merge).flat_map(|block| [&block.first, &block.second]);
        let running: usize = convs.map(|conv| 2 * conv.norm.gamma.lazy_shape().num_elements()).sum();
        self.num_params() - running
    }

    /// The network for inference: each normalisation is folded into a scale and a bias of the convolution before it.
    pub fn fold(&self) -> FoldedUNet {
        let pairs = |blocks: &[DoubleConv]| blocks.iter().flat_map(DoubleConv::fold).collect::<Vec<_>>();
        let up = self.up.iter().map(|up| plain(&up.weight, up.bias.as_ref()));
        let head = plain(&self.head.weight, self.head.bias.as_ref());
        let layers = pairs(&self.down).into_iter().chain(up).chain(pairs(&self.merge)).chain([head]).collect();
        let widths = self.down.iter().map(|block| block.second.weight.dims()[0]).collect();
        FoldedUNet::from_layers(&UNetConfig { widths, stem: self.stem }, layers)
    }

    /// A network for inference on `device`. Its weights are in memory as the shaders read them; otherwise every image
    /// would copy them.
    pub fn from_folded(folded: &FoldedUNet, device: &Device) -> Self {
        let mut unet = folded.config.zeros(device);
        let convs = unet.down.iter_mut().chain(&mut unet.merge).flat_map(|block| [&mut block.first, &mut block.second]);
        for (conv, layer) in convs.zip(folded.down.iter().chain(&folded.merge).flatten()) {
            conv.weight = laid_out(layer, conv.weight.dims(), [2, 3, 1, 0], device);
            conv.bias = Some(bias(layer, device));
        }
        for (up, layer) in unet.up.iter_mut().zip(&folded.up) {
            up.weight = laid_out(layer, up.weight.dims(), [2, 3, 0, 1], device);
            up.bias = Some(bias(layer, device));
        }
        unet.head.weight = laid_out(&folded.head, unet.head.weight.dims(), [2, 3, 1, 0], device);
        unet.head.bias = Some(bias(&folded.head, device));
        unet
    }
}

/// A parameter that is drawn from `from` when it is first used. Without `from` it is 0.
///
/// Burn's `Initializer` is not used: it supports orthogonal matrices, and for them it links the matrix product, a third
/// of the wasm module.
fn drawn<const D: usize>(shape: [usize; D], from: Option<Distribution>, device: &Device) -> Param<Tensor<D>> {
    let draw = move |device: &Device, require_grad: bool| {
        let tensor = match from {
            Some(from) => Tensor::random(shape, from, device),
            None => Tensor::zeros(shape, device),
        };
        if require_grad { tensor.require_grad() } else { tensor }
    };
    Param::uninitialized(ParamId::new(), draw, device.clone(), true, shape.into())
}

/// The distribution from which Burn and PyTorch draw the weights and biases of a convolution.
fn uniform(fan_in: usize) -> Distribution {
    let most = 1.0 / (fan_in as f64).sqrt();
    Distribution::Uniform(-most, most)
}

/// A 1x1 convolution.
fn pointwise(inputs: usize, outputs: usize, device: &Device, draw: bool) -> Conv2d {
    let from = draw.then(|| uniform(inputs));
    Conv2d {
        weight: drawn([outputs, inputs, 1, 1], from, device),
        bias: Some(drawn([outputs], from, device)),
        stride: [1, 1],
        kernel_size: [1, 1],
        dilation: [1, 1],
        groups: 1,
        padding: PaddingConfig2d::Valid,
    }
}

/// An up-convolution: a 2x2 transposed convolution with stride 2.
fn transposed(inputs: usize, outputs: usize, device: &Device, draw: bool) -> ConvTranspose2d {
    let from = draw.then(|| uniform(outputs * 4));
    ConvTranspose2d {
        weight: drawn([inputs, outputs, 2, 2], from, device),
        bias: Some(drawn([outputs], from, device)),
        stride: [2, 2],
        kernel_size: [2, 2],
        dilation: [1, 1],
        groups: 1,
        padding: [0, 0],
        padding_out: [0, 0],
        channels: [inputs, outputs],
    }
}

/// A batch normalisation with the scale 1 and the bias 0.
fn normalisation(channels: usize, device: &Device) -> BatchNorm {
    BatchNorm {
        gamma: Param::from_tensor(Tensor::ones([channels], device)),
        beta: Param::from_tensor(Tensor::zeros([channels], device)),
        training: Param::from_bool(true),
        running_mean: RunningState::new(Tensor::zeros([channels], device)),
        running_var: RunningState::new(Tensor::ones([channels], device)),
        momentum: 0.1,
        epsilon: 1e-5,
    }
}

/// `[n, inputs, h, w]` to `[n, outputs, h * 2, w * 2]`.
fn up_convolution(up: &ConvTranspose2d, x: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "fit")]
    if x.device().is_autodiff() {
        return up.forward(x);
    }
    transpose(x, up.weight.val(), up.bias.as_ref())
}

/// `[n, inputs, h, w]` to `[n, outputs, h * s, w * s]` by `weight`, `[inputs, outputs, s, s]`.
fn transpose(x: Tensor<4>, weight: Tensor<4>, bias: Option<&Param<Tensor<1>>>) -> Tensor<4> {
    let [_, outputs, _, _] = weight.dims();
    let bias = bias.map_or_else(|| Tensor::zeros([outputs], &x.device()), Param::val);
    conv_transpose(x, weight, bias)
}

/// A layer without a normalisation.
fn plain(weight: &Param<Tensor<4>>, bias: Option<&Param<Tensor<1>>>) -> Layer {
    Layer {
        kernel: numbers(weight.val()),
        scale: Vec::new(),
        bias: bias.map(|bias| numbers(bias.val())).unwrap_or_default(),
    }
}

/// The values of a tensor in single precision, row by row.
pub(super) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("parameters are in single precision")
}

fn bias(layer: &Layer, device: &Device) -> Param<Tensor<1>> {
    Param::from_data(TensorData::new(layer.bias.clone(), [layer.bias.len()]), device)
}

/// The weight of a layer with the shape `dims`, in memory in the order of `axes`.
fn laid_out(layer: &Layer, dims: [usize; 4], axes: [isize; 4], device: &Device) -> Param<Tensor<4>> {
    let weight = Tensor::<4>::from_data(TensorData::new(layer.weight().into_owned(), dims), device);
    let moved = weight.permute(axes); // [side, side, inputs, outputs]
    let shape = moved.dims();
    // Flattening copies the values into that order.
    let flat: Tensor<1> = moved.reshape([-1]);
    let mut back = [0; 4];
    for (place, axis) in (0..).zip(axes) {
        back[axis as usize] = place;
    }
    let moved: Tensor<4> = flat.reshape(shape);
    Param::from_tensor(moved.permute(back))
}

struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> ParamId {
        self.0 += 1;
        ParamId::from(self.0)
    }
}

impl ModuleMapper for Numbers {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (_, tensor, mapper) = param.consume();
        Param::from_mapped_value(self.next(), tensor, mapper)
    }
}

/// Two 3x3 convolutions, each normalised and rectified.
#[derive(Module, Debug)]
pub(super) struct DoubleConv {
    pub(super) first: ConvNormRelu,
    pub(super) second: ConvNormRelu,
}

impl DoubleConv {
    fn new(inputs: usize, outputs: usize, device: &Device, draw: bool) -> Self {
        Self {
            first: ConvNormRelu::new(inputs, outputs, device, draw),
            second: ConvNormRelu::new(outputs, outputs, device, draw),
        }
    }

    /// `[n, inputs, h, w]` to `[n, outputs, h, w]`.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.second.forward(self.first.forward(x))
    }

    fn fold(&self) -> [Layer; 2] {
        [self.first.fold(), self.second.fold()]
    }
}

#[derive(Module, Debug)]
pub(super) struct ConvNormRelu {
    /// `[outputs, inputs, 3, 3]`. There is no bias, since the normalisation has one.
    pub(super) weight: Param<Tensor<4>>,
    pub(super) norm: BatchNorm,
    /// `[outputs]`, only in a network for inference, where the normalisation is folded into the weight.
    bias: Option<Param<Tensor<1>>>,
}

impl ConvNormRelu {
    fn new(inputs: usize, outputs: usize, device: &Device, draw: bool) -> Self {
        let he = draw.then(|| Distribution::Normal(0.0, (2.0 / (inputs * 9) as f64).sqrt()));
        Self { weight: drawn([outputs, inputs, 3, 3], he, device), norm: normalisation(outputs, device), bias: None }
    }

    /// `[n, inputs, h, w]` to `[n, outputs, h, w]`.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match &self.bias {
            Some(bias) => conv3x3_relu(x, self.weight.val(), bias.val()),
            #[cfg(feature = "fit")]
            None if x.device().is_autodiff() => self.forward_fit(x),
            #[cfg(not(target_arch = "wasm32"))]
            None => self.forward_plain(x),
            // Burn's convolution would add megabytes to the wasm module.
            #[cfg(target_arch = "wasm32")]
            None => unreachable!("in the browser every network is folded"),
        }
    }

    /// The layer in Burn's operations. The tests compare the fused operations with it.
    #[cfg(not(target_arch = "wasm32"))]
    fn forward_plain(&self, x: Tensor<4>) -> Tensor<4> {
        use burn::tensor::{activation::relu, ops::ConvOptions};
        let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
        relu(self.norm.forward(module::conv2d(x, self.weight.val(), None, options)))
    }

    /// As Burn's `BatchNorm`: normalises by the statistics of the batch and updates the running statistics.
    #[cfg(feature = "fit")]
    fn forward_fit(&self, x: Tensor<4>) -> Tensor<4> {
        let norm = &self.norm;
        let (out, mean, variance) =
            super::conv3x3_norm_relu(x, self.weight.val(), norm.gamma.val(), norm.beta.val(), norm.epsilon);
        for (running, batch) in [(&norm.running_mean, mean), (&norm.running_var, variance)] {
            let kept = running.value_sync().detach().mul_scalar(1.0 - norm.momentum);
            running.update(kept + batch.detach().mul_scalar(norm.momentum));
        }
        out
    }

    fn fold(&self) -> Layer {
        let norm = &self.norm;
        let scale = norm.gamma.val() / (norm.running_var.value() + norm.epsilon).sqrt(); // [outputs]
        let bias = norm.beta.val() - norm.running_mean.value() * scale.clone(); // [outputs]
        Layer { kernel: numbers(self.weight.val()), scale: numbers(scale), bias: numbers(bias) }
    }
}

/// Makes squares of `cell` x `cell` pixels channels: `[n, c, h, w]` to `[n, c * cell², h / cell, w / cell]`.
fn space_to_depth(x: Tensor<4>, cell: usize) -> Tensor<4> {
    if cell == 1 {
        return x;
    }
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h / cell, cell, w / cell, cell]) // [n, 3, 128, 2, 128, 2]
        .permute([0, 1, 3, 5, 2, 4]) // [n, 3, 2, 2, 128, 128]
        .reshape([n, c * cell * cell, h / cell, w / cell]) // [n, 12, 128, 128]
}

/// The inverse of [`space_to_depth`] for one channel: `[n, cell², h, w]` to `[n, 1, h * cell, w * cell]`.
fn depth_to_space(x: Tensor<4>, cell: usize) -> Tensor<4> {
    if cell == 1 {
        return x;
    }
    let [n, _, h, w] = x.dims();
    x.reshape([n, cell, cell, h, w]) // [n, 2, 2, 128, 128]
        .permute([0, 3, 1, 4, 2]) // [n, 128, 2, 128, 2]
        .reshape([n, 1, h * cell, w * cell]) // [n, 1, 256, 256]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::cpu::Plan;
    use crate::random::Rng;

    /// Replaces all parameters by random ones, also running statistics, so that folding has an effect.
    struct Shake(Rng);

    impl ModuleMapper for Shake {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            param.map(|tensor| {
                let low = if D == 1 { 0.5 } else { -0.5 };
                let values = (0..tensor.shape().num_elements()).map(|_| self.0.range(low, low + 1.0)).collect();
                let shaken = TensorData::new::<f32, _>(values, tensor.shape());
                Tensor::from_data(shaken, &tensor.device()).set_require_grad(tensor.is_require_grad())
            })
        }
    }

    fn image(shape: [usize; 4], device: &Device) -> Tensor<4> {
        let mut rng = Rng::new(9, 0);
        let values = (0..shape.iter().product()).map(|_| rng.range(-2.0, 2.0)).collect();
        Tensor::from_data(TensorData::new::<f32, _>(values, shape), device)
    }

    fn close<const D: usize>(found: Tensor<D>, expected: Tensor<D>, what: &str) {
        let (found, expected) = (numbers(found), numbers(expected));
        assert_eq!(found.len(), expected.len(), "{what}");
        let scale = expected.iter().fold(1e-3f32, |most, value| most.max(value.abs()));
        for (i, (a, b)) in found.iter().zip(&expected).enumerate() {
            assert!((a - b).abs() < 2e-4 * scale, "{what}: at {i} found {a}, expected {b}");
        }
    }

    #[test]
    fn the_default_network_has_1_943_924_parameters() {
        let unet = UNetConfig::default().init(&Device::flex());
        assert_eq!(unet.parameters(), 1_943_924);
    }

    #[test]
    fn folding_keeps_the_logits() {
        let device = Device::flex();
        for (config, side) in [
            (UNetConfig { widths: vec![3, 5, 9], stem: 1 }, 12),
            (UNetConfig { widths: vec![8, 16], stem: 2 }, 20),
            (UNetConfig { widths: vec![4], stem: 4 }, 8),
        ] {
            let unet = config.init(&device).map(&mut Shake(Rng::new(1, 0)));
            let x = image([2, INPUTS, side, side + config.multiple()], &device);
            let folded = UNet::from_folded(&unet.fold(), &device);
            close(folded.forward(x.clone()), unet.forward(x), &format!("{config:?}"));
        }
    }

    /// Compares the plan for the CPU with Burn's operations.
    #[test]
    fn a_plan_has_the_logits_of_the_burn_network() {
        let device = Device::flex();
        for (config, size) in [
            (UNetConfig { widths: vec![3, 5, 9], stem: 1 }, [12, 20]),
            (UNetConfig { widths: vec![8, 16], stem: 2 }, [4, 4]),
            (UNetConfig { widths: vec![4], stem: 4 }, [8, 36]),
            (UNetConfig { widths: vec![17, 33, 40, 1], stem: 2 }, [48, 80]),
            (UNetConfig { widths: vec![1, 300], stem: 1 }, [30, 14]),
            (UNetConfig::default(), [96, 64]),
        ] {
            for n in [1, 3] {
                let unet = config.init(&device).map(&mut Shake(Rng::new(1, 0)));
                let x = image([n, INPUTS, size[0], size[1]], &device);
                let values = x.clone().into_data().try_into_vec::<f32>().expect("f32");
                let plan = Plan::new(&unet.fold(), size);
                // The second time reuses the feature maps.
                for _ in 0..2 {
                    let found = TensorData::new(plan.logits(&values), [n, 1, size[0], size[1]]);
                    close(Tensor::<4>::from_data(found, &device), unet.forward(x.clone()), &format!("{config:?}"));
                }
            }
        }
    }

    #[test]
    fn invalid_configurations_are_refused() {
        for (widths, stem) in [(vec![], 1), (vec![0], 1), (vec![5000], 1), (vec![4; 9], 1), (vec![4], 3)] {
            let config = UNetConfig { widths, stem };
            assert!(config.validate().is_err(), "{config:?}");
        }
    }

    /// Compares the fused operation with Burn's operations: result, running statistics and every gradient.
    #[test]
    #[cfg(feature = "fit")]
    fn the_fused_layer_equals_burns_operations() {
        let device = Device::flex().autodiff();
        for (inputs, outputs, [h, w]) in [(3, 5, [6, 9]), (16, 8, [16, 16]), (7, 20, [3, 33])] {
            let block = ConvNormRelu::new(inputs, outputs, &device, true).map(&mut Shake(Rng::new(2, 0)));
            let plain = block.clone().fork(&device);
            let x = || image([3, inputs, h, w], &device).require_grad();
            let (fused_x, plain_x) = (x(), x());
            let fused = block.forward_fit(fused_x.clone());
            let expected = plain.forward_plain(plain_x.clone());
            close(fused.clone().inner(), expected.clone().inner(), "result");

            // Random weights for each value, so that errors do not cancel.
            let weigh = |out: Tensor<4>| (out.clone() * image(out.dims(), &device)).sum();
            let (of_fused, of_plain) = (weigh(fused).backward(), weigh(expected).backward());
            let gradient = |x: &Tensor<4>, all: &burn::tensor::Gradients| x.grad(all).expect("a gradient");
            close(gradient(&fused_x, &of_fused), gradient(&plain_x, &of_plain), "x");
            close(gradient(&block.weight.val(), &of_fused), gradient(&plain.weight.val(), &of_plain), "weight");
            for (a, b, what) in
                [(&block.norm.gamma, &plain.norm.gamma, "gamma"), (&block.norm.beta, &plain.norm.beta, "beta")]
            {
                let (a, b) = (a.val().grad(&of_fused), b.val().grad(&of_plain));
                close(a.expect("a gradient"), b.expect("a gradient"), what);
            }
            let (a, b) = (&block.norm, &plain.norm);
            close(a.running_mean.value_sync().inner(), b.running_mean.value_sync().inner(), "running mean");
            close(a.running_var.value_sync().inner(), b.running_var.value_sync().inner(), "running variance");
        }
    }
}
