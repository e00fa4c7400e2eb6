//! `train evaluate`: a network against the masks of a dataset.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, ensure};
use glioscope::mask::Mask;
use glioscope::mask::metrics::Confusion;
use glioscope::mask::small_regions;
use glioscope::network::input_check::Verdict;
use glioscope::network::manifest::{Manifest, Split};
use glioscope::network::preprocess::CaseStatistics;
use glioscope::read::Slice;
use rayon::prelude::*;
use serde::Serialize;

use crate::dataset::{Dataset, Patient};
use crate::model::{self, Model};
use crate::output::Output;
use crate::progress;
use crate::reliability::{Bin, Reliability};
use crate::report::{self, Agreement, Comparison, Table};
use crate::score::{Scores, Spread, Tally};
use crate::split;

/// Score a network against the masks of a dataset
///
/// Prints a line a patient and a summary by every protocol that figures are quoted by: volume Dice over patients, as
/// the page draws it, with every region, and with each patient's largest 3-D component alone; Dice, IoU, sensitivity and precision pooled over all
/// pixels; Dice slice by slice; the share of empty slices on which anything is drawn; and the batch-pooled soft Dice
/// (batches of 32 slices, smooth = 100). Figures of patients that the network was fitted on are marked as such.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  train evaluate --data kaggle_3m --patients held_out.txt --json figures.json
  train evaluate --data phantoms --input single
        every slice normalised by itself, as a slice that is dropped alone")]
pub(crate) struct Arguments {
    /// Folder of patients: <patient>/<patient>_<n>.tif, each with <patient>_<n>_mask.tif
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    #[command(flatten)]
    model: model::Arguments,

    /// Score only the patients in this list, one name a line
    #[arg(long, value_name = "FILE")]
    patients: Option<PathBuf>,

    /// Score only what the model's split does not name at all: neither fitted on nor watched during the fit
    #[arg(long)]
    unseen: bool,

    /// What the network gets to see
    #[arg(long, value_enum, default_value_t)]
    input: Input,

    /// Draw where the probability is at least this, 0 to 1 [default: the model's own]
    #[arg(long, value_name = "P")]
    threshold: Option<f32>,

    /// Write every figure as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write the masks that were drawn as <patient>/<stem>_mask.tif below this folder
    #[arg(long, value_name = "DIR")]
    masks: Option<PathBuf>,

    /// Write a PNG of original, truth and prediction: for the worst, the middle and the best patient the slice with the
    /// most wrong pixels
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,

    /// Write a PNG of the four worst patients without their slices: where the masks of those with the most wrong pixels are
    /// right, missing or false
    #[arg(long, value_name = "FILE")]
    failures: Option<PathBuf>,
}

/// Patients in the picture of failures, and slices of each.
const FAILURES: usize = 4;

/// What the network gets to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Input {
    /// All channels, normalised by the statistics of the whole case
    #[default]
    Case,
    /// All channels, every slice normalised by its own statistics, as if it had been dropped alone
    Single,
    /// FLAIR alone, as grey slices, normalised by the statistics of the whole case
    Flair,
}

/// What `--json` writes.
#[derive(Debug, Serialize)]
struct Evaluation<'a> {
    data: String,
    model: String,
    device: &'a str,
    input: Input,
    threshold: f32,
    seconds: f64,
    #[serde(flatten)]
    provenance: Provenance,
    /// Absent for a model that knows nothing of its fitted slices.
    input_check: Option<InputCheck>,
    #[serde(flatten)]
    scores: &'a Scores,
}

/// What the network has to do with those that are scored.
#[derive(Debug, Default, Serialize)]
struct Provenance {
    /// Patients (after a fit by slices, slices) that the network was fitted on: unless there are none, the figures do
    /// not say how it does on others.
    fitted_on: Vec<String>,
    /// Patients (or slices) that were held out and watched while it was fitted: its recipe was chosen by them. Its epoch is
    /// the last and its threshold 0.5, whoever they are.
    chosen_by: Vec<String>,
    /// Patients of whom other slices were fitted on.
    fitted_on_in_part: Vec<String>,
}

/// What the input check says of the patients.
#[derive(Debug, Serialize)]
struct InputCheck {
    patients: usize,
    accepted: usize,
    /// By patient, what was found odd.
    refused: BTreeMap<String, Vec<String>>,
}

/// A patient's slice that may become a picture.
struct Exhibit<'a> {
    /// Its place in the patient.
    at: usize,
    slice: &'a Slice,
    truth: &'a Mask,
    drawn: Mask,
}

