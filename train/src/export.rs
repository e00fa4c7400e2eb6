//! `train export`: a network for other runtimes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use burn::module::{Module as _, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use glioscope::normalize::CaseStatistics;
use glioscope::phantom::PhantomConfig;
use glioscope::segmenter::Segmenter;
use serde_json::{Value, json};

use crate::file;
use crate::model::Files;

/// Export a network as safetensors for other runtimes
///
/// The normalisations are folded into the convolutions, so all tensors are weights and biases of convolutions:
/// down.0.first.weight, merge.3.second.bias, up.0.weight, head.bias. The file also has an example: `input`, the normalised
/// middle slice of the default phantom, and `probability`, the output on the CPU. __metadata__ has the widths and the stem of
/// the network.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Export the shipped network
  $ train export --out glioscope.safetensors")]
pub(crate) struct Arguments {
    /// Folder with model.json and weights.bin
    #[arg(long, value_name = "DIR", default_value = "www/model")]
    model: PathBuf,

    /// File to write; an existing one is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
///
/// When the model cannot be used or the file cannot be written. The message has the path.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let files = Files::read(&arguments.model)?;
    let device = Device::flex();
    let (unet, manifest) = (files.network(&device)?, files.manifest);

    let mut collected = Collect::default();
    unet.clone().fold().visit(&mut collected);
    let mut tensors = collected.tensors;

    let case = PhantomConfig::default().case();
    let statistics = CaseStatistics::of(case.slices.iter().map(|entry| &entry.slice));
    let slice = &case.slices[case.slices.len() / 2].slice;
    let (side, network) = (manifest.grid, manifest.network.clone());
    let input = statistics.normalise(slice, side);
    let probability = pollster::block_on(Segmenter::new(unet, manifest, device).probability(slice, &statistics))?;
    tensors.insert("input".to_owned(), Values { shape: vec![1, 3, side, side], values: input });
    let (width, height) = (probability.width(), probability.height());
    tensors
        .insert("probability".to_owned(), Values { shape: vec![1, 1, height, width], values: probability.to_unit() });
    let widths = network.widths.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let metadata = json!({ "widths": widths, "stem": network.stem.to_string() });
    file::write(&arguments.out, &safetensors(&tensors, metadata))
}

struct Values {
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// Every tensor by its path, without the normalisations, which are folded.
#[derive(Default)]
struct Collect {
    path: Vec<String>,
    tensors: BTreeMap<String, Values>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.path.iter().any(|part| part == "norm") {
            return;
        }
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        let values = tensor.into_data().iter::<f32>().collect();
        self.tensors.insert(self.path.join("."), Values { shape, values });
    }
}

/// The bytes of the file: length of the header, header, values. <https://github.com/huggingface/safetensors#format>
fn safetensors(tensors: &BTreeMap<String, Values>, metadata: Value) -> Vec<u8> {
    let mut header = serde_json::Map::from_iter([("__metadata__".to_owned(), metadata)]);
    let mut end = 0;
    for (name, Values { shape, values }) in tensors {
        let start = end;
        end += values.len() * 4;
        header.insert(name.clone(), json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, end] }));
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    // The values start at a multiple of eight.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend(tensors.values().flat_map(|tensor| &tensor.values).flat_map(|value| value.to_le_bytes()));
    bytes
}
