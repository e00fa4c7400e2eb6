//! `train inspect`: what files are read as, before anything is segmented.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use glioscope::layout::{Assembler, Case};
use glioscope::network::Manifest;
use glioscope::network::input_check::InputCheck;
use glioscope::read::{Channels, Scan, Spacing, SpacingSource};
use glioscope::result::findings::Findings;
use serde::Serialize;

use crate::file;
use crate::input::{Inputs, Naming, Refused};
use crate::report;

/// Print what slices, stacks and folders are read as
///
/// Prints the cases with their slices, contrasts, references and spacing, and the result of the input check. Nothing is
/// segmented. A zip is read as the folder that it holds.
///
/// Files that are not images are counted in one line; --list prints their names. The exit code is 0 if at least one case was
/// read, otherwise 1.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Print what a folder is read as
  $ train inspect scans

  # The second channel is pre-contrast and the first is FLAIR
  $ train inspect imagesTr --contrast 0000=flair --contrast 0001=pre --json reading.json")]
pub(crate) struct Arguments {
    /// TIFF, PNG or NIfTI files, folders of them, or zips
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Write the reading as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Print the name of every file that is passed over
    #[arg(long)]
    list: bool,

    #[command(flatten)]
    naming: Naming,

    /// Folder of the model whose training data the cases are compared with
    #[arg(long, value_name = "DIR", default_value = "www/model")]
    model: PathBuf,
}

