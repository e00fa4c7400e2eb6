//! `train calibrate`: calibrates the probabilities of a model and fits the prediction of its Dice, on the folds of a
//! cross-validation.

mod predictor;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use glioscope::mask::metrics::Confusion;
use glioscope::mask::{Probability, expected_dice, small_regions};
use glioscope::network::segmenter::Backend;
use glioscope::network::{Calibration, Manifest, Segmenter};
use serde::Serialize;

use crate::data::{Dataset, Patient};
use crate::device::Choice;
use crate::evaluate::{self, Input, four};
use crate::metrics::{Levels, Reliability, calibrated, fit_curve, fit_curves};
use crate::model::{self, Files, Model};
use crate::progress;
use crate::report::{self, Table};
use predictor::{Case, Quality};

/// What the network sees of each patient. Both kinds count alike.
const INPUTS: [Input; 2] = [Input::Case, Input::Flair];

/// Calibrate the probabilities of a model, and predict its Dice
///
/// Every patient of a cross-validation is predicted by a network that has not seen it. Two things are fitted to these predictions, of
/// whole cases and of FLAIR alone together, and written into model.json:
///
/// - a curve from logits to logits, so that of the pixels with a probability of 0.8 about 80 % are lesion. Masks at threshold 0.5 stay
///   as they are, except where small regions are joined differently;
/// - a line from the Dice that the calibrated probabilities expect to the Dice that such cases have, with the range of nine of ten cases.
///
/// The networks of the folds should be like that of the model: the same shape, and a similar recipe. The printed figures are out of
/// fold: the curve and the line of a fold are fitted on the other folds.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Example:
  $ train cross-validate --data kaggle_3m --out folds
  $ train calibrate --data kaggle_3m --folds folds --model fits/model")]
pub(crate) struct Arguments {
    /// Folder of patients, as for `train cross-validate`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// OUT of the cross-validation, all of whose folds are finished
    #[arg(long, value_name = "DIR")]
    folds: PathBuf,

    /// Folder of the model. Its model.json is replaced
    #[arg(long, value_name = "DIR")]
    model: PathBuf,

    /// Write the figures and each case as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Device to run the networks of the folds on
    #[arg(long, value_enum, default_value_t)]
    device: Choice,
}

/// A fold: its network, and the patients that it has not seen.
struct Fold {
    model: Model,
    patients: Vec<Patient>,
}

/// What the command finds out.
#[derive(Debug, Serialize)]
struct Figures {
    /// Out of fold, by input.
    inputs: Vec<OfInput>,
    /// Each case with a mask, by input.
    cases: Vec<Scored>,
}

#[derive(Debug, Serialize)]
struct OfInput {
    input: Input,
    before: Reliability,
    after: Reliability,
    /// How well the Dice is predicted.
    predicted: Quality,
}

#[derive(Debug, Serialize)]
struct Scored {
    patient: String,
    input: Input,
    /// The fold, from 1.
    fold: usize,
    expected: f64,
    predicted: f64,
    dice: f64,
}

/// Runs the command.
///
/// # Errors
///
/// When the data, a fold or the model cannot be read, a patient is held out by no fold or by two, or model.json cannot be written. The
/// message has the folder or the patient.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let files = Files::read(&arguments.model)?;
    let dataset = Dataset::read(&arguments.data)?;
    let folds = read_folds(&arguments.folds, arguments.device, &dataset)?;

    let bar = progress::bar(2 * INPUTS.len() * dataset.slices(), "slices");
    let done = |count: usize| bar.inc(count as u64);
    // By input, then by fold.
    let levels = INPUTS.iter().map(|&input| folds.iter().map(|fold| fold.levels(input, done)).collect::<Result<_>>());
    let levels = levels.collect::<Result<Vec<Vec<Levels>>>>()?;
    let of_fold = |fold: usize| levels.iter().fold(Levels::default(), |all, input| sum(all, &input[fold]));
    let pooled: Vec<Levels> = (0..folds.len()).map(of_fold).collect();
    let curves = fit_curves(&pooled);

    let mut cases = Vec::new();
    for &input in &INPUTS {
        for (number, (fold, curve)) in folds.iter().zip(&curves).enumerate() {
            for (patient, case) in fold.cases(input, curve, files.manifest.threshold, done)? {
                cases.push((input, number, patient, case));
            }
        }
    }
    bar.finish_and_clear();

    let lines = (0..folds.len()).map(|fold| {
        let others = cases.iter().filter(|(_, number, ..)| *number != fold);
        predictor::fit(&others.map(|(.., case)| *case).collect::<Vec<_>>())
    });
    let lines: Vec<_> = lines.collect();
    let none = Calibration::default();
    let of_input = |(&input, levels): (&Input, &Vec<Levels>)| {
        let own = cases.iter().filter(|(of, ..)| *of == input);
        OfInput {
            input,
            before: Levels::reliability(levels.iter().map(|levels| (levels, &none))),
            after: Levels::reliability(levels.iter().zip(&curves)),
            predicted: predictor::score(&own.map(|(_, fold, _, case)| (*case, lines[*fold])).collect::<Vec<_>>()),
        }
    };
    let figures = Figures {
        inputs: INPUTS.iter().zip(&levels).map(of_input).collect(),
        cases: cases
            .iter()
            .map(|(input, fold, patient, Case { expected, dice })| Scored {
                patient: patient.clone(),
                input: *input,
                fold: fold + 1,
                expected: *expected,
                predicted: lines[*fold].predict(*expected).dice,
                dice: *dice,
            })
            .collect(),
    };

    let all: Vec<Case> = cases.iter().map(|(.., case)| *case).collect();
    let manifest = Manifest {
        calibration: fit_curve(&pooled.iter().fold(Levels::default(), sum)),
        dice_predictor: Some(predictor::fit(&all)),
        ..files.manifest.clone()
    };
    let segmenter = Segmenter::new(&files.network, manifest, Backend::Cpu);
    let known_answer = pollster::block_on(segmenter.known_answer())?;
    let manifest = Manifest { known_answer, ..segmenter.manifest().clone() };
    manifest.validate()?;
    report::print(&figures.text())?;
    if let Some(json) = &arguments.json {
        report::write_json(json, &figures)?;
    }
    report::write_json(&arguments.model.join("model.json"), &manifest).context("the calibration is not written")
}