/// Runs the command.
///
/// # Errors
///
/// When the data, the list or the model cannot be read, or an output cannot be written; the message names the file.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(threshold) = arguments.threshold {
        ensure!((0.0..=1.0).contains(&threshold), "--threshold is {threshold}, expected 0 to 1");
    }
    let mut dataset = Dataset::read(&arguments.data)?;
    if let Some(list) = &arguments.patients {
        dataset = dataset.only(&split::read_names(list)?)?;
    }
    let mut output = match &arguments.masks {
        Some(folder) => Some(masks_output(folder, &dataset)?),
        None => None,
    };
    let model = Model::load(&arguments.model)?;
    if arguments.unseen {
        let split = &model.manifest().split;
        let seen: BTreeSet<&str> = split.fit.iter().chain(&split.held_out).map(String::as_str).collect();
        dataset = dataset.without(&seen)?;
    }
    let threshold = arguments.threshold.unwrap_or(model.manifest().threshold);

    let started = Instant::now();
    let mut tally = Tally::new(threshold);
    let mut exhibits = Vec::new();
    let bar = progress::bar(dataset.slices(), "slices");
    for patient in dataset.patients() {
        let drawn = score(&model, patient, arguments.input, &mut tally, |count| bar.inc(count as u64))?;
        if let Some(output) = &mut output {
            for (slice, mask) in patient.slices.iter().zip(&drawn) {
                output.write_mask(&patient.id(slice), mask)?;
            }
        }
        exhibits.push(Exhibit::of(patient, &drawn));
    }
    bar.finish_and_clear();
    let scores = tally.finish();

    let evaluation = Evaluation {
        data: dataset.root().display().to_string(),
        model: arguments.model.model.display().to_string(),
        device: &model.device,
        input: arguments.input,
        threshold,
        seconds: started.elapsed().as_secs_f64(),
        provenance: Provenance::of(&dataset, &model.manifest().split),
        input_check: InputCheck::of(&dataset, model.manifest()),
        scores: &scores,
    };
    report::print(&text(&evaluation))?;
    if let Some(path) = &arguments.json {
        report::write_json(path, &evaluation)?;
    }
    if let Some(path) = &arguments.picture {
        report::write_png(path, &picture(&scores, &exhibits))?;
    }
    if let Some(path) = &arguments.failures {
        report::write_png(path, &failures(&scores, &exhibits))?;
    }
    Ok(())
}

/// Runs the network over one patient, adds it to `tally` and gives back the masks that were drawn.
///
/// `done` is called with the number of slices after every batch of them.
///
/// # Errors
///
/// When the device fails.
pub(crate) fn score(
    model: &Model,
    patient: &Patient,
    input: Input,
    tally: &mut Tally,
    mut done: impl FnMut(usize),
) -> Result<Vec<Mask>> {
    let maps = match input {
        Input::Case => model.probabilities(&patient.slices, &patient.statistics, &mut done)?,
        Input::Flair => {
            let slices = patient.slices.iter().map(Slice::flair).collect::<Vec<_>>();
            let CaseStatistics { channels: [_, flair, _], full_scale } = patient.statistics;
            model.probabilities(&slices, &CaseStatistics { channels: [flair; 3], full_scale }, &mut done)?
        }
        Input::Single => {
            let mut maps = Vec::with_capacity(patient.slices.len());
            for slice in &patient.slices {
                let own = CaseStatistics::of([slice]);
                maps.extend(model.probabilities(std::slice::from_ref(slice), &own, &mut done)?);
            }
            maps
        }
    };
    let left_out = match input {
        Input::Case | Input::Flair => small_regions::small(&maps),
        Input::Single => maps.iter().flat_map(|map| small_regions::small([map])).collect(),
    };
    Ok(tally.add(&patient.name, &maps, &left_out, &patient.masks))
}

/// The folder for masks, checked before hours of work that it is not the dataset's own.
fn masks_output(folder: &Path, dataset: &Dataset) -> Result<Output> {
    let inputs: BTreeSet<PathBuf> = dataset
        .patients()
        .iter()
        .flat_map(|patient| &patient.slices)
        .filter_map(|slice| dataset.root().join(slice.name()).parent().map(PathBuf::from))
        .collect();
    let output = Output::new(folder, inputs.iter().map(PathBuf::as_path))?;
    for patient in dataset.patients() {
        output.mask_path(&patient.id(&patient.slices[0]))?;
    }
    Ok(output)
}

impl InputCheck {
    fn of(dataset: &Dataset, model: &Manifest) -> Option<Self> {
        let seen = model.seen.as_ref()?;
        let verdict = |patient: &Patient| seen.verdict(&patient.slices, &patient.statistics, model.grid);
        let verdicts: Vec<Verdict> = dataset.patients().par_iter().map(verdict).collect();
        let refused = dataset.patients().iter().zip(verdicts).filter(|(_, verdict)| !verdict.accepted);
        let refused: BTreeMap<_, _> =
            refused.map(|(patient, verdict)| (patient.name.clone(), verdict.reasons)).collect();
        let patients = dataset.patients().len();
        Some(Self { patients, accepted: patients - refused.len(), refused })
    }
}

