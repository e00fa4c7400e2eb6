//! `train cross-validate`: fits one recipe to several folds, so that every patient is predicted once by a network that has not
//! seen it.

mod folds;
mod interval;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use glioscope::network::Calibration;
use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::device::{self, Choice};
use crate::evaluate::{self, Input};
use crate::file;
use crate::fit;
use crate::metrics::{Levels, Reliability, Scores, Tally, fit_curves};
use crate::model::{self, Model};
use crate::progress;
use crate::recipe::{self, Settings};
use crate::report::{self, Table};
use folds::{Fold, Grouping};
use interval::{Interval, mean_difference, mean_interval, median_interval};

/// Fit a recipe to several folds and score every patient by a network that has not seen it
///
/// OUT/fold-1 to OUT/fold-K are what `train fit` writes. A fold that is finished is not fitted again, and one that was stopped
/// is resumed. OUT/cross-validation.json has the figures of all patients: with the whole case, with each slice alone, and
/// with FLAIR alone. Surface distances are in pixels within slices. Volume errors are relative to the mean of both volumes. The
/// calibration error is over pixels with a probability above 0.1; "calibrated" has logits changed by a curve that is fitted to the
/// same input on the other folds.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Five folds of a recipe; Ctrl-C stops, and the same command continues
  $ train cross-validate --data kaggle_3m --out folds --config recipe.toml

  # Compare another recipe with it, patient by patient
  $ train cross-validate --data kaggle_3m --out others --config other.toml --compare folds

  # Leave one hospital out at a time
  $ train cross-validate --data kaggle_3m --out hospitals --by hospital")]
pub(crate) struct Arguments {
    /// Folder of patients with references: kaggle_3m or the folder that contains it, BraTS, nnU-Net or DICOM, see `train
    /// inspect`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// Folder for the folds and the figures
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// How patients are grouped into folds
    #[arg(long, value_enum, default_value_t)]
    by: Grouping,

    /// Number of folds, with `--by patient`
    #[arg(long, value_name = "K", default_value_t = 5)]
    folds: usize,

    /// Fit and score only this fold, from 1: for one of several machines. Run the command without it in the end
    #[arg(long, value_name = "FOLD")]
    only: Option<usize>,

    /// OUT of another cross-validation of the same patients: print the difference patient by patient
    #[arg(long, value_name = "DIR")]
    compare: Option<PathBuf>,

    /// Device to fit on
    #[arg(long, value_enum, default_value_t)]
    device: Choice,

    /// Recipe file, TOML; see `train fit --help`. Flags override it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    recipe: Settings,
}

const FIGURES: &str = "cross-validation.json";

/// What `cross-validation.json` has.
#[derive(Debug, Serialize)]
struct Figures<'a> {
    /// The held-out patients of each fold.
    folds: &'a [Fold],
    /// By input of the network.
    inputs: Vec<OfInput<'a>>,
}

#[derive(Debug, Serialize)]
struct OfInput<'a> {
    input: Input,
    /// 95 % intervals of the Dice over patients, by resampling patients.
    mean_interval: Interval,
    median_interval: Interval,
    /// What `train calibrate` would change.
    calibrated: &'a Calibrated,
    #[serde(flatten)]
    scores: &'a Scores,
}

/// Calibrated probabilities. The curve of a fold is fitted on the patients of all other folds.
#[derive(Debug, Serialize)]
struct Calibrated {
    /// By fold.
    curves: Vec<Calibration>,
    /// With these curves.
    calibration: Reliability,
}

/// What is read of another cross-validation.
#[derive(Debug, Deserialize)]
struct Other {
    inputs: Vec<OtherInput>,
}

#[derive(Debug, Deserialize)]
struct OtherInput {
    input: Input,
    patients: Vec<OtherPatient>,
}

#[derive(Debug, Deserialize)]
struct OtherPatient {
    patient: String,
    dice: f64,
}

/// Runs the command.
///
/// # Errors
/// Those of `train fit` and `train evaluate`, and when a folder of another cross-validation cannot be read or has other patients.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let dataset = Dataset::read(&arguments.data)?;
    let recipe = recipe::resolve(arguments.config.as_deref(), &arguments.recipe, None)?;
    let folds = folds::of(dataset.patients(), arguments.by, arguments.folds, recipe.seed)?;
    if let Some(only) = arguments.only {
        ensure!((1..=folds.len()).contains(&only), "--only is {only}, expected 1 to {}", folds.len());
    }
    let other = arguments.compare.as_deref().map(read_other).transpose()?;
    file::create_folder(&arguments.out)?;
    for (number, fold) in (1..).zip(&folds) {
        if arguments.only.is_some_and(|only| only != number) {
            continue;
        }
        let folder = fold_folder(&arguments.out, number);
        eprintln!("fold {number} of {}: {} patients held out", folds.len(), fold.held_out.len());
        let opened = device::open(arguments.device)?;
        if !fit::fold(&dataset, fold.split(&dataset.names()), &recipe, opened, &folder)? {
            return Ok(fit::exit_code(false));
        }
    }
    if arguments.only.is_some() {
        return Ok(ExitCode::SUCCESS);
    }

    let inputs = [Input::Case, Input::Single, Input::Flair];
    let all = inputs.map(|input| predict(arguments, &dataset, &folds, input).map(|scores| (input, scores)));
    let all = all.into_iter().collect::<Result<Vec<_>>>()?;
    let inputs = all.iter().map(|(input, (scores, calibrated))| {
        let dice: Vec<f64> = scores.patients.iter().map(|patient| patient.dice).collect();
        let (mean_interval, median_interval) = (mean_interval(&dice), median_interval(&dice));
        OfInput { input: *input, mean_interval, median_interval, calibrated, scores }
    });
    let figures = Figures { folds: &folds, inputs: inputs.collect() };
    report::write_json(&arguments.out.join(FIGURES), &figures)?;
    let mut text = figures.text();
    if let (Some(other), Some(path)) = (&other, &arguments.compare) {
        text += &figures.comparison(other, path)?;
    }
    report::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn fold_folder(out: &Path, number: usize) -> PathBuf {
    out.join(format!("fold-{number}"))
}

