//! Models of format 1: `model.json` with `weights.bin`, a Burn record. They are read and converted, never written.

use burn::module::{Module as _, ModuleMapper, Param};
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, DType, Device, Tensor, TensorData, f16};
use serde::Deserialize;

use super::unet::UNet;
use crate::error::ModelFault;
use crate::network::card::{Card, Counts, Split};
use crate::network::config::UNetConfig;
use crate::network::manifest::{Manifest, WeightsFile};
use crate::network::preprocess::Normalisation;
use crate::network::safetensors::Precision;
use crate::network::sha256::sha256;

/// A model of format 1, converted to the files of the current format.
#[derive(Debug)]
pub struct FormerModel {
    /// The network, unfolded.
    pub unet: UNet,
    /// `model.json`, with the hash of [`weights`](Self::weights).
    pub manifest: Manifest,
    /// `card.json`.
    pub card: Card,
    /// The bytes of `weights.safetensors`.
    pub weights: Vec<u8>,
}

/// `model.json` of format 1.
#[derive(Deserialize)]
struct FormerManifest {
    format: u32,
    network: UNetConfig,
    grid: usize,
    normalisation: Normalisation,
    threshold: f32,
    weights: WeightsFile,
    split: Split,
    counts: Counts,
    recipe: serde_json::Value,
    revision: String,
    #[serde(default)]
    known_answer: Vec<f32>,
    metrics: std::collections::BTreeMap<String, f64>,
}

/// Reads `model.json` of format 1 and `weights.bin`.
///
/// # Errors
/// [`ModelFault`] for another format, weights with another hash than the manifest states, a record that does not match
/// the network, or an invalid value.
pub fn read_former(model_json: &[u8], record: &[u8], device: &Device) -> Result<FormerModel, ModelFault> {
    let former: FormerManifest = serde_json::from_slice(model_json).map_err(ModelFault::Manifest)?;
    if former.format != 1 {
        return Err(ModelFault::Config {
            reason: format!("expected a model.json of format 1, found {}", former.format),
        });
    }
    former.network.validate()?;
    let found = sha256(record);
    if found != former.weights.sha256 {
        return Err(ModelFault::Hash { expected: former.weights.sha256, found, bytes: record.len() });
    }
    let fault = |error: burn::store::RecordError| ModelFault::Record { reason: error.to_string() };
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(record.to_vec())).map_err(fault)?;
    let halved = former.network.zeros(&Device::flex()).try_load_record(record).map_err(fault)?;
    let unet = halved.map(&mut Widen { device });

    let weights = unet.fold().write(Precision::Half);
    let card = Card {
        split: former.split,
        counts: former.counts,
        recipe: former.recipe,
        revision: former.revision,
        metrics: former.metrics,
    };
    let manifest = Manifest {
        normalisation: former.normalisation,
        known_answer: former.known_answer,
        ..Manifest::new(former.network, former.grid, former.threshold, WeightsFile::of(&weights, unet.parameters()))
    };
    manifest.validate()?;
    Ok(FormerModel { unet, manifest, card, weights })
}

/// Converts kernels from half to single precision and moves all parameters to a device.
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
                    let halves: Vec<f16> = data.try_into_vec().expect("its type is F16");
                    TensorData::new(halves.into_iter().map(f16::to_f32).collect(), shape)
                }
                _ => data,
            };
            Tensor::from_data(data, self.device)
        })
    }
}
