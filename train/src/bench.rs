//! `train bench`: times fitting and segmenting on this machine.

use std::time::Instant;

use anyhow::{Context as _, Result};
use glioscope::layout::CaseSlice;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::phantom::PhantomConfig;
use serde_json::json;

use crate::data::Patient;
use crate::device;
use crate::fit;
use crate::model::{self, BATCH, Model};
use crate::recipe::{self, Settings};
use crate::report;

/// Time steps of a fit and slices on this machine
///
/// Prints JSON: the seconds of each step of a fit (forward, loss, backward, optimiser, moving average; the samples are drawn
/// before), and the seconds from pixels to probabilities of a single slice and of a slice in a batch. All run on a phantom.
/// `cargo xtask bench` compares them with other programs.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Steps to time, after two that are not timed
    #[arg(long, default_value_t = 5)]
    steps: u64,

    /// How often to segment the slices of the phantom
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    #[command(flatten)]
    model: model::Arguments,

    #[command(flatten)]
    recipe: Settings,
}

/// Runs the command.
///
/// # Errors
///
/// When the model or the device is not available, or the device fails.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let case = PhantomConfig::default().case();
    let pairs = case.slices.into_iter().map(|CaseSlice { slice, reference, .. }| Some((slice, reference?)));
    let (slices, masks) = pairs.collect::<Option<(Vec<_>, Vec<_>)>>().context("the phantom has no references")?;
    let statistics = CaseStatistics::of(&slices);

    let model = Model::load(&arguments.model)?;
    let (mut single, mut batched) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        for slice in slices.chunks(1) {
            let start = Instant::now();
            model.probabilities(slice, &statistics, |_| ())?;
            single.push(start.elapsed().as_secs_f64());
        }
        for slices in slices.chunks_exact(BATCH) {
            let start = Instant::now();
            model.probabilities(slices, &statistics, |_| ())?;
            batched.push(start.elapsed().as_secs_f64() / BATCH as f64);
        }
    }

    let recipe = recipe::resolve(None, &arguments.recipe, None)?;
    let (batch, crop) = (recipe.batch, recipe.crop);
    let patient = Patient { name: case.name, slices, masks, statistics };
    let opened = device::open(arguments.model.device)?;
    let steps = fit::time_steps(recipe, patient, opened, 2, arguments.steps)?;
    let result = json!({
        "device": model.device,
        "slice_s": single,
        "slice_in_batch_s": batched,
        "slices_in_batch": BATCH,
        "fit": { "batch": batch, "crop": crop, "step_s": steps },
    });
    report::print(&format!("{result:#}\n"))
}
