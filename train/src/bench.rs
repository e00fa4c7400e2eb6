//! `train bench`: how long fitting and segmenting take on this machine.

use std::time::Instant;

use anyhow::{Context as _, Result};
use glioscope::layout::CaseSlice;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::phantom::PhantomConfig;
use serde_json::json;

use crate::dataset::Patient;
use crate::device;
use crate::fit;
use crate::model::{self, BATCH, Model};
use crate::recipe::{self, Recipe};
use crate::report;

/// Time fitting steps and slices on this machine
///
/// Prints JSON: the seconds of each step of a fit (forward, loss, backward, optimiser, moving average; the samples are
/// drawn beforehand), and the seconds a slice takes on its way from pixels to probabilities, alone and in batches, each
/// again and again on a phantom. `cargo xtask bench` holds them against others.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many steps to time, after two that are not
    #[arg(long, default_value_t = 5)]
    steps: u64,

    /// How often the phantom's slices are segmented
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    #[command(flatten)]
    model: model::Arguments,

    #[command(flatten)]
    recipe: recipe::Arguments,
}

/// Runs the command.
///
/// # Errors
///
/// When there is no model or no such device, or it fails.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let case = PhantomConfig::default().case();
    let parts = case.slices.into_iter().map(|CaseSlice { slice, reference }| Some((slice, reference?)));
    let (slices, masks) = parts.collect::<Option<(Vec<_>, Vec<_>)>>().context("a phantom without references")?;
    let statistics = CaseStatistics::of(&slices);

    let model = Model::load(&arguments.model)?;
    let (mut alone, mut batched) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        for slice in slices.chunks(1) {
            let start = Instant::now();
            model.probabilities(slice, &statistics, |_| ())?;
            alone.push(start.elapsed().as_secs_f64());
        }
        for slices in slices.chunks_exact(BATCH) {
            let start = Instant::now();
            model.probabilities(slices, &statistics, |_| ())?;
            batched.push(start.elapsed().as_secs_f64() / BATCH as f64);
        }
    }

    let recipe = Recipe::new(&arguments.recipe)?;
    let (batch, crop) = (recipe.batch, recipe.crop);
    let patient = Patient { name: case.name, slices, masks, statistics };
    let opened = device::open(arguments.model.device)?;
    let steps = fit::time_steps(recipe, patient, opened, 2, arguments.steps)?;
    let result = json!({
        "device": model.device,
        "slice_s": alone,
        "slice_in_batch_s": batched,
        "slices_in_batch": BATCH,
        "fit": { "batch": batch, "crop": crop, "step_s": steps },
    });
    report::print(&format!("{result:#}\n"))
}