/// What the paths are read as.
#[derive(Debug, Default, Serialize)]
struct Reading {
    cases: Vec<CaseReading>,
    passed_over: Vec<Reason>,
    refused: Vec<Reason>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CaseReading {
    name: String,
    plane: Option<&'static str>,
    spacing: Option<(f64, f64, Option<f64>)>,
    spacing_source: Option<&'static str>,
    /// What a file states and is not used.
    #[serde(skip)]
    doubtful: Option<(f64, f64)>,
    orientation: Option<String>,
    input_check: InputCheck,
    slices: Vec<SliceReading>,
}

#[derive(Debug, Serialize)]
struct SliceReading {
    file: String,
    /// From 1.
    page: u64,
    width: usize,
    height: usize,
    contrasts: &'static [&'static str],
    reference: Option<String>,
    reference_pixels: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Reason {
    file: String,
    reason: String,
}

/// Runs the command. The exit code is 0 if at least one case was read.
///
/// # Errors
///
/// When the model is invalid or the JSON cannot be written, and when there is no slice.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut inputs = Inputs::gather(&arguments.paths, None, &arguments.naming);
    let mut reading = Reading::default();
    let path = arguments.model.join("model.json");
    let manifest = if path.exists() { Some(Manifest::from_json(&file::read(&path)?)?) } else { None };
    if manifest.is_none() {
        reading.notes.push(format!("{}: no model, so there is no input check", path.display()));
    }
    let mut assembler = Assembler::new(inputs.names(), inputs.words.clone());
    let groups = std::mem::take(&mut inputs.groups);
    for group in &groups {
        let mut slices = Vec::new();
        for input in &group.inputs {
            match input.read() {
                Ok(read) => {
                    // The pages of a file have the same notes.
                    let notes: Vec<_> = read.first().map(|slice| slice.notes().to_vec()).unwrap_or_default();
                    reading.notes.extend(notes.iter().map(|note| format!("{}: {note}", input.name)));
                    slices.extend(read);
                }
                Err(error) => inputs.refused.push(Refused { file: input.name.clone(), error }),
            }
        }
        let assembly = assembler.assemble_in(&group.home, slices);
        for note in &assembly.notes {
            reading.notes.push(format!("{note}{}", crate::input::how_to_choose(note)));
        }
        reading.cases.extend(assembly.cases.into_iter().map(|case| CaseReading::of(case, manifest.as_ref())));
    }
    let passed_over = inputs.passed_over.iter();
    reading.passed_over =
        passed_over.map(|(file, kind)| Reason { file: file.clone(), reason: kind.to_string() }).collect();
    reading.refused =
        inputs.refused.iter().map(|refused| Reason { file: refused.file.clone(), reason: refused.reason() }).collect();
    if let Some(json) = &arguments.json {
        report::write_json(json, &reading)?;
    }
    report::print(&reading.text(inputs.summary(), arguments.list))?;
    if reading.cases.is_empty() {
        inputs.nothing(&arguments.paths)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl CaseReading {
    fn of(case: Case, manifest: Option<&Manifest>) -> Self {
        let mut findings = Findings::new(case);
        if let Some(manifest) = manifest {
            findings.check_input(manifest);
        }
        let spacing = findings.spacing_in_files();
        let first = findings.case().slices.first().map(|entry| &entry.slice);
        let source = first.and_then(|slice| slice.spacing_source()).map(SpacingSource::name);
        let doubtful = first.and_then(|slice| slice.doubtful_spacing());
        let unchecked = InputCheck { accepted: true, reasons: Vec::new() };
        let case = findings.case();
        let slices = case.slices.iter().map(|entry| {
            let (file, page) = file_and_page(entry.slice.name());
            SliceReading {
                file,
                page,
                width: entry.slice.width(),
                height: entry.slice.height(),
                contrasts: match entry.slice.channels() {
                    Channels::Grey => &["flair"],
                    Channels::Rgb => &["pre", "flair", "post"],
                },
                reference: entry.reference_file.as_deref().map(|name| file_and_page(name).0),
                reference_pixels: entry.reference.as_ref().map(glioscope::mask::Mask::area),
            }
        });
        Self {
            name: case.name.clone(),
            plane: case.scan().map(|scan| scan.plane().name()),
            spacing: spacing.map(|spacing| (spacing.x, spacing.y, spacing.z)),
            spacing_source: spacing.and(source),
            doubtful: doubtful.map(|Spacing { x, y, .. }| (x, y)),
            orientation: case.scan().map(Scan::orientation),
            slices: slices.collect(),
            input_check: findings.input_check().cloned().unwrap_or(unchecked),
        }
    }

    /// The case in one line, and a line for each reason of the input check.
    fn text(&self) -> String {
        let sizes: BTreeSet<[usize; 2]> = self.slices.iter().map(|slice| [slice.width, slice.height]).collect();
        let sizes: Vec<String> = sizes.iter().map(|[width, height]| format!("{width} x {height}")).collect();
        let contrasts: BTreeSet<String> = self.slices.iter().map(|slice| slice.contrasts.join(", ")).collect();
        let contrasts: Vec<String> = contrasts.into_iter().collect();
        let references = self.slices.iter().filter(|slice| slice.reference_pixels.is_some()).count();
        let spacing = match self.spacing {
            Some((x, y, Some(z))) => format!("{x} x {y} x {z} mm"),
            Some((x, y, None)) => format!("{x} x {y} mm"),
            None => match self.doubtful {
                Some((x, y)) => format!("no spacing (the file states {x} x {y} mm, which is not plausible)"),
                None => "no spacing".to_owned(),
            },
        };
        let count = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let mut text = format!(
            "{}: {} of {} pixels, {}, {}, {}\n",
            self.name,
            count(self.slices.len(), "slice"),
            sizes.join(" and "),
            contrasts.join(" or "),
            count(references, "reference"),
            spacing
        );
        for reason in &self.input_check.reasons {
            text += &format!("  input check: {reason}\n");
        }
        text
    }
}

impl Reading {
    fn text(&self, passed_over: Option<String>, list: bool) -> String {
        let mut text: String = self.cases.iter().map(CaseReading::text).collect();
        for Reason { file, reason } in &self.refused {
            text += &format!("refused: {file}: {reason}\n");
        }
        for note in &self.notes {
            text += &format!("note: {note}\n");
        }
        if let Some(line) = passed_over {
            text += &format!("{line}\n");
        }
        if list {
            for Reason { file, reason } in &self.passed_over {
                text += &format!("  {file}: {reason}\n");
            }
        }
        text
    }
}

/// The file of a slice and its page, from 1.
fn file_and_page(name: &str) -> (String, u64) {
    match name.rsplit_once('#').and_then(|(file, page)| Some((file, page.parse().ok()?))) {
        Some((file, page)) => (file.to_owned(), page),
        None => (name.to_owned(), 1),
    }
}
