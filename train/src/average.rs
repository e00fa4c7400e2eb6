//! Averages of networks' weights: the moving one of a fit, and `train average`, that of several models.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use glioscope::network::Card;
use glioscope::network::burn::UNet;
use glioscope::network::manifest::{Manifest, WeightsFile};
use glioscope::network::segmenter::Backend;
use serde_json::{Value, json};

use crate::dataset::{Dataset, Patient};
use crate::file;
use crate::held_out::{self, HeldOut};
use crate::model::{Files, Model, revision};

/// Average the weights of several models into one
///
/// The models are fits of one network on the same patients that began with the same weights, or one with those of another
/// (`train fit --start`): the mean of such fits often does better than each of them, and costs no more than one (after "Model
/// soups", Wortsman et al., ICML 2022). The mean of networks that began with other random weights is worth nothing.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Example:
  train average --data kaggle_3m --out model bare again
        writes the mean of the weights in bare and in again, and scores it on the patients that they hold out")]
pub(crate) struct Arguments {
    /// Folders of the models, each with model.json and weights.safetensors
    #[arg(value_name = "MODEL", required = true, num_args = 2..)]
    models: Vec<PathBuf>,

    /// Folder for weights.safetensors and model.json; a model that is there is replaced, but no fit that could go on
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Folder of patients: those that the models hold out are scored, and model.json gets the figures. Without it it has none
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Runs the command, on the CPU.
///
/// # Errors
///
/// When a model or the data cannot be read, the models are not of one network and one split, or OUT holds a fit or cannot be
/// written; the message names the folder.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let checkpoint = arguments.out.join("checkpoint.bin");
    ensure!(!checkpoint.exists(), "{} is there: another --out keeps that fit", checkpoint.display());
    let models = arguments.models.iter().map(|folder| Files::read(folder)).collect::<Result<Vec<_>>>()?;
    let [first, others @ ..] = &models[..] else { bail!("no model to average") };
    for other in others {
        for (what, same) in [
            ("network", other.manifest.network == first.manifest.network),
            ("grid", other.manifest.grid == first.manifest.grid),
            ("normalisation", other.manifest.normalisation == first.manifest.normalisation),
            ("threshold", other.manifest.threshold == first.manifest.threshold),
            ("split", other.card.split == first.card.split),
        ] {
            ensure!(same, "{}: its {what} is not that of {}", other.name(), first.name());
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
        mean = move_towards(mean, &other.unfolded(&device)?, before / (before + 1.0));
    }
    let weights = mean.fold().to_safetensors();
    let of = |model: &Files| json!({ "weights": model.manifest.weights.sha256, "recipe": model.card.recipe });
    let recipe = json!({ "mean": models.iter().map(of).collect::<Vec<Value>>() });
    let manifest = Manifest { weights: WeightsFile::of(&weights, mean.parameters()), ..first.manifest.clone() };
    let card = Card { recipe, revision: revision(), ..first.card.clone() };
    let model = Model::of(manifest, card, &weights, Backend::Cpu, "cpu".to_owned())?;
    let scored = held_out::score(&model, &held_out)?;
    file::create_folder(&arguments.out)?;
    model.write(&weights, &mean, scored.as_ref().map(|(scores, _)| scores), &arguments.out)?;
    if let Some((scores, _)) = &scored {
        eprintln!("{}", HeldOut::of(scores));
    }
    eprintln!("done: {}", arguments.out.join("model.json").display());
    Ok(())
}

/// Those that the model holds out.
fn patients(folder: &Path, model: &Files) -> Result<Vec<Patient>> {
    let names = &model.card.split.held_out;
    ensure!(!names.is_empty(), "{}: it holds out nobody who could be scored; leave --data out", model.name());
    // Names of slices are paths.
    ensure!(
        !names.iter().any(|name| name.contains('/')),
        "{}: it holds out slices, not patients; leave --data out, and ask `train evaluate --unseen`",
        model.name()
    );
    Ok(Dataset::read(folder)?.only(names)?.into_patients())
}

/// Moves `average` towards `latest`: every number, running statistics included, becomes
/// `decay * average + (1 - decay) * latest`. Both are plain networks of one shape on one device.
pub(crate) fn move_towards(average: UNet, latest: &UNet, decay: f64) -> UNet {
    let mut collected = Collect(Vec::new());
    latest.visit(&mut collected);
    collected.0.reverse();
    average.map(&mut Blend { latest: collected.0, decay })
}

/// Whether every number of the network is one: neither infinite nor NaN.
pub(crate) fn is_finite(unet: &UNet) -> bool {
    let mut collected = Collect(Vec::new());
    unet.visit(&mut collected);
    // One read for all: a sum keeps whatever is not finite, and on a GPU a read costs more than a sum.
    let sums: Vec<Tensor<1>> = collected.0.into_iter().map(|tensor| (tensor * 0.0).sum()).collect();
    sums.is_empty() || Tensor::cat(sums, 0).sum().into_scalar::<f32>() == 0.0
}

/// All tensors in the order in which a network is walked through, each flattened.
struct Collect(Vec<Tensor<1>>);

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(param.val().flatten(0, D - 1));
    }
}

struct Blend {
    /// The last one first, so that the next is popped.
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
    fn one_number_that_is_none_is_found_wherever_it_stands() {
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
    fn it_lies_between() {
        let device = Device::flex();
        let config = UNetConfig { widths: vec![2, 3], stem: 1 };
        let (a, b) = (config.init(&device), config.init(&device));
        let numbers = |unet: &UNet| {
            let mut collected = Collect(Vec::new());
            unet.visit(&mut collected);
            Tensor::cat(collected.0, 0).into_data().try_into_vec::<f32>().expect("f32")
        };
        let blend = numbers(&move_towards(a.clone(), &b, 0.75));
        for ((blend, a), b) in blend.iter().zip(numbers(&a)).zip(numbers(&b)) {
            assert!((blend - (0.75 * a + 0.25 * b)).abs() < 1e-6);
        }
    }
}
