//! `train fit`: fits the U-Net to a dataset.

mod checkpoint;
mod ema;
mod history;
mod loss;
mod lr_schedule;
mod trainer;

use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use glioscope::network::card::Split;

use crate::data::{Batch, Dataset, Patient, SplitData, split};
use crate::device::{self, Choice, Opened};
use crate::file;
use crate::model::Files;
use crate::recipe::{self, FIXED_FLAGS, Recipe, Settings, Start};
use checkpoint::Checkpoint;
use trainer::{Progress, STOPPED, Trainer};

/// Fit a network to a dataset of slices and masks
///
/// After every epoch the folder OUT gets model.json and weights.safetensors (the moving average of the weights, ready for the other
/// commands and the page), history.csv, curve.png, samples.png (when the held-out patients were scored) and checkpoint.bin.
/// OUT/recipe.toml has the resolved recipe. Ctrl-C saves a checkpoint and stops, and so does the signal to end that batch systems
/// send; the exit code is then 130.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{}", recipe::page()))]
pub(crate) struct Arguments {
    /// Folder of patients with references: kaggle_3m or the folder that contains it, BraTS, nnU-Net or DICOM, see `train
    /// inspect`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// Folder for the model, the checkpoint and the history
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Device to fit on
    #[arg(long, value_enum, default_value_t)]
    device: Choice,

    /// Resume from OUT/checkpoint.bin, with its recipe and split. Only --epochs may change; the learning rate follows it
    #[arg(long, conflicts_with_all = FIXED_FLAGS, conflicts_with_all = ["config", "held_out_fraction", "by_slice"])]
    resume: bool,

    /// Recipe file, TOML; see the end of --help. Flags override it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Folder of a model whose weights and network the fit starts from. Its training data must be training data here too
    #[arg(long, value_name = "DIR", conflicts_with_all = ["resume", "widths", "stem"])]
    start: Option<PathBuf>,

    /// Fraction of the patients to hold out, drawn with the seed; 0 fits to all patients
    #[arg(long, value_name = "FRACTION", default_value_t = 0.2, conflicts_with = "held_out")]
    held_out_fraction: f64,

    /// File with the names of the patients to hold out, one per line
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,

    /// Split by slice (72, 18 and 10 %) instead of by patient. This leaks; use it only to compare with such figures
    #[arg(long, conflicts_with_all = ["held_out_fraction", "held_out"])]
    by_slice: bool,

    /// Score the held-out patients every N epochs, and after the last one
    #[arg(long, value_name = "N", default_value = "1")]
    score_every: NonZeroU64,

    #[command(flatten)]
    recipe: Settings,
}

const EXAMPLES: &str = "\
Examples:
  # Fit with the default recipe and hold out a fifth of the patients
  $ train fit --data kaggle_3m --out model

  # Fit with a recipe file, another learning rate, and listed patients held out
  $ train fit --data kaggle_3m --out model --config recipe.toml --lr 1e-3 --held-out held_out.txt

  # Resume after Ctrl-C or a crash
  $ train fit --data kaggle_3m --out model --resume

  # Continue from the weights of another model, with the held-out patients as training data too
  $ train fit --data kaggle_3m --out all --start model --held-out-fraction 0 --lr 1e-3 --epochs 15

train/shipped.sh has all fits of the shipped model.";

/// Runs the command.
///
/// # Errors
/// When the data, the recipe or a model cannot be read, the arguments do not fit together, the loss or a weight is not
/// finite, or a file cannot be written. The message has the file, or the step and the epoch.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    let checkpoint = arguments.out.join("checkpoint.bin");
    let mut resumed = arguments.resume.then(|| Checkpoint::<Progress>::read(&checkpoint)).transpose()?;
    if let (Some(resumed), Some(epochs)) = (&mut resumed, arguments.recipe.epochs) {
        let done = resumed.header.history.len() as u64;
        ensure!(epochs > done, "--epochs is {epochs}, expected more than the {done} epochs that are done");
        resumed.header.recipe.epochs = epochs;
    }
    ensure!(
        resumed.is_some() || !checkpoint.exists(),
        "{} exists: resume that fit with --resume, or choose another --out",
        checkpoint.display()
    );
    let start = arguments.start.as_deref().map(Files::read).transpose()?;
    let recipe = match &resumed {
        Some(resumed) => resumed.header.recipe.clone(),
        None => {
            let start = start
                .as_ref()
                .map(|Files { manifest, .. }| Start { network: &manifest.network, sha256: &manifest.weights.sha256 });
            recipe::resolve(arguments.config.as_deref(), &arguments.recipe, start)?
        }
    };
    file::create_folder(&arguments.out)?;
    let data = read(&arguments, &recipe, resumed.as_ref().map(|resumed| &resumed.header))?;
    if let Some(start) = &start {
        check_start(start, &data.split)?;
    }
    let opened = device::open(arguments.device)?;
    let mut trainer = Trainer::new(recipe, &data, opened, resumed)
        .with_context(|| format!("{}: the records do not match the recipe", checkpoint.display()))?;
    if let Some(start) = start {
        trainer.start_from(|device| start.unfolded(device))?;
    }
    file::write(&arguments.out.join("recipe.toml"), recipe::to_toml(trainer.recipe())?.as_bytes())?;
    eprintln!(
        "{} parameters; {} training slices of {}, {} with a lesion; {} slices held out",
        trainer.parameters(),
        data.counts.slices,
        data.source,
        data.counts.positive,
        data.held_out.iter().map(|patient| patient.slices.len()).sum::<usize>()
    );
    trainer.run(&data, &arguments.out, arguments.score_every).map(exit_code)
}

