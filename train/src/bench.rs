//! `train bench`: times fitting and segmenting on this machine.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use glioscope::layout::CaseSlice;
use glioscope::network::UNetConfig;
use glioscope::network::burn::UNet;
use glioscope::network::config::INPUTS;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::phantom::PhantomConfig;
use serde_json::{Value, json};

use crate::data::Patient;
use crate::device;
use crate::fit;
use crate::model::{self, BATCH, Files, Model};
use crate::recipe::{self, Recipe, Settings};
use crate::report;

/// Time steps of a fit and slices on this machine
///
/// Prints JSON: the seconds of each step of a fit (forward, loss, backward, optimiser, moving average), the seconds to draw
/// the samples of a step, and the seconds from pixels to probabilities of a single slice and of a slice in a batch. All run on
/// a phantom. On a GPU it also times the network alone, and the largest rate of multiply-adds. `cargo xtask bench` and
/// `tests/bench/gpu.sh` compare the figures.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Steps to time, after two that are not timed
    #[arg(long, default_value_t = 5)]
    steps: u64,

    /// How often to segment the slices of the phantom
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Numbers of slices that a GPU computes at once, separated by commas
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,8")]
    batches: Vec<usize>,

    /// Estimate the time of a fit with this recipe to the training data of the model; can be repeated
    #[arg(long, value_name = "FILE")]
    estimate: Vec<PathBuf>,

    #[command(flatten)]
    model: model::Arguments,

    #[command(flatten)]
    recipe: Settings,
}

/// Runs the command.
///
/// # Errors
///
/// When the model or the device is not available, the device fails, or a recipe cannot be estimated.
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

    let opened = device::open(arguments.model.device)?;
    let gpu = if opened.is_cpu() {
        None
    } else {
        Some(gpu(arguments.model.model.as_deref(), &arguments.batches, &opened.device)?)
    };

    let recipe = recipe::resolve(None, &arguments.recipe, None)?;
    let patient = Patient { name: case.name, slices, masks, statistics };
    let seconds = fit::time_steps(recipe.clone(), patient, opened, 2, arguments.steps)?;
    let step = median(&seconds.steps).max(seconds.draw);
    let estimate = estimate(&arguments.estimate, &recipe, model.card.counts.slices, step)?;
    let result = json!({
        "device": model.device,
        "slice_s": single,
        "slice_in_batch_s": batched,
        "slices_in_batch": BATCH,
        "gpu": gpu,
        "fit": { "batch": recipe.batch, "crop": recipe.crop, "draw_s": seconds.draw, "step_s": seconds.steps },
        "estimate": estimate,
    });
    report::print(&format!("{result:#}\n"))
}

/// The rate of the network alone on a GPU, for each of `batches`, and the largest rate of multiply-adds.
///
/// # Errors
///
/// When the model cannot be read.
fn gpu(folder: Option<&Path>, batches: &[usize], device: &Device) -> Result<Value> {
    let files = Files::of(folder)?;
    let unet = UNet::from_folded(&files.network, device);
    let side = files.manifest.grid;
    let work = multiply_adds(&files.manifest.network, side);
    let ceiling = ceiling(device);
    let network = batches.iter().map(|&n| {
        let slices = n as f64 / network_seconds(&unet, n, side, device);
        json!({ "slices_at_once": n, "slices_per_s": slices, "fraction_of_ceiling": slices * work / ceiling })
    });
    Ok(json!({
        "network": network.collect::<Vec<_>>(),
        "multiply_adds_per_slice": work,
        "ceiling_multiply_adds_per_s": ceiling,
    }))
}

/// The median seconds of `n` slices from the network's input to its logits, both in main memory.
fn network_seconds(unet: &UNet, n: usize, side: usize, device: &Device) -> f64 {
    const RUNS: usize = 10;
    // The values do not matter, only that there are such numbers.
    let values: Vec<f32> = (0..n * INPUTS * side * side).map(|i| (i % 17) as f32 / 8.0 - 1.0).collect();
    let input = TensorData::new(values, [n, INPUTS, side, side]);
    let run = || {
        let input = input.clone();
        let start = Instant::now();
        let logits = unet.forward(Tensor::from_data(input, device)); // [n, 1, side, side]
        std::hint::black_box(logits.into_data());
        start.elapsed().as_secs_f64()
    };
    // The first runs compile the kernels and allocate the maps.
    for _ in 0..3 {
        run();
    }
    median(&(0..RUNS).map(|_| run()).collect::<Vec<_>>())
}

