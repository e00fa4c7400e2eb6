//! `train export`: a network for other runtimes.

mod calibration;
mod floats;
mod onnx;
mod onnx_messages;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use glioscope::network::Segmenter;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::network::segmenter::Backend;
use glioscope::phantom::PhantomConfig;
use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};

use crate::file;
use crate::model::Files;
pub(crate) use calibration::CALIBRATION;
use floats::bytes;

/// The tensor of a safetensors file with the input of its example.
pub(crate) const EXAMPLE_INPUT: &str = "input";
/// The tensor with the output of the example.
pub(crate) const EXAMPLE_OUTPUT: &str = "probability";

/// Export a network for other runtimes
///
/// A safetensors file has the weights and biases of convolutions in single precision: down.0.first.weight,
/// merge.3.second.bias, up.0.weight, head.bias. The normalisations are part of them. The file also has an example: `input`, the
/// normalised middle slice of the default phantom, and `probability`, the output on the CPU. `network` in __metadata__ is JSON
/// with the widths and the stem of the network. `train import` reads such a file. The calibration of a model is two 1x1 convolutions
/// of the logits with a rectifier between them, calibration.first and calibration.second; the probability is the sigmoid of their
/// output.
///
/// An ONNX file has the network from `input`, normalised slices [batch, 3, 256, 256], to `probability`, [batch, 1, 256, 256].
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Export the published network
  $ train export --out glioscope.safetensors
  $ train export --out glioscope.onnx")]
pub(crate) struct Arguments {
    /// Folder of the model [default: the published model, which is part of this program]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,

    /// File to write; an existing one is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Format of the file. By default it is that of the file's ending
    #[arg(long, value_enum)]
    format: Option<Format>,
}

/// A format of files that other runtimes read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Weights by name, for PyTorch, JAX, TensorFlow and others
    Safetensors,
    /// Weights and operations, for ONNX Runtime and others
    Onnx,
}

impl Format {
    /// The format whose name is the ending of `path`.
    fn of(path: &Path) -> Option<Self> {
        Self::from_str(path.extension()?.to_str()?, true).ok()
    }
}

/// Runs the command.
///
/// # Errors
///
/// When the format is unknown, the model cannot be used or the file cannot be written. The message has the path.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { model, out, format } = arguments;
    let format = format.or_else(|| Format::of(out));
    let format = format.with_context(|| {
        format!("{}: expected a name that ends in .safetensors or .onnx, or --format", out.display())
    })?;
    let model = Files::of(model.as_deref())?;
    let bytes = match format {
        Format::Safetensors => safetensors(model)?,
        Format::Onnx => onnx::encode(&model.network, &model.manifest)?,
    };
    file::write(out, &bytes)
}

/// The weights and the example.
fn safetensors(model: Files) -> Result<Vec<u8>> {
    let Files { manifest, network, .. } = model;
    let case = PhantomConfig::default().case();
    let statistics = CaseStatistics::of(case.slices.iter().map(|entry| &entry.slice));
    let slice = &case.slices[case.slices.len() / 2].slice;
    let (side, shape) = (manifest.grid, serde_json::to_string(&manifest.network)?);
    let input = statistics.normalise(slice, side); // [3, 256, 256]
    let segmenter = Segmenter::new(&network, manifest, Backend::Cpu);
    let probability = pollster::block_on(segmenter.probability(slice, &statistics))?;
    let (width, height) = (probability.width(), probability.height());

    let mut tensors = network.tensors();
    tensors.extend(calibration::tensors(&segmenter.manifest().calibration));
    tensors.push((EXAMPLE_INPUT.to_owned(), vec![1, 3, side, side], input));
    tensors.push((EXAMPLE_OUTPUT.to_owned(), vec![1, 1, height, width], probability.to_unit()));
    let tensors: Vec<_> = tensors.iter().map(|(name, shape, values)| (name, shape.clone(), bytes(values))).collect();
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>>>()?;
    // One entry: the order of several would differ from run to run.
    let header = [("network".to_owned(), shape)].into_iter().collect();
    Ok(serialize(views, Some(header))?)
}
