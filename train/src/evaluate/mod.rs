//! `train evaluate`: scores a model against the references of a dataset.

mod pictures;
mod provenance;
mod scoring;
mod summary;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::data::{Dataset, split};
use crate::metrics::{Scores, Tally};
use crate::model::{self, Model};
use crate::output::Output;
use crate::progress;
use crate::report;
use pictures::Exhibit;
use provenance::{InputChecks, Provenance};
pub(crate) use scoring::{Input, probabilities, score};
pub(crate) use summary::four;

/// Score a model against the references of a dataset
///
/// Prints a table of patients and a summary: Dice over patients (final masks, with small regions, largest component only);
/// Dice, IoU, sensitivity and precision over all pixels; Dice of single slices; the fraction of empty slices with a false
/// positive; calibration; and the soft Dice of batches of 32 slices (smooth = 100). The output warns if the data has training
/// data of the model.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Score the published model on listed patients, and write all figures as JSON
  $ train evaluate --data kaggle_3m --patients held_out.txt --json figures.json

  # Normalise every slice by itself, as a slice that is opened alone
  $ train evaluate --data phantoms --input single")]
pub(crate) struct Arguments {
    /// Folder or zip of patients with references: kaggle_3m, BraTS, nnU-Net or DICOM, see `train inspect`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    #[command(flatten)]
    model: model::Arguments,

    /// File with the names of the patients to score, one per line
    #[arg(long, value_name = "FILE")]
    patients: Option<PathBuf>,

    /// Score only slices that are not in the split of the model: neither training data nor held out
    #[arg(long)]
    unseen: bool,

    /// Input of the network
    #[arg(long, value_enum, default_value_t)]
    input: Input,

    /// Smallest probability of a lesion in the masks, 0 to 1 [default: the model's]
    #[arg(long, value_name = "P")]
    threshold: Option<f32>,

    /// Write all figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write the predicted masks as <patient>/<stem>_mask.tif below this folder
    #[arg(long, value_name = "DIR")]
    masks: Option<PathBuf>,

    /// Write a PNG of slice, reference and prediction: the worst slice of the worst, the median and the best patient
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,

    /// Write a PNG of the four worst patients without their slices: where the worst masks are right, missing or false
    #[arg(long, value_name = "FILE")]
    failures: Option<PathBuf>,
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
    /// None for a model without a classifier of kinds.
    input_check: Option<InputChecks>,
    #[serde(flatten)]
    scores: &'a Scores,
}

/// Runs the command.
///
/// # Errors
///
/// When the data, the list or the model cannot be read, the device fails, or a file cannot be written. The message has the
/// file.
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
        let split = &model.card.split;
        let named: BTreeSet<&str> = split.fit.iter().chain(&split.held_out).map(String::as_str).collect();
        dataset = dataset.without(&named)?;
    }
    let threshold = arguments.threshold.unwrap_or(model.manifest().threshold);

    let started = Instant::now();
    let mut tally = Tally::new(threshold);
    let mut exhibits = Vec::new();
    let bar = progress::bar(dataset.slices(), "slices");
    for patient in dataset.patients() {
        let predictions = score(&model, patient, arguments.input, &mut tally, |count| bar.inc(count as u64))?;
        if let Some(output) = &mut output {
            for (slice, mask) in patient.slices.iter().zip(&predictions) {
                output.write_mask(&patient.id(slice), mask)?;
            }
        }
        exhibits.push(Exhibit::of(patient, &predictions));
    }
    bar.finish_and_clear();
    let scores = tally.finish();

    let evaluation = Evaluation {
        data: dataset.root().display().to_string(),
        model: model::name(arguments.model.model.as_deref()),
        device: &model.device,
        input: arguments.input,
        threshold,
        seconds: started.elapsed().as_secs_f64(),
        provenance: Provenance::of(&dataset, &model.card.split),
        input_check: InputChecks::of(&dataset, &model),
        scores: &scores,
    };
    report::print(&evaluation.text())?;
    if let Some(path) = &arguments.json {
        report::write_json(path, &evaluation)?;
    }
    if let Some(path) = &arguments.picture {
        report::write_png(path, &pictures::comparison(&scores, &exhibits))?;
    }
    if let Some(path) = &arguments.failures {
        report::write_png(path, &pictures::failures(&scores, &exhibits))?;
    }
    Ok(())
}

impl Evaluation<'_> {
    /// The printed text. A warning is at its start and its end.
    fn text(&self) -> String {
        let Self { scores, provenance, .. } = self;
        let warning = provenance.warning();
        let mut text = if warning.is_empty() { String::new() } else { format!("{warning}\n") };
        text += &format!(
            "data       {}: {} patients, {} slices\nmodel      {} on {}\ninput      {}\nthreshold  {}\n\n",
            self.data,
            scores.patients.len(),
            scores.per_slice.slices,
            self.model,
            self.device,
            self.input.description(),
            self.threshold,
        );
        text += &summary::of(scores);
        if let Some(check) = &self.input_check {
            text += &check.text();
        }
        text += &provenance.selection();
        text += &format!(
            "{:.1} s, {:.1} slices/s\n",
            self.seconds,
            scores.per_slice.slices as f64 / self.seconds.max(f64::MIN_POSITIVE)
        );
        text + &warning
    }
}

/// The folder for masks. It is checked before the work starts that it is not the folder of the dataset.
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
