//! `train inspect`: what files are read as, before anything is segmented.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, anyhow, ensure};
use glioscope::layout::{Assembler, Litter};
use glioscope::network::segmenter::Backend;
use glioscope::network::{PredictedDice, Segmenter};
use glioscope::result::findings::Findings;
use glioscope::study::{InspectedCase, Inspection, Unused};
use serde_json::json;

use crate::input::{Inputs, Naming, Reader, Refused};
use crate::model::{self, Files};
use crate::report;

/// Print what slices, stacks and folders are read as
///
/// Prints the cases with their slices, contrasts, references and spacing, and the result of the input check. Nothing is
/// segmented, unless --predict-dice asks for it. A zip is read as the folder that it holds.
///
/// Files that are not images are counted in one line; --list prints their names. The exit code is 0 if at least one case was
/// read, otherwise 1.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Print what a folder is read as
  $ train inspect scans

  # Print how well the masks of each case are expected to match a reference
  $ train inspect scans --predict-dice

  # The second channel is pre-contrast and the first is FLAIR
  $ train inspect imagesTr --contrast 0000=flair --contrast 0001=pre --json reading.json")]
pub(crate) struct Arguments {
    /// TIFF, PNG, NIfTI or DICOM files, folders of them, or zips
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Write the reading as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Segment the cases that the input check accepts, and predict the Dice of their masks. The JSON then has `predicted_dice`
    #[arg(long)]
    predict_dice: bool,

    /// Print the name of every file that is passed over
    #[arg(long)]
    list: bool,

    #[command(flatten)]
    naming: Naming,

    /// Folder of the model that checks the input and predicts the Dice [default: the published model, which is part of this program]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
}