impl Provenance {
    fn of(dataset: &Dataset, split: &Split) -> Self {
        let fit: BTreeSet<&str> = split.fit.iter().map(String::as_str).collect();
        let held_out: BTreeSet<&str> = split.held_out.iter().map(String::as_str).collect();
        // After a fit by slices, whom the slices belong to: they are named <patient>/<file>.
        let in_part: BTreeSet<&str> = fit.iter().filter_map(|name| Some(name.rsplit_once('/')?.0)).collect();
        let mut provenance = Self::default();
        for patient in dataset.patients() {
            for name in patient.slices.iter().map(|slice| patient.id(slice)).chain([patient.name.clone()]) {
                if held_out.contains(name.as_str()) {
                    provenance.chosen_by.push(name.clone());
                }
                if fit.contains(name.as_str()) {
                    provenance.fitted_on.push(name);
                }
            }
            if in_part.contains(patient.name.as_str()) {
                provenance.fitted_on_in_part.push(patient.name.clone());
            }
        }
        provenance
    }

    /// Lines that nobody overlooks; none where nothing that is scored was fitted on.
    fn warning(&self) -> String {
        let some = |names: &[String]| {
            let more = if names.len() > 3 { ", …" } else { "" };
            format!("{}{more}", names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", "))
        };
        if !self.fitted_on.is_empty() {
            format!(
                "!!! NOT HELD OUT: the network was fitted on {} of those scored here ({}).\n\
                 !!! These figures do not say how well it does on others. Do not quote them as if they did.\n",
                self.fitted_on.len(),
                some(&self.fitted_on)
            )
        } else if !self.fitted_on_in_part.is_empty() {
            format!(
                "!!! LEAKY SPLIT: the network was fitted on other slices of {} patients scored here ({}).\n\
                 !!! These figures compare with those of other splits by slices, and with nothing else.\n",
                self.fitted_on_in_part.len(),
                some(&self.fitted_on_in_part)
            )
        } else {
            String::new()
        }
    }
}

impl<'a> Exhibit<'a> {
    /// Those with the most wrong pixels, and where they are alike with the largest lesion, the worst first.
    fn of(patient: &'a Patient, drawn: &[Mask]) -> Vec<Self> {
        let wrong = |at: usize| {
            let Confusion { tp, fp, fn_, .. } = Confusion::new(&drawn[at], &patient.masks[at]);
            std::cmp::Reverse((fp + fn_, tp))
        };
        let mut worst: Vec<usize> = (0..drawn.len()).collect();
        worst.sort_by_cached_key(|&at| wrong(at));
        worst.truncate(FAILURES);
        let of =
            |at: usize| Self { at, slice: &patient.slices[at], truth: &patient.masks[at], drawn: drawn[at].clone() };
        worst.into_iter().map(of).collect()
    }
}

/// What is printed: a line a patient and the summary, the warning before and after.
fn text(evaluation: &Evaluation<'_>) -> String {
    let scores = evaluation.scores;
    let warning = evaluation.provenance.warning();
    let mut text = if warning.is_empty() { String::new() } else { format!("{warning}\n") };
    let input = match evaluation.input {
        Input::Case => "all channels, statistics of the whole case",
        Input::Single => "all channels, every slice with its own statistics",
        Input::Flair => "FLAIR alone as grey slices, statistics of the whole case",
    };
    text += &format!(
        "data       {}: {} patients, {} slices\nmodel      {} on {}\ninput      {input}\nthreshold  {}\n\n",
        evaluation.data,
        scores.patients.len(),
        scores.per_slice.slices,
        evaluation.model,
        evaluation.device,
        evaluation.threshold,
    );

    let mut table =
        Table::new(&["patient", "slices", "Dice", "largest", "IoU", "sensitivity", "precision", "false slices"]);
    for patient in &scores.patients {
        table.row([
            patient.patient.clone(),
            patient.slices.to_string(),
            four(patient.dice),
            four(patient.dice_largest),
            four(patient.iou),
            share(patient.sensitivity),
            share(patient.precision),
            format!("{} of {}", patient.false_slices, patient.empty_slices),
        ]);
    }
    text += &format!("{table}\n");

    let mut table = Table::new(&["Dice over patients", "mean", "median", "worst", "deviation", "worst patient"]);
    for (name, spread) in [
        ("as drawn", &scores.patient),
        ("every region", &scores.patient_every_region),
        ("largest component", &scores.patient_largest),
    ] {
        table.row(spread_row(name, spread));
    }
    text += &format!("{table}\n");

    let mut table = Table::new(&["all pixels pooled", "Dice", "IoU", "sensitivity", "precision"]);
    let pooled = &scores.pooled;
    table.row(
        ["as drawn".to_owned()]
            .into_iter()
            .chain([pooled.dice, pooled.iou].map(four))
            .chain([pooled.sensitivity, pooled.precision].map(share)),
    );
    text += &format!("{table}\n");

    let (slices, empty, protocol) = (&scores.per_slice, &scores.empty, &scores.slice_protocol);
    text += &format!(
        "Dice slice by slice   {} over {} slices with lesion, {} over all {} (empty on empty counts 1)\n\
         empty slices          anything drawn on {} of {}, {:.1} %\n\
         slice protocol        soft Dice {} (mean of {} batches of {} slices in {} random orders, smooth = {}), hard Dice pooled {}\n",
        four(slices.foreground_dice),
        slices.foreground_slices,
        four(slices.dice),
        slices.slices,
        empty.drawn,
        empty.slices,
        100.0 * empty.fraction,
        four(protocol.soft_dice),
        protocol.batches,
        protocol.batch,
        protocol.orders,
        protocol.smooth,
        four(protocol.hard_dice),
    );
    text += &calibration(&scores.reliability);
    if let Some(check) = &evaluation.input_check {
        text += &format!("input check           {} of {} accepted\n", check.accepted, check.patients);
        for (patient, reasons) in &check.refused {
            text += &format!("  refused {patient}: {}\n", reasons.join(" "));
        }
    }
    let chosen_by = evaluation.provenance.chosen_by.len();
    if chosen_by > 0 {
        text += &format!(
            "chosen by             the recipe was chosen by {chosen_by} of those scored here, who were watched during the fit\n"
        );
    }
    text += &format!(
        "{:.1} s, {:.1} slices/s\n",
        evaluation.seconds,
        slices.slices as f64 / evaluation.seconds.max(f64::MIN_POSITIVE)
    );
    text + &warning
}

