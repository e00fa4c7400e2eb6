//! `train fit`: the loop around the library's U-Net.
//!
//! Every batch depends on the seed and the step alone, so that a fit that was stopped and resumed is the fit that was
//! not, bit for bit on the CPU.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module as _;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device, Tensor, TensorData};
use glioscope::network::burn::unet::UNet;
use glioscope::network::manifest::{FORMAT, Manifest, Split, WeightsFile};
use glioscope::network::preprocess::Normalisation;
use serde::{Deserialize, Serialize};

use crate::average::{is_finite, move_towards};
use crate::batches::{Batch, Plan};
use crate::checkpoint::Checkpoint;
use crate::data::Data;
use crate::dataset::{Dataset, Patient};
use crate::device::{self, Choice, Opened};
use crate::file;
use crate::held_out::{self, HeldOut};
use crate::history::{self, Epoch};
use crate::loss::bce_dice;
use crate::model::{Files, Model, revision};
use crate::progress;
use crate::recipe::{self, GRID, Recipe};
use crate::report::write_png;
use crate::split;

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
The folder OUT gets, after every epoch: weights.bin and model.json (the moving average, ready for evaluate, segment and
the page), history.csv, curve.png, samples.png (when it is scored), and checkpoint.bin for --resume. Ctrl-C saves before it
ends.

  train fit --data kaggle_3m --out pasted
        the first fit of the shipped recipe (train/shipped.sh has all of it); a fifth of the patients is held out
  train fit --data kaggle_3m --out bare --start pasted --paste 0 --rate 5e-4 --epochs 8
        goes on from its weights, and pastes no lesions
  train fit --data kaggle_3m --out model --held-out val.txt --seed 2
        holds out the patients that val.txt names, one a line
  train fit --data kaggle_3m --out model --resume
        goes on where the last run in OUT was stopped
  train fit --data kaggle_3m --out all --start model --hold-out 0 --rate 1e-3 --epochs 15
        fits what was held out as well, beginning with the weights in the folder model")]
pub(crate) struct Arguments {
    /// Folder of patients: kaggle_3m, or one that holds it
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// Folder for the weights and everything else
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// What the fit runs on
    #[arg(long, value_enum, default_value_t)]
    device: Choice,

    /// Go on from OUT/checkpoint.bin, with the recipe and the split that are in it
    #[arg(long, conflicts_with_all = recipe::NAMES, conflicts_with_all = ["hold_out", "by_slice"])]
    resume: bool,

    /// Folder of a model whose weights the fit begins with, in place of drawn ones; all that it was fitted on has to be
    /// fitted on again
    #[arg(long, value_name = "DIR", conflicts_with_all = ["resume", "widths", "stem"])]
    start: Option<PathBuf>,

    /// Share of the patients that is held out, drawn by the seed; 0 fits on all
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, conflicts_with = "held_out")]
    hold_out: f64,

    /// File with the names of the patients that are held out, one a line
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,

    /// Split slices, not patients (72/18/10 %): leaky, for comparison with figures that were made so
    #[arg(long, conflicts_with_all = ["hold_out", "held_out"])]
    by_slice: bool,

    /// Epochs from one scoring of what is held out to the next; the last one is scored always
    #[arg(long, value_name = "EPOCHS", default_value = "1")]
    score_every: NonZeroU64,

    #[command(flatten)]
    recipe: recipe::Arguments,
}

/// What a checkpoint holds besides records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Progress {
    recipe: Recipe,
    split: Split,
    by_slice: bool,
    /// [`Patient::digest`] by name. Of other pixels another fit would come; empty in checkpoints that are older than it.
    #[serde(default)]
    digests: BTreeMap<String, String>,
    /// Steps done.
    step: u64,
    history: Vec<Epoch>,
    /// Sums over the steps of the epoch under way.
    running: Running,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Running {
    loss: f64,
    dice: f64,
    steps: u64,
}

