//! `train average`: the mean of the weights of several models.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use burn::tensor::Device;
use glioscope::network::Card;
use glioscope::network::manifest::WeightsFile;
use glioscope::network::segmenter::Backend;
use serde_json::{Value, json};

use crate::data::{Dataset, Patient};
use crate::file;
use crate::held_out::{self, HeldOut};
use crate::model::{Files, Model, REVISION, ensure_no_fit};
use crate::weights::blend;

/// Average the weights of several models into one
///
/// The models must have the same network, and their fits the same training data and the same starting weights (or one fit
/// started from another with `train fit --start`). The mean is often better than each model and as fast as one of them (see
/// "Model soups", Wortsman et al., ICML 2022). The mean of fits from different random weights is useless.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Write the mean of the models in bare and again, and score it on their held-out patients
  $ train average --data kaggle_3m --out model bare again")]
pub(crate) struct Arguments {
    /// Folders with model.json and weights.safetensors
    #[arg(value_name = "MODEL", required = true, num_args = 2..)]
    models: Vec<PathBuf>,

    /// Folder for model.json and weights.safetensors. A model in it is replaced; the folder of a fit is refused
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Folder of patients, to score the mean on the held-out patients. Without it model.json has no metrics
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Runs the command, on the CPU.
///
/// # Errors
///
/// When a model or the data cannot be read, the networks or splits differ, or OUT has a fit or cannot be written. The message
/// has the folder.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    ensure_no_fit(&arguments.out)?;
    let models = arguments.models.iter().map(|folder| Files::read(folder)).collect::<Result<Vec<_>>>()?;
    let [first, others @ ..] = &models[..] else { bail!("no models to average") };
    for other in others {
        for (what, same) in [
            ("network", other.manifest.network == first.manifest.network),
            ("grid", other.manifest.grid == first.manifest.grid),
            ("normalisation", other.manifest.normalisation == first.manifest.normalisation),
            ("threshold", other.manifest.threshold == first.manifest.threshold),
            ("split", other.card.split == first.card.split),
        ] {
            ensure!(same, "{}: its {what} differs from that of {}", other.name(), first.name());
        }
    }
    let held_out = match &arguments.data {
        Some(folder) => patients(folder, first)?,
        None => Vec::new(),
    };

    let device = Device::flex();
    let mut mean = first.unfolded(&device)?;
    for (at, other) in others.iter().enumerate() {
        let before = (at + 1) as f64;
        mean = blend(mean, &other.unfolded(&device)?, before / (before + 1.0));
    }
    let weights = mean.fold().to_safetensors();
    let of = |model: &Files| json!({ "weights": model.manifest.weights.sha256, "recipe": model.card.recipe });
    let recipe = json!({ "mean": models.iter().map(of).collect::<Vec<Value>>() });
    let manifest = first.manifest.clone().with_weights(WeightsFile::of(&weights, mean.parameters()));
    let card = Card { recipe, revision: REVISION.to_owned(), metrics: Default::default(), ..first.card.clone() };
    let model = Model::of(manifest, card, &weights, Backend::Cpu, "cpu".to_owned())?;
    let scored = held_out::score(&model, &held_out)?;
    file::create_folder(&arguments.out)?;
    model.write(&weights, Some(&mean), scored.as_ref().map(|(scores, _)| scores), &arguments.out)?;
    if let Some((scores, _)) = &scored {
        eprintln!("{}", HeldOut::of(scores));
    }
    eprintln!("done: {}", arguments.out.join("model.json").display());
    Ok(())
}

/// The held-out patients of the model.
fn patients(folder: &Path, model: &Files) -> Result<Vec<Patient>> {
    let names = &model.card.split.held_out;
    ensure!(!names.is_empty(), "{}: it has no held-out patients to score; remove --data", model.name());
    // The names of slices are paths.
    ensure!(
        !names.iter().any(|name| name.contains('/')),
        "{}: it has held-out slices, not patients; remove --data and use `train evaluate --unseen`",
        model.name()
    );
    Ok(Dataset::read(folder)?.only(names)?.into_patients())
}
