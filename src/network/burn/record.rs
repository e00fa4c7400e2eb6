//! `weights.bin` ↔ [`UNet`].

use burn::module::{Module, ModuleMapper, Param};
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, DType, Device, Tensor, TensorData, f16};
use sha2::{Digest as _, Sha256};

use super::unet::UNet;
use crate::error::{ModelFault, Result};
use crate::network::manifest::{Manifest, WeightsFile};

impl Manifest {
    /// The network with the given weights on `device`, ready for fitting or, [folded](UNet::fold), for inference.
    ///
    /// # Errors
    /// [`ModelFault::Hash`] unless these are the very bytes that the manifest names, [`ModelFault::Record`] if they do
    /// not fit the network.
    pub fn load(&self, weights: &[u8], device: &Device) -> Result<UNet, ModelFault> {
        self.load_hashed(weights, sha256(weights), device)
    }

    /// As [`load`](Self::load), where the SHA-256 of the weights is known already: `found`, lower-case hexadecimal.
    pub(crate) fn load_hashed(&self, weights: &[u8], found: String, device: &Device) -> Result<UNet, ModelFault> {
        if found != self.weights.sha256 {
            let expected = self.weights.sha256.clone();
            return Err(ModelFault::Hash { expected, found, bytes: weights.len() });
        }
        let record = |error: burn::store::RecordError| ModelFault::Record { reason: error.to_string() };
        let loaded = ModuleRecord::from_bytes(Bytes::from_bytes_vec(weights.to_vec())).map_err(record)?;
        let halved = self.network.unset(&Device::flex()).try_load_record(loaded).map_err(record)?;
        Ok(halved.map(&mut Widen { device }))
    }
}

impl WeightsFile {
    /// The bytes of `weights.bin` for a fitted network, and what identifies them. Kernels are stored in half
    /// precision; the normalisations' few numbers stay in single, since small variances would vanish.
    ///
    /// # Errors
    /// [`ModelFault::Record`] if Burn cannot write the record.
    pub fn of(unet: &UNet) -> Result<(Vec<u8>, Self), ModelFault> {
        let parameters = unet.parameters();
        let halved = unet.clone().map(&mut Halve);
        let bytes = halved.into_record().into_bytes();
        let bytes = bytes.map_err(|error| ModelFault::Record { reason: error.to_string() })?.to_vec();
        let file = Self { sha256: sha256(&bytes), bytes: bytes.len(), parameters };
        Ok((bytes, file))
    }
}

struct Halve;

impl ModuleMapper for Halve {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if D == 4 { param.map(|tensor| tensor.detach().cast(DType::F16)) } else { param }
    }
}

/// Single precision on a device. Burn would cast while it loads, by way of a value that it makes first, and number by
/// number: a quarter of what opening a model takes in a browser.
struct Widen<'a> {
    device: &'a Device,
}

impl ModuleMapper for Widen<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| {
            let shape = tensor.shape();
            let data = tensor.into_data();
            let data = match data.dtype() {
                DType::F16 => {
                    let halves: Vec<f16> = data.try_into_vec().expect("what the type says");
                    TensorData::new(halves.into_iter().map(f16::to_f32).collect(), shape)
                }
                _ => data,
            };
            Tensor::from_data(data, self.device)
        })
    }
}

/// SHA-256, lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