/// The folds `fold-1` and so on in a folder. Together they hold out every patient once.
fn read_folds(folder: &Path, device: Choice, dataset: &Dataset) -> Result<Vec<Fold>> {
    let mut folds = Vec::new();
    let mut owners: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in (1..).map(|number| folder.join(format!("fold-{number}"))).take_while(|path| path.is_dir()) {
        let model = Model::load(&model::Arguments { model: Some(path.clone()), device })?;
        ensure!(model.manifest().calibration == Calibration::default(), "{}: it is calibrated already", path.display());
        let names = &model.card.split.held_out;
        for name in names {
            if let Some(other) = owners.insert(name.clone(), path.clone()) {
                bail!("{} is held out by {} and by {}", name, other.display(), path.display());
            }
        }
        let patients = dataset.clone().only(names).with_context(|| path.display().to_string())?.into_patients();
        folds.push(Fold { model, patients });
    }
    ensure!(folds.len() > 1, "{}: expected at least the folders fold-1 and fold-2", folder.display());
    if let Some(name) = dataset.names().iter().find(|name| !owners.contains_key(*name)) {
        bail!("{}: no fold holds out {name}", folder.display());
    }
    Ok(folds)
}

impl Fold {
    /// The probabilities of its patients with those of the references.
    fn levels(&self, input: Input, done: impl Fn(usize)) -> Result<Levels> {
        let mut levels = Levels::default();
        for patient in &self.patients {
            let maps = evaluate::probabilities(&self.model, patient, input, &done)?;
            maps.iter().zip(&patient.masks).for_each(|(map, reference)| levels.add(map, reference));
        }
        Ok(levels)
    }

    /// Its patients that get a mask, with calibrated probabilities.
    fn cases(
        &self,
        input: Input,
        curve: &Calibration,
        threshold: f32,
        done: impl Fn(usize),
    ) -> Result<Vec<(String, Case)>> {
        let mut cases = Vec::new();
        for patient in &self.patients {
            let maps = evaluate::probabilities(&self.model, patient, input, &done)?;
            let maps: Vec<Probability> = maps.iter().map(|map| calibrated(map, curve)).collect();
            let small = small_regions::find(&maps);
            let slices = || maps.iter().zip(small.iter().map(Option::as_ref));
            let Some(expected) = expected_dice(slices(), threshold) else { continue };
            let masks = slices().map(|(map, small)| small_regions::mask(map, small, threshold));
            let confusion: Confusion =
                masks.zip(&patient.masks).map(|(mask, reference)| Confusion::new(&mask, reference)).sum();
            cases.push((patient.name.clone(), Case { expected, dice: confusion.dice() }));
        }
        Ok(cases)
    }
}

fn sum(mut all: Levels, other: &Levels) -> Levels {
    all.extend(other);
    all
}

impl Figures {
    fn text(&self) -> String {
        let mut calibration = Table::new(&["input", "calibration error above 0.1", "calibrated"]);
        let mut predicted = Table::new(&[
            "input",
            "cases",
            "predicted Dice, mean error",
            "correlation",
            "in range",
            "worst fifth found",
        ]);
        for OfInput { input, before, after, predicted: quality } in &self.inputs {
            let errors = [before, after].map(|reliability| four(reliability.expected_error_above_tenth));
            calibration.row([input.description().to_owned()].into_iter().chain(errors));
            predicted.row([
                input.description().to_owned(),
                quality.cases.to_string(),
                four(quality.error),
                four(quality.correlation),
                format!("{:.0} %", 100.0 * quality.in_range),
                format!("{:.0} %", 100.0 * quality.worst_found),
            ]);
        }
        format!("{calibration}\n{predicted}\n")
    }
}