/// A line a tenth of probability.
fn calibration(reliability: &Reliability) -> String {
    let mut table = Table::new(&["probability", "pixels", "mean", "lesion"]);
    for Bin { from, to, pixels, probability, lesion } in reliability.bins.iter().chain([&reliability.uncertain]) {
        table.row([format!("{from:.1} to {to:.1}"), pixels.to_string(), four(*probability), four(*lesion)]);
    }
    format!(
        "\n{table}calibration error     {} over all pixels, {} over those above 0.1\n",
        four(reliability.expected_error),
        four(reliability.expected_error_above_tenth)
    )
}

fn spread_row(name: &str, spread: &Spread) -> Vec<String> {
    let figures = [spread.mean, spread.median, spread.worst, spread.deviation].map(four);
    [name.to_owned()].into_iter().chain(figures).chain([spread.worst_patient.clone()]).collect()
}

fn four(figure: f64) -> String {
    format!("{figure:.4}")
}

/// A share of nothing is none.
fn share(figure: Option<f64>) -> String {
    figure.map_or("–".to_owned(), four)
}

/// The worst, the middle and the best patient, each by the slice with the most wrong pixels.
fn picture(scores: &Scores, exhibits: &[Vec<Exhibit<'_>>]) -> report::Canvas {
    let order = worst_first(scores);
    let mut ranks = vec![0, order.len() / 2, order.len().saturating_sub(1)];
    ranks.dedup();
    let chosen = || ranks.iter().filter_map(|&rank| Some((order[rank], exhibits[order[rank]].first()?)));
    let titles: Vec<String> = chosen()
        .map(|(at, exhibit)| format!("{}   patient Dice {}", exhibit.slice.name(), four(scores.patients[at].dice)))
        .collect();
    let rows: Vec<Comparison<'_>> = chosen()
        .zip(&titles)
        .map(|((_, Exhibit { slice, truth, drawn, .. }), title)| Comparison { title, slice, truth, prediction: drawn })
        .collect();
    report::comparison(&rows)
}

/// The worst patients, their slices from left to right as they lie in the head.
fn failures(scores: &Scores, exhibits: &[Vec<Exhibit<'_>>]) -> report::Canvas {
    let row = |at: usize| {
        let mut slices: Vec<&Exhibit<'_>> = exhibits[at].iter().collect();
        slices.sort_by_key(|exhibit| exhibit.at);
        let patient = &scores.patients[at];
        Agreement {
            title: format!("{}   Dice {}", patient.patient, four(patient.dice)),
            slices: slices.into_iter().map(|exhibit| [exhibit.truth, &exhibit.drawn]).collect(),
        }
    };
    report::agreement(&worst_first(scores).into_iter().take(FAILURES).map(row).collect::<Vec<_>>())
}

/// Indices of the patients.
fn worst_first(scores: &Scores) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.patients.len()).collect();
    order.sort_by(|&a, &b| scores.patients[a].dice.total_cmp(&scores.patients[b].dice));
    order
}
