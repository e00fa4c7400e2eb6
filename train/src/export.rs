//! `train export`: the network for other runtimes.

use std::path::PathBuf;

use anyhow::Result;
use glioscope::network::Segmenter;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::network::segmenter::Backend;
use glioscope::phantom::PhantomConfig;
use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};

use crate::file;
use crate::model::Files;

/// Write a network as safetensors, for other runtimes
///
/// The file has convolutions with biases alone, in single precision: normalisations and scales are part of the weights. Each is
/// named by its place: down.0.first.weight, merge.3.second.bias, up.0.weight, head.bias. Two tensors are there for comparison:
/// `input`, the middle slice of the default phantom as the network receives it, and `probability`, the network's result on the
/// CPU. `network` in the header's __metadata__ is JSON with the network's widths and stem.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Example:
  train export --out glioscope.safetensors
        writes the shipped network")]
pub(crate) struct Arguments {
    /// Folder of the model
    #[arg(long, value_name = "DIR", default_value = "www/model")]
    model: PathBuf,

    /// File to write; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
///
/// When the model cannot be used or the file cannot be written; the message names it.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Files { manifest, network, .. } = Files::read(&arguments.model)?;

    let case = PhantomConfig::default().case();
    let statistics = CaseStatistics::of(case.slices.iter().map(|entry| &entry.slice));
    let slice = &case.slices[case.slices.len() / 2].slice;
    let (side, shape) = (manifest.grid, serde_json::to_string(&manifest.network)?);
    let input = statistics.normalise(slice, side); // [3, 256, 256]
    let segmenter = Segmenter::new(&network, manifest, Backend::Cpu);
    let probability = pollster::block_on(segmenter.probability(slice, &statistics))?;
    let (width, height) = (probability.width(), probability.height());

    let mut tensors = network.tensors();
    tensors.push(("input".to_owned(), vec![1, 3, side, side], input));
    tensors.push(("probability".to_owned(), vec![1, 1, height, width], probability.to_unit()));
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let tensors: Vec<_> = tensors.iter().map(|(name, shape, values)| (name, shape.clone(), bytes(values))).collect();
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>>>()?;
    // One entry: the order of several would differ from run to run.
    let header = [("network".to_owned(), shape)].into_iter().collect();
    file::write(&arguments.out, &serialize(views, Some(header))?)
}