/// The exit code after a fit that is finished or was stopped.
pub(crate) fn exit_code(finished: bool) -> ExitCode {
    if finished { ExitCode::SUCCESS } else { ExitCode::from(STOPPED) }
}

/// Fits a recipe to one split, resumes a fit that was stopped, and returns whether it is finished. A finished fit is not changed.
///
/// # Errors
/// As [`run`], and when the checkpoint in `out` has another recipe.
pub(crate) fn fold(dataset: &Dataset, split: Split, recipe: &Recipe, opened: Opened, out: &Path) -> Result<bool> {
    let path = out.join("checkpoint.bin");
    let resumed = path.exists().then(|| Checkpoint::<Progress>::read(&path)).transpose()?;
    if let Some(resumed) = &resumed {
        ensure!(resumed.header.recipe == *recipe, "{}: it was fitted with another recipe", path.display());
        if resumed.header.history.len() as u64 == recipe.epochs {
            return Ok(true);
        }
    }
    file::create_folder(out)?;
    let data = SplitData::by_patient(dataset.clone(), split)?;
    if let Some(Checkpoint { header, .. }) = &resumed {
        data.ensure_same(dataset.root(), &header.split, &header.digests)?;
    }
    let mut trainer = Trainer::new(recipe.clone(), &data, opened, resumed)
        .with_context(|| format!("{}: the records do not match the recipe", path.display()))?;
    file::write(&out.join("recipe.toml"), recipe::to_toml(recipe)?.as_bytes())?;
    // Scores of single epochs are not needed: every patient is predicted in the end.
    trainer.run(&data, out, NonZeroU64::MAX)
}

/// Reads the dataset and splits it, as the arguments or the checkpoint say.
///
/// # Errors
/// When the dataset cannot be read or split, or differs from the data of the checkpoint.
fn read(arguments: &Arguments, recipe: &Recipe, resumed: Option<&Progress>) -> Result<SplitData> {
    let dataset = Dataset::read(&arguments.data)?;
    let data = if resumed.map_or(arguments.by_slice, |progress| progress.by_slice) {
        SplitData::by_slice(dataset, recipe.seed)
    } else {
        let split = split_of(&dataset.names(), arguments, recipe, resumed)?;
        SplitData::by_patient(dataset, split)?
    };
    if let Some(progress) = resumed {
        data.ensure_same(&arguments.data, &progress.split, &progress.digests)?;
    }
    ensure!(data.counts.slices > 0, "{}: no training slices remain", arguments.data.display());
    Ok(data)
}

/// The split by patient.
fn split_of(names: &[String], arguments: &Arguments, recipe: &Recipe, resumed: Option<&Progress>) -> Result<Split> {
    let listed = arguments.held_out.as_deref().map(|list| split::by_file(names, list)).transpose()?;
    let Some(progress) = resumed else {
        return listed.map_or_else(|| split::by_patient(names, recipe.seed, arguments.held_out_fraction), Ok);
    };
    if let (Some(list), Some(listed)) = (&arguments.held_out, listed) {
        ensure!(
            listed.held_out == progress.split.held_out,
            "{}: the checkpoint holds out other patients; --resume keeps them",
            list.display()
        );
    }
    Ok(progress.split.clone())
}

/// The training data of the starting weights must be training data here: held-out patients would not be unseen.
fn check_start(start: &Files, split: &Split) -> Result<()> {
    let fitted: BTreeSet<&String> = split.fit.iter().collect();
    if let Some(name) = start.card.split.fit.iter().find(|name| !fitted.contains(name)) {
        bail!("{}: its training data has {name}, which is not in the training data of this fit", start.name());
    }
    Ok(())
}

/// The seconds that the steps of a fit take.
pub(crate) struct StepSeconds {
    /// To draw the samples of a step, the mean. A fit draws them during the steps before.
    pub(crate) draw: f64,
    /// Of each step after that.
    pub(crate) steps: Vec<f64>,
}

/// Times `steps` steps of a fit to one patient, after `warm_up` others.
///
/// # Errors
/// When the loss is not finite.
pub(crate) fn time_steps(
    recipe: Recipe,
    patient: Patient,
    opened: Opened,
    warm_up: u64,
    steps: u64,
) -> Result<StepSeconds> {
    let data = SplitData::of_one(patient);
    let plan = trainer::plan(&recipe);
    let mut trainer = Trainer::new(recipe, &data, opened, None)?;
    let start = Instant::now();
    let batches: Vec<Batch> = data.pool.batches(plan, 0, warm_up + steps).into_iter().collect();
    let draw = start.elapsed().as_secs_f64() / batches.len() as f64;
    let mut seconds = Vec::new();
    for batch in batches {
        let start = Instant::now();
        trainer.step(batch)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(StepSeconds { draw, steps: seconds.split_off(warm_up as usize) })
}
