//! `train fit-check`: fits the input check of a model.
//!
//! The network stays as it is. Its encoder's pooled feature maps are computed for images of every kind, and a multinomial
//! logistic regression is fitted to them. The dataset has FLAIR and T1; the other kinds are computed from it or generated.

mod contrast;
mod examples;
mod pictures;
mod plane;
mod regression;
mod score;
mod vary;
mod volume;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use glioscope::network::input_check::{Kind, KindClassifier};
use glioscope::network::segmenter::Backend;
use glioscope::network::{Manifest, Segmenter};

use crate::data::Dataset;
use crate::model::Files;
use crate::report;
use examples::Example;

/// The smallest standard deviation of a feature.
const SMALLEST_DEVIATION: f64 = 1e-3;

/// How much more FLAIR counts than any other kind. A FLAIR case that is refused costs a reader more than another image that is
/// segmented.
const FLAIR_IMPORTANCE: f32 = 3.0;

/// Fit the input check of a model
///
/// The check tells axial FLAIR from T1, T2, other planes and images without a head, by features of the network. It is fitted on the
/// training patients of the model: their contrasts, with and without skull, planes cut from their slices, T2 and CT computed from
/// FLAIR and T1, phantoms, and generated pictures. The same data gives the same check. It is written into model.json.
///
/// If the model has held-out patients, a table shows how many of their cases, and of images computed from them, have the right
/// kind.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Example:
  $ train fit-check --data kaggle_3m --model fits/model")]
pub(crate) struct Arguments {
    /// Folder of patients: <patient>/<patient>_<n>.tif, each with <patient>_<n>_mask.tif
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// Folder of the model. Its model.json is replaced
    #[arg(long, value_name = "DIR")]
    model: PathBuf,

    /// Write the table of the held-out patients as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the command, on the CPU.
///
/// # Errors
///
/// When the model or the data cannot be read, the data lacks a patient of the model's split, the split is by slices, or model.json
/// cannot be written. The message has the folder or the patient.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let files = Files::read(&arguments.model)?;
    let split = &files.card.split;
    let names = || split.fit.iter().chain(&split.held_out);
    ensure!(
        !split.fit.is_empty() && names().all(|name| !name.contains('/')),
        "{}: its split has no training patients, but slices or nothing",
        files.name()
    );
    let dataset = Dataset::read(&arguments.data)?;
    let of = |names: &[String]| -> Result<_> {
        Ok(if names.is_empty() { Vec::new() } else { dataset.clone().only(names)?.into_patients() })
    };
    let (patients, held_out) = (of(&split.fit)?, of(&split.held_out)?);

    let segmenter = Segmenter::new(&files.network, files.manifest.clone(), Backend::Cpu);
    let examples = examples::of(&segmenter, &patients);
    let manifest = Manifest { kind_classifier: Some(classifier(&examples)?), ..files.manifest.clone() };
    manifest.validate()?;

    let path = arguments.model.join("model.json");
    let segmenter = Segmenter::new(&files.network, manifest, Backend::Cpu);
    let scores = score::of(&segmenter, &held_out);
    report::print(&score::text(&scores, examples.len()))?;
    if let Some(json) = &arguments.json {
        report::write_json(json, &scores)?;
    }
    report::write_json(&path, segmenter.manifest()).context("the input check is not written")
}

/// The classifier of these examples, as `model.json` has it.
fn classifier(examples: &[Example]) -> Result<KindClassifier> {
    let count = examples.first().map_or(0, |example| example.features.len());
    let mean = |of: &dyn Fn(&Example) -> f64| examples.iter().map(of).sum::<f64>() / examples.len() as f64;
    let means: Vec<f64> = (0..count).map(|index| mean(&|example| f64::from(example.features[index]))).collect();
    let deviation = |index: usize| mean(&|example| (f64::from(example.features[index]) - means[index]).powi(2)).sqrt();
    let mut classifier = KindClassifier {
        // A feature that never varies has no vote.
        deviations: (0..count).map(|index| deviation(index).max(SMALLEST_DEVIATION) as f32).collect(),
        means: means.iter().map(|mean| *mean as f32).collect(),
        biases: Vec::new(),
        weights: Vec::new(),
    };
    let rows: Vec<Vec<f32>> = examples.iter().map(|example| classifier.standardise(&example.features)).collect();
    let labels: Vec<usize> = examples.iter().map(|example| example.kind as usize).collect();
    let importances = Kind::ALL.map(|kind| if kind == Kind::Flair { FLAIR_IMPORTANCE } else { 1.0 });
    for of in regression::fit(&rows, &labels, &importances) {
        classifier.biases.push(of.bias);
        classifier.weights.extend(of.weights);
    }
    // What is scored is what is written.
    Ok(String::from(classifier).try_into()?)
}