/// Runs the subcommand.
///
/// # Errors
/// When the data cannot be read, the arguments do not fit together, the loss is no number any more, or something cannot
/// be written; the message names the file.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let checkpoint = arguments.out.join("checkpoint.bin");
    let mut resumed = arguments.resume.then(|| Checkpoint::<Progress>::read(&checkpoint)).transpose()?;
    if let (Some(resumed), Some(epochs)) = (&mut resumed, arguments.recipe.epochs) {
        let done = resumed.header.history.len() as u64;
        ensure!(epochs > done, "--epochs is {epochs}, and {done} are done already");
        resumed.header.recipe.epochs = epochs;
    }
    ensure!(
        resumed.is_some() || !checkpoint.exists(),
        "{} is there already: --resume goes on with it; another --out keeps it",
        checkpoint.display()
    );
    let mut recipe = match &resumed {
        Some(resumed) => resumed.header.recipe.clone(),
        None => Recipe::new(&arguments.recipe)?,
    };
    let start = arguments.start.as_deref().map(Files::read).transpose()?;
    if let Some(Files { manifest, .. }) = &start {
        recipe.network = manifest.network.clone();
        recipe.start = Some(manifest.weights.sha256.clone());
    }
    file::create_folder(&arguments.out)?;
    let data = read(&arguments, &recipe, resumed.as_ref().map(|resumed| &resumed.header))?;
    let opened = device::open(arguments.device)?;
    let mut fit = Fit::new(recipe, &data, opened, resumed)
        .with_context(|| format!("{} does not hold what its recipe says", checkpoint.display()))?;
    if let Some(start) = start {
        check_start(&start, &data.split)?;
        let loaded = start.network(&fit.device.clone().without_autodiff())?;
        fit.unet = fit.unet.try_load_record(loaded.into_record()).context("the weights to begin with")?;
        fit.average = fit.unet.valid();
    }
    eprintln!(
        "{} parameters; {} slices of {} to fit on, {} with a lesion; {} held out",
        fit.average.parameters(),
        data.counts.slices,
        data.fitted,
        data.counts.positive,
        data.held_out.iter().map(|patient| patient.slices.len()).sum::<usize>()
    );
    fit.run(&data, &arguments.out, arguments.score_every)
}

/// The dataset, split as asked for, or as the checkpoint has it.
///
/// # Errors
/// When the dataset cannot be read or split so, or is not what the checkpoint was fitted on.
fn read(arguments: &Arguments, recipe: &Recipe, resumed: Option<&Progress>) -> Result<Data> {
    let dataset = Dataset::read(&arguments.data)?;
    let data = if resumed.map_or(arguments.by_slice, |progress| progress.by_slice) {
        Data::by_slice(dataset, recipe.seed)
    } else {
        let split = split_of(&dataset.names(), arguments, recipe, resumed)?;
        Data::by_patient(dataset, split)?
    };
    if let Some(progress) = resumed {
        data.ensure_same(&arguments.data, &progress.split, &progress.digests)?;
    }
    ensure!(data.counts.slices > 0, "{}: no slice is left to fit on", arguments.data.display());
    Ok(data)
}

/// Which of the patients are fitted on.
fn split_of(names: &[String], arguments: &Arguments, recipe: &Recipe, resumed: Option<&Progress>) -> Result<Split> {
    let listed = arguments.held_out.as_deref().map(|list| split::by_file(names, list)).transpose()?;
    let Some(progress) = resumed else {
        return listed.map_or_else(|| split::by_patient(names, recipe.seed, arguments.hold_out), Ok);
    };
    if let (Some(list), Some(listed)) = (&arguments.held_out, listed) {
        ensure!(
            listed.held_out == progress.split.held_out,
            "{}: the checkpoint holds out others; --resume goes on with those that it names",
            list.display()
        );
    }
    Ok(progress.split.clone())
}