/// Runs the command. The exit code is 0 if at least one case was read.
///
/// # Errors
///
/// When the model is invalid or the JSON cannot be written, and when there is no slice.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut inputs = Inputs::gather(&arguments.paths, None, &arguments.naming);
    let mut reading = Inspection::default();
    let path = arguments.model.as_ref().map(|folder| folder.join("model.json"));
    let segmenter = match &path {
        Some(path) if !path.exists() => {
            reading.notes.push(format!("{}: no model, so there is no input check", path.display()));
            None
        }
        _ => {
            let files = Files::of(arguments.model.as_deref())?;
            Some(Segmenter::new(&files.network, files.manifest, Backend::Cpu))
        }
    };
    if arguments.predict_dice {
        let predictor = segmenter.as_ref().and_then(|segmenter| segmenter.manifest().dice_predictor);
        ensure!(predictor.is_some(), "--predict-dice: the model predicts no Dice; run `train calibrate`");
    }
    let mut predicted = Vec::new();
    let assembler = Assembler::new(inputs.names(), inputs.words.clone());
    let mut reader = Reader::default();
    let groups = std::mem::take(&mut inputs.groups);
    for group in &groups {
        let mut slices = Vec::new();
        for input in &group.inputs {
            match reader.read(input) {
                Ok(read) => {
                    reading.notes.extend(Inspection::notes_of(&input.name, &read));
                    slices.extend(read);
                }
                Err(error) => match error.downcast_ref().and_then(Litter::of_error) {
                    Some(kind) => inputs.passed_over.push((input.name.clone(), kind)),
                    None => inputs.refused.push(Refused { file: input.name.clone(), error }),
                },
            }
        }
        let assembly = match &segmenter {
            Some(segmenter) => group.assemble_seen(&assembler, slices, segmenter),
            None => group.assemble(&assembler, slices),
        };
        for note in assembly.notes {
            if note.refusal().is_some() {
                inputs.refused.push(Refused { file: note.name().to_owned(), error: anyhow!("{note}") });
                continue;
            }
            reading.notes.push(format!("{note}{}", crate::input::how_to_choose(&note)));
        }
        for case in assembly.cases {
            let mut findings = Findings::new(case);
            if let Some(segmenter) = &segmenter {
                findings.check_input(segmenter);
            }
            reading.notes.extend(findings.case().single_slice_note());
            predicted.push(match &segmenter {
                Some(segmenter) if arguments.predict_dice => predict(&mut findings, segmenter)?,
                _ => None,
            });
            reading.cases.push(InspectedCase::of(&findings));
        }
    }
    let passed_over = inputs.passed_over.iter();
    reading.passed_over = passed_over.map(|(file, kind)| Unused::passed_over(file, *kind)).collect();
    reading.refused =
        inputs.refused.iter().map(|refused| Unused { file: refused.file.clone(), reason: refused.reason() }).collect();
    if let Some(json) = &arguments.json {
        let mut reading = serde_json::to_value(&reading)?;
        if arguments.predict_dice {
            let cases = reading["cases"].as_array_mut().into_iter().flatten();
            cases.zip(&predicted).for_each(|(case, predicted)| case["predicted_dice"] = json!(predicted));
        }
        report::write_json(json, &reading)?;
    }
    report::print(&text(&reading, &predicted, inputs.summary(), arguments.list))?;
    if reading.cases.is_empty() {
        inputs.nothing(&arguments.paths)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Segments a case that the input check accepts, and predicts the Dice of its masks.
fn predict(findings: &mut Findings, segmenter: &Segmenter) -> Result<Option<PredictedDice>> {
    let accepted = findings.input_check().is_none_or(|check| check.accepted);
    if !accepted || findings.case().slices.len() < 2 {
        return Ok(None);
    }
    model::segment(segmenter, findings)?;
    Ok(findings.predicted_dice(segmenter.manifest()))
}

/// The case in one line, a line for its kind, one for its predicted Dice, and one for each reason of the input check.
fn case_text(case: &InspectedCase, predicted: Option<PredictedDice>) -> String {
    let sizes: BTreeSet<[usize; 2]> = case.slices.iter().map(|slice| [slice.width, slice.height]).collect();
    let sizes: Vec<String> = sizes.iter().map(|[width, height]| format!("{width} x {height}")).collect();
    let contrasts: BTreeSet<String> = case.slices.iter().map(|slice| slice.contrasts.join(", ")).collect();
    let contrasts: Vec<String> = contrasts.into_iter().collect();
    let references = case.slices.iter().filter(|slice| slice.reference_pixels.is_some()).count();
    let spacing = match case.spacing {
        Some((x, y, Some(z))) => format!("{x} x {y} x {z} mm"),
        Some((x, y, None)) => format!("{x} x {y} mm"),
        None => match case.doubtful {
            Some((x, y)) => format!("no spacing (the file states {x} x {y} mm, which is not plausible)"),
            None => "no spacing".to_owned(),
        },
    };
    let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let mut text = format!(
        "{}: {} of {} pixels, {}, {}, {}\n",
        case.name,
        count(case.slices.len(), "slice"),
        sizes.join(" and "),
        contrasts.join(" or "),
        count(references, "reference"),
        spacing
    );
    if let Some(kind) = case.input_check.kind {
        text += &format!("  shows {}\n", kind.description());
    }
    if let Some(PredictedDice { dice, from, to }) = predicted {
        text += &format!("  predicted Dice {dice:.2} ({from:.2} to {to:.2})\n");
    }
    for reason in &case.input_check.reasons {
        text += &format!("  input check: {reason}\n");
    }
    text
}

fn text(reading: &Inspection, predicted: &[Option<PredictedDice>], passed_over: Option<String>, list: bool) -> String {
    let mut text: String = reading.cases.iter().zip(predicted).map(|(case, dice)| case_text(case, *dice)).collect();
    for Unused { file, reason } in &reading.refused {
        text += &format!("refused: {file}: {reason}\n");
    }
    for note in &reading.notes {
        text += &format!("note: {note}\n");
    }
    if let Some(line) = passed_over {
        text += &format!("{line}\n");
    }
    if list {
        for Unused { file, reason } in &reading.passed_over {
            text += &format!("  {file}: {reason}\n");
        }
    }
    text
}
