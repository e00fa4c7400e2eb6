//! `train import`: exported weights → the folder of a model.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use glioscope::network::manifest::WeightsFile;
use glioscope::network::segmenter::Backend;
use glioscope::network::{Card, FoldedUNet};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde_json::json;

use crate::export::{CALIBRATION, EXAMPLE_INPUT, EXAMPLE_OUTPUT};
use crate::file;
use crate::model::{Files, Model, REVISION, ensure_no_fit};

/// Read the weights of an exported network back
///
/// FILE has the tensors of `train export`, in single precision, as another program may have changed them. OUT gets a model with
/// these weights, with eight bits each, and with the shape of the network, the threshold and the split of MODEL. Unchanged weights
/// give the files of MODEL. With other weights card.json has the hashes of FILE and of the weights of MODEL, and no metrics; model.json
/// has no input check and no calibration (see `train fit-check` and `train calibrate`). The tensors of a calibration are not read.
///
/// The other commands and the page read the model. `train fit --start` and `train average` do not, because its normalisations
/// are part of the weights.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Export the shipped network, change its weights elsewhere, and read them back
  $ train export --out glioscope.safetensors
  $ train import glioscope.safetensors --out mine")]
pub(crate) struct Arguments {
    /// File to read
    #[arg(value_name = "FILE")]
    weights: PathBuf,

    /// Folder of the model that was exported
    #[arg(long, value_name = "DIR", default_value = "www/model")]
    model: PathBuf,

    /// Folder for the model; a model in it is replaced, the folder of a fit is refused
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
///
/// When the file or the model cannot be read, the file has other tensors than the network of the model, or OUT has a fit or
/// cannot be written. The message has the path.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { weights: path, model, out } = arguments;
    ensure_no_fit(out)?;
    let base = Files::read(model)?;
    let bytes = file::read(path)?;
    let network = read(&bytes, &base.network);
    let network = network.with_context(|| format!("{}: not a network like that in {}", path.display(), base.name()))?;
    let weights = network.to_safetensors();
    let file = WeightsFile::of(&weights, base.manifest.weights.parameters);
    let (manifest, card) = if file == base.manifest.weights {
        (base.manifest, base.card)
    } else {
        let recipe = json!({
            "import": WeightsFile::of(&bytes, file.parameters).sha256,
            "model": base.manifest.weights.sha256,
        });
        let card = Card { recipe, revision: REVISION.to_owned(), metrics: Default::default(), ..base.card };
        (base.manifest.with_weights(file), card)
    };
    let model = Model::of(manifest, card, &weights, Backend::Cpu, "cpu".to_owned())
        .with_context(|| path.display().to_string())?;
    file::create_folder(out)?;
    model.write(&weights, None, None, out)?;
    eprintln!("done: {}", out.join("model.json").display());
    Ok(())
}

/// `base` with the weights in the bytes of a file.
fn read(bytes: &[u8], base: &FoldedUNet) -> Result<FoldedUNet> {
    let file = SafeTensors::deserialize(bytes)?;
    let mut tensors = Vec::new();
    let is_other = |name: &str| [EXAMPLE_INPUT, EXAMPLE_OUTPUT].contains(&name) || name.starts_with(CALIBRATION);
    for (name, view) in file.iter().filter(|(name, _)| !is_other(name)) {
        ensure!(view.dtype() == Dtype::F32, "{name}: expected F32, found {}", view.dtype());
        let values = view.data().as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
        tensors.push((name.to_owned(), view.shape().to_vec(), values));
    }
    Ok(base.with_tensors(tensors)?)
}
