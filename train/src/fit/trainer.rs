//! The training loop: steps, epochs, scores and checkpoints.
//!
//! A batch depends only on the recipe and the step, so a fit that is stopped and resumed gives the same weights as one that
//! is not. On the CPU they are equal bit for bit.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, ensure};
use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module as _;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device, Tensor, TensorData};
use glioscope::network::Card;
use glioscope::network::burn::{CpuPass, UNet};
use glioscope::network::card::Split;
use glioscope::network::manifest::{Manifest, WeightsFile};
use serde::{Deserialize, Serialize};

use super::checkpoint::Checkpoint;
use super::ema::Ema;
use super::history::{self, Epoch};
use super::loss::{bce_dice, bce_dice_gradient};
use super::lr_schedule::learning_rate;
use crate::data::{Batch, GRID, Plan, SplitData};
use crate::device;
use crate::device::Opened;
use crate::file;
use crate::held_out::{self, HeldOut};
use crate::model::{Model, REVISION};
use crate::progress;
use crate::recipe::Recipe;
use crate::report::write_png;
use crate::weights::is_finite;

/// The norm that gradients are clipped to, a common choice.
const GRADIENT_NORM: f32 = 1.0;

/// A pixel is in the mask from this probability on. 0.4 to 0.7 give nearly the same Dice (`train/EXPERIMENTS.md`).
const THRESHOLD: f32 = 0.5;

/// The header of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The recipe.
    pub(crate) recipe: Recipe,
    /// The split.
    pub(crate) split: Split,
    /// Whether slices were split and not patients.
    pub(crate) by_slice: bool,
    /// [`Patient::digest`](crate::data::Patient::digest) by name; empty in old checkpoints.
    #[serde(default)]
    pub(crate) digests: BTreeMap<String, String>,
    /// Steps done.
    pub(crate) step: u64,
    /// Epochs done.
    pub(crate) history: Vec<Epoch>,
    /// Sums over the steps of the current epoch.
    running: Running,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Running {
    loss: f64,
    dice: f64,
    steps: u64,
}

/// A running fit.
pub(crate) struct Trainer {
    unet: UNet,
    ema: Ema,
    optimiser: ModuleOptimizer,
    progress: Progress,
    /// With gradients.
    device: Device,
    /// On the CPU, what computes in place of Burn's operations.
    cpu: Option<CpuPass>,
    device_name: String,
    steps_per_epoch: u64,
}

/// The exit code of a fit that was stopped: what shells report for Ctrl-C.
pub(super) const STOPPED: u8 = 130;

/// A flag that Ctrl-C sets, and SIGTERM and SIGHUP too. A process has one handler, which all of its fits share.
///
/// # Errors
/// When the handler cannot be set.
fn listen_for_stop() -> Result<&'static AtomicBool> {
    static STOP: AtomicBool = AtomicBool::new(false);
    static LISTENS: OnceLock<()> = OnceLock::new();
    if LISTENS.set(()).is_ok() {
        ctrlc::set_handler(|| {
            // The second one does not wait for the step.
            if STOP.swap(true, Ordering::SeqCst) {
                std::process::exit(STOPPED.into());
            }
            eprintln!("\nstopping after this step; press Ctrl-C again to stop without saving");
        })
        .context("cannot listen for Ctrl-C")?;
    }
    Ok(&STOP)
}

/// How the batches of a recipe are drawn.
pub(crate) fn plan(recipe: &Recipe) -> Plan {
    Plan {
        size: recipe.batch,
        crop: recipe.crop,
        side: GRID,
        positive_share: recipe.positive_share,
        single_slice_share: recipe.single_slice_share,
        augmentation: recipe.augmentation,
        seed: recipe.seed,
    }
}

