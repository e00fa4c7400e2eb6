//! `network.safetensors`: a [`UNet`] with its batch normalisations, for `train fit --start` and `train average`.

use burn::module::{Module as _, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::unet::{UNet, numbers};
use crate::error::ModelFault;
use crate::network::config::UNetConfig;
use crate::network::safetensors::{Kind, Precision, Tensors};

impl UNet {
    /// Reads `network.safetensors`.
    ///
    /// # Errors
    /// [`ModelFault::Config`] for an invalid configuration, [`ModelFault::Record`] for tensors that do not match it.
    pub fn from_safetensors(config: &UNetConfig, bytes: &[u8], device: &Device) -> Result<Self, ModelFault> {
        config.validate()?;
        let mut take = Take { path: Vec::new(), tensors: Tensors::read(bytes, Kind::Unfolded)?, fault: None, device };
        let unet = config.zeros(device).map(&mut take);
        take.fault.map_or(Ok(()), Err)?;
        take.tensors.finish()?;
        Ok(unet)
    }

    /// The bytes of `network.safetensors`. Kernels are in half precision, as in `weights.safetensors`: folding this
    /// file gives that one. The rest is in single precision.
    pub fn to_safetensors(&self) -> Vec<u8> {
        let mut put = Put::default();
        self.visit(&mut put);
        put.tensors.write(Kind::Unfolded)
    }
}

/// Collects every tensor under its path.
#[derive(Default)]
struct Put {
    path: Vec<String>,
    tensors: Tensors,
}

impl ModuleVisitor for Put {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let precision = if D == 4 { Precision::Half } else { Precision::Single };
        let tensor = param.val();
        let shape = tensor.dims();
        self.tensors.put(self.path.join("."), &shape, &numbers(tensor), precision);
    }
}

/// Reads every tensor from its path. A parameter that cannot be read keeps its zeros, and the first fault is kept.
struct Take<'a> {
    path: Vec<String>,
    tensors: Tensors,
    fault: Option<ModelFault>,
    device: &'a Device,
}

impl ModuleMapper for Take<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.val().dims();
        match self.tensors.take(&self.path.join("."), &shape) {
            Ok(values) => param.map(|_| Tensor::from_data(TensorData::new(values, shape), self.device)),
            Err(fault) => {
                self.fault.get_or_insert(fault);
                param
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_round_trips_and_folds_to_the_same_weights() {
        let device = Device::flex();
        let config = UNetConfig { widths: vec![3, 5], stem: 2 };
        let unet = config.init(&device);
        let bytes = unet.to_safetensors();
        let read = UNet::from_safetensors(&config, &bytes, &device).expect("what was written");
        assert_eq!(read.to_safetensors(), bytes);
        assert_eq!(read.fold().to_safetensors(), unet.fold().to_safetensors());

        let wider = UNetConfig { widths: vec![3, 6], stem: 2 };
        let fault = UNet::from_safetensors(&wider, &bytes, &device).expect_err("another network").to_string();
        assert!(fault.contains("expected the shape [6, 3, 3, 3], found [5, 3, 3, 3]"), "{fault}");
    }
}