/// Seconds that steps of a fit on one patient take: `steps` of them, after `warm_up` others. The samples are drawn
/// beforehand.
///
/// # Errors
/// When the loss is no number any more.
pub(crate) fn time_steps(
    recipe: Recipe,
    patient: Patient,
    opened: Opened,
    warm_up: u64,
    steps: u64,
) -> Result<Vec<f64>> {
    let data = Data::of_one(patient);
    let plan = plan(&recipe);
    let mut fit = Fit::new(recipe, &data, opened, None)?;
    let batches: Vec<Batch> = data.pool.batches(plan, 0, warm_up + steps).into_iter().collect();
    let mut seconds = Vec::new();
    for batch in batches {
        let start = Instant::now();
        fit.step(batch)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(seconds.split_off(warm_up as usize))
}

/// How a recipe's batches are drawn.
fn plan(recipe: &Recipe) -> Plan {
    Plan {
        size: recipe.batch,
        crop: recipe.crop,
        side: GRID,
        positive: recipe.positive,
        alone: recipe.alone,
        augmentation: recipe.augmentation,
        seed: recipe.seed,
    }
}

/// A patient whom the weights to begin with have seen can neither be held out nor be left out of the list of those fitted
/// on.
fn check_start(start: &Files, split: &Split) -> Result<()> {
    let fitted: BTreeSet<&String> = split.fit.iter().collect();
    if let Some(name) = start.manifest.split.fit.iter().find(|name| !fitted.contains(name)) {
        bail!("{}: its weights were fitted on {name}, who is not fitted on here", start.name());
    }
    Ok(())
}

/// A fit under way.
struct Fit {
    unet: UNet,
    average: UNet,
    optimiser: ModuleOptimizer,
    progress: Progress,
    /// With gradients.
    device: Device,
    device_name: String,
    steps_an_epoch: u64,
}

impl Fit {
    fn new(recipe: Recipe, data: &Data, opened: Opened, resumed: Option<Checkpoint<Progress>>) -> Result<Self> {
        let Opened { device, name: device_name } = opened;
        let device = device.autodiff();
        device.seed(recipe.seed);
        let unet = recipe.network.init(&device);
        let optimiser = AdamWConfig::new()
            .with_weight_decay(recipe.decay)
            .with_grad_clipping(Some(GradientClippingConfig::Norm(1.0)))
            .init();
        let steps_an_epoch = (data.counts.slices / recipe.batch).max(1) as u64;
        let Some(resumed) = resumed else {
            let average = unet.valid();
            let progress = Progress {
                recipe,
                split: data.split.clone(),
                by_slice: data.by_slice,
                digests: data.digests.clone(),
                step: 0,
                history: Vec::new(),
                running: Running::default(),
            };
            return Ok(Self { unet, average, optimiser, progress, device, device_name, steps_an_epoch });
        };
        let record = |bytes: Vec<u8>| ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes)).context("checkpoint");
        let average = unet.valid().try_load_record(record(resumed.average)?).context("checkpoint")?;
        let unet = unet.try_load_record(record(resumed.network)?).context("checkpoint")?;
        let optimiser = optimiser.from_bytes(Bytes::from_bytes_vec(resumed.optimiser)).context("checkpoint")?;
        Ok(Self { unet, average, optimiser, progress: resumed.header, device, device_name, steps_an_epoch })
    }

    fn total(&self) -> u64 {
        self.progress.recipe.epochs * self.steps_an_epoch
    }

    fn run(&mut self, data: &Data, out: &Path, score_every: NonZeroU64) -> Result<()> {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        ctrlc::set_handler(move || {
            // The second time nobody wants to wait for the step.
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            eprintln!("\nstopping after this step; Ctrl-C again to lose it");
        })
        .context("cannot wait for Ctrl-C")?;

        let (start, total) = (self.progress.step, self.total());
        let recipe = &self.progress.recipe;
        let plan = plan(recipe);
        let bar = progress::bar((total * recipe.batch as u64) as usize, "slices");
        bar.set_position(start * recipe.batch as u64);
        bar.reset_eta();
        for batch in data.pool.batches(plan, start, total) {
            let size = batch.size as u64;
            let (loss, dice) = self.step(batch)?;
            bar.inc(size);
            bar.set_message(format!("slices (loss {loss:.3}, Dice {dice:.3})"));
            if self.progress.step.is_multiple_of(self.steps_an_epoch) {
                bar.suspend(|| self.end_epoch(data, out, score_every))?;
            }
            if stop.load(Ordering::SeqCst) {
                self.checkpoint(out)?;
                bar.abandon();
                eprintln!("stopped at step {} of {total}; --resume goes on", self.progress.step);
                return Ok(());
            }
        }
        bar.finish();
        if start == total {
            // Nothing was left to fit, but a later version may say more of the model.
            let (model, weights) = self.model(data)?;
            let scored = held_out::score(&model, &data.held_out)?;
            model.write(&weights, scored.as_ref().map(|(scores, _)| scores), out)?;
        }
        eprintln!("done: {}", out.join("model.json").display());
        Ok(())
    }

    /// One step; gives back its loss and soft Dice.
    fn step(&mut self, batch: Batch) -> Result<(f64, f64)> {
        let recipe = &self.progress.recipe;
        let (size, crop) = (batch.size, recipe.crop);
        let images = Tensor::<4>::from_data(TensorData::new(batch.images, [size, 3, crop, crop]), &self.device);
        let truths = Tensor::<4>::from_data(TensorData::new(batch.truths, [size, 1, crop, crop]), &self.device);
        let logits = self.unet.forward(images); // [size, 1, crop, crop]
        let (loss, dice) = bce_dice(logits, truths, recipe.entropy);
        let gradients = GradientsParams::from_grads(loss.clone().backward(), &self.unet);
        let (loss, dice) = (f64::from(loss.into_scalar::<f32>()), f64::from(dice.into_scalar::<f32>()));
        ensure!(
            loss.is_finite(),
            "the loss is {loss} at step {}: try a lower --rate; the last checkpoint is kept",
            self.progress.step + 1
        );
        let rate = recipe.rate(self.progress.step, self.total());
        let unet = self.unet.clone();
        self.unet = self.optimiser.step(rate, unet, gradients);
        let decay = recipe.average(self.progress.step);
        self.average = move_towards(self.average.clone(), &self.unet.valid(), decay);
        self.progress.step += 1;
        self.progress.running.loss += loss;
        self.progress.running.dice += dice;
        self.progress.running.steps += 1;
        Ok((loss, dice))
    }

    fn end_epoch(&mut self, data: &Data, out: &Path, score_every: NonZeroU64) -> Result<()> {
        let Running { loss, dice, steps } = std::mem::take(&mut self.progress.running);
        let steps = steps.max(1) as f64;
        self.ensure_finite()?;
        let (model, weights) = self.model(data)?;
        let number = self.progress.step / self.steps_an_epoch;
        let due = number.is_multiple_of(score_every.get()) || self.progress.step == self.total();
        let scored = if due { held_out::score(&model, &data.held_out)? } else { None };
        let epoch = Epoch {
            epoch: number,
            step: self.progress.step,
            loss: loss / steps,
            dice: dice / steps,
            held_out: scored.as_ref().map(|(scores, _)| HeldOut::of(scores)),
        };
        self.progress.history.push(epoch);
        eprintln!("{epoch}");

        model.write(&weights, scored.as_ref().map(|(scores, _)| scores), out)?;
        file::write(&out.join("history.csv"), history::csv(&self.progress.history).as_bytes())?;
        write_png(&out.join("curve.png"), &history::curve(&self.progress.history))?;
        if let Some((_, pictures)) = &scored {
            write_png(&out.join("samples.png"), pictures)?;
        }
        self.checkpoint(out)
    }

    /// The average, ready to use, and its `weights.bin`.
    fn model(&self, data: &Data) -> Result<(Model, Vec<u8>)> {
        let recipe = &self.progress.recipe;
        let (bytes, weights) = WeightsFile::of(&self.average)?;
        let manifest = Manifest {
            format: FORMAT,
            network: recipe.network.clone(),
            grid: GRID,
            normalisation: Normalisation::HeadZScore,
            threshold: 0.5,
            weights,
            split: data.split.clone(),
            counts: data.counts,
            recipe: serde_json::to_value(recipe)?,
            revision: revision(),
            known_answer: Vec::new(),
            seen: data.seen.clone(),
            metrics: Default::default(),
        };
        let device = self.device.clone().without_autodiff();
        Ok((Model::of(manifest, &bytes, device, self.device_name.clone())?, bytes))
    }

    /// A loss can be a number while weights are none any more: ReLU passes over them. What is broken is not written, so
    /// that the last checkpoint stays one to go on from.
    fn ensure_finite(&self) -> Result<()> {
        ensure!(
            is_finite(&self.unet.valid()) && is_finite(&self.average),
            "a weight is no number any more at step {}: try a lower --rate; the last checkpoint is kept",
            self.progress.step
        );
        Ok(())
    }

    fn checkpoint(&self, out: &Path) -> Result<()> {
        self.ensure_finite()?;
        let bytes = |unet: &UNet| -> Result<Vec<u8>> {
            Ok(unet.clone().into_record().into_bytes().context("cannot write the network's record")?.to_vec())
        };
        Checkpoint {
            header: self.progress.clone(),
            network: bytes(&self.unet.valid())?,
            average: bytes(&self.average)?,
            optimiser: self.optimiser.into_bytes().context("cannot write the optimiser's record")?.to_vec(),
        }
        .write(&out.join("checkpoint.bin"))
    }
}
