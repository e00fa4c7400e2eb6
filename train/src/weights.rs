//! Arithmetic on the weights of whole networks.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;
use glioscope::network::burn::UNet;

/// `decay * average + (1 - decay) * latest` for every number of the networks, running statistics included. Both are plain
/// networks of one shape on one device.
pub(crate) fn blend(average: UNet, latest: &UNet, decay: f64) -> UNet {
    let mut collected = Collect(Vec::new());
    latest.visit(&mut collected);
    collected.0.reverse();
    average.map(&mut Blend { latest: collected.0, decay })
}

/// Whether no weight is infinite or NaN.
pub(crate) fn is_finite(unet: &UNet) -> bool {
    let mut collected = Collect(Vec::new());
    unet.visit(&mut collected);
    // Times 0 every finite number is 0 and every other one NaN. A single read, since reads are slow on a GPU.
    let sums: Vec<Tensor<1>> = collected.0.into_iter().map(|tensor| (tensor * 0.0).sum()).collect();
    sums.is_empty() || Tensor::cat(sums, 0).sum().into_scalar::<f32>() == 0.0
}

/// All tensors of a network, flattened, in the order of its fields.
struct Collect(Vec<Tensor<1>>);

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(param.val().flatten(0, D - 1));
    }
}

struct Blend {
    /// In reverse order: the next tensor is the last.
    latest: Vec<Tensor<1>>,
    decay: f64,
}

impl ModuleMapper for Blend {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(latest) = self.latest.pop() else { return param };
        param.map(|average| {
            let shape = average.shape();
            average * self.decay + latest.reshape(shape) * (1.0 - self.decay)
        })
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use glioscope::network::UNetConfig;

    use super::*;

    #[test]
    fn a_single_number_that_is_not_finite_is_found_in_any_tensor() {
        struct Spoil(usize, f32);
        impl ModuleMapper for Spoil {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                let spoilt = self.0 == 0;
                self.0 = self.0.wrapping_sub(1);
                let value = self.1;
                if spoilt { param.map(|tensor| tensor.clone() * 0.0 + value) } else { param }
            }
        }
        let network = UNetConfig { widths: vec![2, 3], stem: 1 }.init(&Device::flex());
        assert!(is_finite(&network));
        let mut collected = Collect(Vec::new());
        network.visit(&mut collected);
        for at in 0..collected.0.len() {
            for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                assert!(!is_finite(&network.clone().map(&mut Spoil(at, value))), "{value} in tensor {at}");
            }
        }
    }

    #[test]
    fn a_blend_is_the_weighted_mean() {
        let device = Device::flex();
        let config = UNetConfig { widths: vec![2, 3], stem: 1 };
        let (a, b) = (config.init(&device), config.init(&device));
        let numbers = |unet: &UNet| {
            let mut collected = Collect(Vec::new());
            unet.visit(&mut collected);
            Tensor::cat(collected.0, 0).into_data().try_into_vec::<f32>().expect("f32")
        };
        let blended = numbers(&blend(a.clone(), &b, 0.75));
        for ((blended, a), b) in blended.iter().zip(numbers(&a)).zip(numbers(&b)) {
            assert!((blended - (0.75 * a + 0.25 * b)).abs() < 1e-6);
        }
    }
}