impl Trainer {
    /// A fit with random weights, or the one that a checkpoint holds.
    ///
    /// # Errors
    /// When the records of the checkpoint do not match the network.
    pub(crate) fn new(
        recipe: Recipe,
        data: &SplitData,
        opened: Opened,
        resumed: Option<Checkpoint<Progress>>,
    ) -> Result<Self> {
        let Opened { device, name: device_name } = opened;
        let of = resumed.as_ref().map_or(&recipe, |resumed| &resumed.header.recipe);
        let cpu = (device == Device::flex()).then(|| CpuPass::new(&of.network, of.batch, [of.crop; 2]));
        let device = device.autodiff();
        device.seed(recipe.seed);
        let decay = recipe.ema_decay;
        let unet = recipe.network.init(&device);
        let optimiser = AdamWConfig::new()
            .with_weight_decay(recipe.weight_decay)
            .with_grad_clipping(Some(GradientClippingConfig::Norm(GRADIENT_NORM)))
            .init();
        let steps_per_epoch = recipe.steps_per_epoch(data.counts.slices);
        let Some(resumed) = resumed else {
            let ema = Ema::new(unet.valid(), decay);
            let progress = Progress {
                recipe,
                split: data.split.clone(),
                by_slice: data.by_slice,
                digests: data.digests.clone(),
                step: 0,
                history: Vec::new(),
                running: Running::default(),
            };
            return Ok(Self { unet, ema, optimiser, progress, device, cpu, device_name, steps_per_epoch });
        };
        let record = |bytes: Vec<u8>| ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes)).context("checkpoint");
        let ema = Ema::new(unet.valid().try_load_record(record(resumed.ema)?).context("checkpoint")?, decay);
        let unet = unet.try_load_record(record(resumed.network)?).context("checkpoint")?;
        let optimiser = optimiser.from_bytes(Bytes::from_bytes_vec(resumed.optimiser)).context("checkpoint")?;
        Ok(Self { unet, ema, optimiser, progress: resumed.header, device, cpu, device_name, steps_per_epoch })
    }

    /// Replaces the random weights with those of the network that `load` gives on a device without gradients.
    ///
    /// # Errors
    /// Those of `load`, and when the networks differ.
    pub(crate) fn start_from(&mut self, load: impl FnOnce(&Device) -> Result<UNet>) -> Result<()> {
        let record = load(&self.device.clone().without_autodiff())?.into_record();
        self.unet = self.unet.clone().try_load_record(record).context("cannot use the weights of --start")?;
        self.ema = Ema::new(self.unet.valid(), self.recipe().ema_decay);
        Ok(())
    }

    /// The recipe.
    pub(crate) fn recipe(&self) -> &Recipe {
        &self.progress.recipe
    }

    /// Trainable parameters.
    pub(crate) fn parameters(&self) -> usize {
        self.ema.network().parameters()
    }

    fn total_steps(&self) -> u64 {
        self.recipe().epochs * self.steps_per_epoch
    }

    /// Runs the remaining epochs, or until it is stopped. Returns whether all are done.
    ///
    /// # Errors
    /// When the loss or a weight is not finite, the device fails or a file cannot be written.
    pub(crate) fn run(&mut self, data: &SplitData, out: &Path, score_every: NonZeroU64) -> Result<bool> {
        let stop = listen_for_stop()?;

        let (start, total) = (self.progress.step, self.total_steps());
        let recipe = self.recipe();
        let plan = plan(recipe);
        let bar = progress::bar((total * recipe.batch as u64) as usize, "slices");
        bar.set_position(start * recipe.batch as u64);
        bar.reset_eta();
        for batch in data.pool.batches(plan, start, total) {
            let size = batch.size as u64;
            let (loss, dice) = self.step(batch)?;
            bar.inc(size);
            bar.set_message(format!("slices (loss {loss:.3}, Dice {dice:.3})"));
            if self.progress.step.is_multiple_of(self.steps_per_epoch) {
                bar.suspend(|| self.end_epoch(data, out, score_every))?;
            }
            if stop.load(Ordering::SeqCst) {
                self.checkpoint(out)?;
                bar.abandon();
                eprintln!("stopped at step {} of {total}; continue with --resume", self.progress.step);
                return Ok(false);
            }
        }
        bar.finish();
        if start == total {
            // Nothing is left to fit. The model is written again, since a later version may describe it in more detail.
            let (model, weights) = self.model(data)?;
            let scored = held_out::score(&model, &data.held_out)?;
            model.write(&weights, Some(self.ema.network()), scored.as_ref().map(|(scores, _)| scores), out)?;
        }
        eprintln!("done: {}", out.join("model.json").display());
        Ok(true)
    }

    /// One step; returns its loss and soft Dice.
    ///
    /// # Errors
    /// When the loss is not finite. The weights are then those before the step.
    pub(crate) fn step(&mut self, batch: Batch) -> Result<(f64, f64)> {
        let (loss, dice, gradients) = match &mut self.cpu {
            Some(pass) => {
                let logits = pass.forward(&self.unet, &batch.images);
                let (weight, area) = (self.progress.recipe.bce_weight, self.progress.recipe.crop.pow(2));
                let (loss, dice, of_logits) = bce_dice_gradient(&logits, &batch.references, area, weight);
                (loss, dice, pass.backward(&self.unet, &of_logits))
            }
            None => self.autodiff(batch),
        };
        ensure!(loss.is_finite(), "the loss is {loss} at {}", self.position(self.progress.step + 1));
        let rate = learning_rate(self.recipe().lr, self.progress.step, self.total_steps());
        self.unet = self.optimiser.step(rate, self.unet.clone(), gradients);
        self.ema.update(&self.unet.valid(), self.progress.step);
        self.progress.step += 1;
        self.progress.running.loss += loss;
        self.progress.running.dice += dice;
        self.progress.running.steps += 1;
        Ok((loss, dice))
    }

    /// Loss, soft Dice and gradients of a batch by Burn's operations.
    fn autodiff(&self, batch: Batch) -> (f64, f64, GradientsParams) {
        let (size, crop) = (batch.size, self.recipe().crop);
        let images = Tensor::<4>::from_data(TensorData::new(batch.images, [size, 3, crop, crop]), &self.device);
        let references = Tensor::<4>::from_data(TensorData::new(batch.references, [size, 1, crop, crop]), &self.device);
        let logits = self.unet.forward(images); // [size, 1, crop, crop]
        let (loss, dice) = bce_dice(logits, references, self.recipe().bce_weight); // [1] each
        let gradients = GradientsParams::from_grads(loss.clone().backward(), &self.unet);
        (f64::from(loss.into_scalar::<f32>()), f64::from(dice.into_scalar::<f32>()), gradients)
    }

    /// Where a fit has failed, and what may help. `step` is counted from 1.
    fn position(&self, step: u64) -> String {
        format!(
            "step {step} of {}, epoch {}: try a lower --lr; the last checkpoint is kept",
            self.total_steps(),
            (step - 1) / self.steps_per_epoch + 1
        )
    }

    fn end_epoch(&mut self, data: &SplitData, out: &Path, score_every: NonZeroU64) -> Result<()> {
        let Running { loss, dice, steps } = std::mem::take(&mut self.progress.running);
        let steps = steps.max(1) as f64;
        self.ensure_finite()?;
        let (model, weights) = self.model(data)?;
        let number = self.progress.step / self.steps_per_epoch;
        let due = number.is_multiple_of(score_every.get()) || self.progress.step == self.total_steps();
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

        model.write(&weights, Some(self.ema.network()), scored.as_ref().map(|(scores, _)| scores), out)?;
        file::write(&out.join("history.csv"), history::csv(&self.progress.history).as_bytes())?;
        write_png(&out.join("curve.png"), &history::curve(&self.progress.history))?;
        if let Some((_, pictures)) = &scored {
            write_png(&out.join("samples.png"), pictures)?;
        }
        self.checkpoint(out)
    }

    /// The moving average, ready for use, and its `weights.safetensors`.
    fn model(&self, data: &SplitData) -> Result<(Model, Vec<u8>)> {
        let recipe = self.recipe();
        let unet = self.ema.network();
        let weights = unet.fold().to_safetensors();
        let file = WeightsFile::of(&weights, unet.parameters());
        let manifest = Manifest::new(recipe.network.clone(), GRID, THRESHOLD, file);
        let card = Card {
            split: data.split.clone(),
            counts: data.counts,
            recipe: serde_json::to_value(recipe)?,
            revision: REVISION.to_owned(),
            metrics: Default::default(),
        };
        let backend = device::backend(&self.device.clone().without_autodiff());
        Ok((Model::of(manifest, card, &weights, backend, self.device_name.clone())?, weights))
    }

    /// The loss can be finite although a weight is not, since ReLU maps NaN to 0. Broken weights are never written, so the
    /// last checkpoint stays usable.
    fn ensure_finite(&self) -> Result<()> {
        ensure!(
            is_finite(&self.unet.valid()) && is_finite(self.ema.network()),
            "a weight is not finite at {}",
            self.position(self.progress.step)
        );
        Ok(())
    }

    fn checkpoint(&self, out: &Path) -> Result<()> {
        self.ensure_finite()?;
        let bytes = |unet: &UNet| -> Result<Vec<u8>> {
            Ok(unet.clone().into_record().into_bytes().context("cannot write the record of the network")?.to_vec())
        };
        Checkpoint {
            header: self.progress.clone(),
            network: bytes(&self.unet.valid())?,
            ema: bytes(self.ema.network())?,
            optimiser: self.optimiser.into_bytes().context("cannot write the record of the optimiser")?.to_vec(),
        }
        .write(&out.join("checkpoint.bin"))
    }
}