/// Predicts every patient by the network of the fold that holds it out.
fn predict(arguments: &Arguments, dataset: &Dataset, folds: &[Fold], input: Input) -> Result<(Scores, Calibrated)> {
    let mut tally: Option<Tally> = None;
    let mut levels = Vec::new();
    let bar = progress::bar(dataset.slices(), "slices");
    for (number, fold) in (1..).zip(folds) {
        let folder = fold_folder(&arguments.out, number);
        let model = Model::load(&model::Arguments { model: Some(folder), device: arguments.device })?;
        let tally = tally.get_or_insert_with(|| Tally::new(model.manifest().threshold));
        for patient in dataset.patients().iter().filter(|patient| fold.held_out.contains(&patient.name)) {
            evaluate::score(&model, patient, input, tally, |count| bar.inc(count as u64))?;
        }
        levels.push(tally.take_levels());
    }
    bar.finish_and_clear();
    let curves = fit_curves(&levels);
    let calibration = Levels::reliability(levels.iter().zip(&curves));
    Ok((tally.context("there are no folds")?.finish(), Calibrated { curves, calibration }))
}

fn read_other(folder: &Path) -> Result<Other> {
    let path = folder.join(FIGURES);
    serde_json::from_slice(&file::read(&path)?)
        .with_context(|| format!("{}: not the figures of a cross-validation", path.display()))
}

impl Figures<'_> {
    fn text(&self) -> String {
        let mut table = Table::new(&["input", "patients", "mean Dice", "95 %", "median", "95 %", "worst", "pooled"]);
        for OfInput { input, mean_interval, median_interval, scores, .. } in &self.inputs {
            let four = evaluate::four;
            table.row([
                input.description().to_owned(),
                scores.patients.len().to_string(),
                four(scores.patient.mean),
                mean_interval.to_string(),
                four(scores.patient.median),
                median_interval.to_string(),
                four(scores.patient.worst),
                four(scores.pooled.dice),
            ]);
        }
        let headings = [
            "input",
            "surface distance",
            "HD95",
            "volume error",
            "limits of agreement",
            "empty slices",
            "calibration error",
            "calibrated",
        ];
        let mut more = Table::new(&headings);
        for OfInput { input, scores, calibrated, .. } in &self.inputs {
            let Scores { surface, volume, empty, calibration, .. } = scores;
            more.row([
                input.description().to_owned(),
                format!("{:.2} px", surface.mean),
                format!("{:.2} px", surface.hd95_mean),
                format!("{:.1} %", 100.0 * volume.mean_error),
                format!("{:+.1} to {:+.1} %", 100.0 * volume.from, 100.0 * volume.to),
                format!("{} of {}, {:.1} %", empty.predicted, empty.slices, 100.0 * empty.fraction),
                evaluate::four(calibration.expected_error_above_tenth),
                evaluate::four(calibrated.calibration.expected_error_above_tenth),
            ]);
        }
        format!("{table}\n{more}\n")
    }

    /// The mean difference of the Dice of each patient from another cross-validation.
    fn comparison(&self, other: &Other, path: &Path) -> Result<String> {
        let mut table = Table::new(&["input", "mean difference", "95 %", "better", "worse"]);
        for OfInput { input, scores, .. } in &self.inputs {
            let found = other.inputs.iter().find(|other| other.input == *input);
            let found = found.with_context(|| format!("{}: it has no figures for this input", path.display()))?;
            let differences = scores.patients.iter().map(|patient| {
                let theirs = found.patients.iter().find(|other| other.patient == patient.patient);
                let theirs = theirs.with_context(|| format!("{}: it has no {}", path.display(), patient.patient))?;
                Ok(patient.dice - theirs.dice)
            });
            let differences = differences.collect::<Result<Vec<f64>>>()?;
            let (mean, interval) = mean_difference(&differences);
            table.row([
                input.description().to_owned(),
                format!("{mean:+.4}"),
                interval.to_string(),
                differences.iter().filter(|difference| **difference > 0.0).count().to_string(),
                differences.iter().filter(|difference| **difference < 0.0).count().to_string(),
            ]);
        }
        Ok(format!("\ndifference from {}\n{table}", path.display()))
    }
}
