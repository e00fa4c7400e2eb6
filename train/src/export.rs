//! `train export`: a network for other runtimes.

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

/// Export a network as safetensors for other runtimes
///
/// The normalisations are part of the weights, so all tensors are weights and biases of convolutions, in single precision:
/// down.0.first.weight, merge.3.second.bias, up.0.weight, head.bias. The file also has an example: `input`, the normalised
/// middle slice of the default phantom, and `probability`, the output on the CPU. `network` in __metadata__ is JSON with the
/// widths and the stem of the network.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Export the published network
  $ train export --out glioscope.safetensors")]
pub(crate) struct Arguments {
    /// Folder of the model [default: the published model, which is part of this program]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,

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
    let Files { manifest, network, .. } = Files::of(arguments.model.as_deref())?;

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