/// The highest rate of products of square f32 matrices, in multiply-adds a second. Their side is doubled until a product takes
/// a fifth of a second.
fn ceiling(device: &Device) -> f64 {
    const SIDES: [usize; 5] = [512, 1024, 2048, 4096, 8192];
    let mut most = 0f64;
    for side in SIDES {
        let [left, right] = [0; 2].map(|_| Tensor::<2>::random([side, side], Distribution::Uniform(-1.0, 1.0), device));
        let run = || {
            let start = Instant::now();
            // Reading one number waits for all of them.
            let product = left.clone().matmul(right.clone()).slice([0..1, 0..1]);
            std::hint::black_box(product.into_data());
            start.elapsed().as_secs_f64()
        };
        run();
        let seconds = (0..5).map(|_| run()).fold(f64::INFINITY, f64::min);
        most = most.max((side as f64).powi(3) / seconds);
        if seconds > 0.2 {
            break;
        }
    }
    most
}

/// The multiply-adds of a slice, counted as direct convolutions.
fn multiply_adds(network: &UNetConfig, side: usize) -> f64 {
    let UNetConfig { widths, stem } = network;
    let cells = stem * stem;
    let pixels = |depth: usize| ((side / stem) >> depth).pow(2);
    let pair = |depth: usize, inputs: usize| pixels(depth) * 9 * widths[depth] * (inputs + widths[depth]);
    let inputs = [INPUTS * cells].into_iter().chain(widths.iter().copied());
    let down: usize = inputs.take(widths.len()).enumerate().map(|(depth, inputs)| pair(depth, inputs)).sum();
    // Each output of an up-convolution depends on one pixel of the map below.
    let rises = widths.windows(2).enumerate();
    let up: usize = rises.map(|(depth, two)| pixels(depth) * two[0] * two[1] + pair(depth, 2 * two[0])).sum();
    (down + up + pixels(0) * widths[0] * cells) as f64
}

/// The steps and seconds of fits with the recipes in `paths` to `slices` training slices, if a step takes `step` seconds.
///
/// # Errors
///
/// When a recipe cannot be read, or its steps are not like those of `timed`.
fn estimate(paths: &[PathBuf], timed: &Recipe, slices: usize, step: f64) -> Result<Value> {
    let (mut fits, mut all) = (Vec::new(), 0);
    for path in paths {
        let recipe = recipe::resolve(Some(path), &Settings::default(), None)?;
        ensure!(
            (recipe.batch, recipe.crop, &recipe.network) == (timed.batch, timed.crop, &timed.network),
            "{}: its steps have another batch, crop or network than the timed steps",
            path.display()
        );
        let steps = recipe.epochs * recipe.steps_per_epoch(slices);
        all += steps;
        fits.push(json!({ "recipe": path.display().to_string(), "steps": steps }));
    }
    Ok(json!({ "training_slices": slices, "fits": fits, "total_steps": all, "total_seconds": all as f64 * step }))
}

/// The upper median; NaN of no values.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_network_has_780_million_multiply_adds() {
        // The sum of all layers that `cargo xtask bench` prints.
        assert_eq!(multiply_adds(&UNetConfig::default(), 256), 780_140_544.0);
    }

    #[test]
    fn the_shipped_recipes_take_the_steps_of_their_epochs() -> Result<()> {
        let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes");
        let paths = ["shipped-2-bare.toml", "shipped-3-again.toml"].map(|name| recipes.join(name));
        // 100 slices are 6 steps of 16 samples. The epochs are 8 and 12.
        let found = estimate(&paths, &Recipe::default(), 100, 0.5)?;
        assert_eq!(found["total_steps"], 6 * 20);
        assert_eq!(found["total_seconds"], 60.0);
        let other = Recipe { batch: 8, ..Recipe::default() };
        assert!(estimate(&paths, &other, 100, 0.5).is_err());
        Ok(())
    }
}
