//! `train segment`: masks for slices, stacks and folders.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use glioscope::layout::{Assembler, Case, Litter};
use glioscope::read::Spacing;
use glioscope::result::findings::Findings;
use glioscope::write::{Bundle, Origin};
use indicatif::ProgressBar;

use crate::file;
use crate::input::{Inputs, Naming, how_to_choose};
use crate::model::{self, Model};
use crate::output::{Output, real};
use crate::progress;
use crate::report;

/// Segment slices, stacks and folders
///
/// Every slice gets <stem>_mask.tif: 8 bit, 255 inside and 0 outside, on the grid of the slice. Page n of a multi-page TIFF
/// gets <stem>_<n>_mask.tif. Folders are searched recursively, and --out has the same folders. Slices of one folder with
/// matching names are one case and are normalised together. A case has the name of its folder, or its path if two folders have
/// the same name. If a file name is taken, also in other upper or lower case, the file gets a number: <stem>_mask (2).tif.
///
/// A NIfTI volume and a DICOM series get no TIFF masks: mask and probability are NIfTI volumes on their own grid. The series of
/// one DICOM study are one case.
///
/// Every slice also gets <stem>_overlay.png. A case with slices of one size gets <case>/mask.nii.gz and
/// <case>/probability.nii.gz (NIfTI-1). statistics.csv has one row per slice; provenance.json, report.html and README.txt
/// describe the run. The download of the page has the same files.
///
/// Input files <stem>_mask and the like are references, see `train inspect`. They are not segmented; statistics.csv has the scores of their slices. Input files
/// are never overwritten: a folder with input files cannot have output files. Masks of an earlier run in --out are replaced.
///
/// A file that cannot be used is reported on stderr, the others are segmented, and the exit code is 1. Duplicates and masks
/// without a slice are reported too, but are not errors.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Segment all patients: masks/<patient>/<patient>_<n>_mask.tif and masks/statistics.csv
  $ train segment kaggle_3m --out masks

  # Segment two slices of one case, with volumes in millilitres
  $ train segment scan_1.tif scan_2.tif --out masks --spacing 0.9 0.9 5")]
pub(crate) struct Arguments {
    /// TIFF, PNG, NIfTI or DICOM files, folders of them, or zips
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Folder to write to; it is created
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Size of a voxel in millimetres: between columns, rows and slices. Without it volumes are only in voxels
    #[arg(long, num_args = 3, value_names = ["X", "Y", "SLICE"])]
    spacing: Option<Vec<f64>>,

    #[command(flatten)]
    naming: Naming,

    #[command(flatten)]
    model: model::Arguments,
}

/// Runs the command. The exit code is 0 if every file could be used.
///
/// # Errors
///
/// When there are no slices, no model or no device, or `--out` cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let spacing = arguments.spacing.as_deref().map(spacing).transpose()?;
    file::create_folder(&arguments.out)?;
    let mut faults = Faults::default();
    let inputs = Inputs::gather(&arguments.paths, Some(&real(&arguments.out)?), &arguments.naming);
    for refused in &inputs.refused {
        faults.report(&ProgressBar::hidden(), &refused.error);
    }
    if inputs.len() == 0 {
        inputs.nothing(&arguments.paths)?;
    }
    if let Some(summary) = inputs.summary() {
        eprintln!("note: {summary}");
    }
    let mut output = Output::new(&arguments.out, inputs.folders.iter().map(PathBuf::as_path))?;
    for name in inputs.names() {
        output.mask_path(name)?;
    }
    let model = Model::load(&arguments.model)?;

    let bar = progress::bar(inputs.len(), "files");
    let manifest = model.manifest();
    let threshold = manifest.decimal_threshold();
    let origin = Origin {
        manifest: manifest.clone(),
        card: Some(model.card.clone()),
        backend: model.device.clone(),
        threshold,
        rules: None,
    };
    let mut bundle = Bundle::new(origin);
    let mut masks = 0;
    let mut assembler = Assembler::new(inputs.names(), inputs.words.clone());
    for group in &inputs.groups {
        let mut slices = Vec::new();
        for input in &group.inputs {
            match input.read() {
                Ok(read) => {
                    for note in
                        read.first().filter(|slice| slice.scan().is_some()).iter().flat_map(|slice| slice.notes())
                    {
                        bar.suspend(|| eprintln!("note: {}: {note}", input.name));
                    }
                    slices.extend(read);
                }
                Err(error) => match error.downcast_ref().and_then(Litter::of_error) {
                    Some(kind) => bar.suspend(|| eprintln!("note: {}: {kind}, passed over", input.name)),
                    None => faults.report(&bar, &error),
                },
            }
            bar.inc(1);
        }
        let assembly = assembler.assemble_in(&group.home, slices);
        for note in &assembly.notes {
            if note.refusal().is_some() {
                faults.report(&bar, &anyhow!("{note}"));
                continue;
            }
            bar.suspend(|| eprintln!("note: {note}{}", how_to_choose(note)));
        }
        for case in assembly.cases {
            let findings = match segment(case, &model) {
                Ok(findings) => findings,
                Err(error) => {
                    faults.report(&bar, &error);
                    continue;
                }
            };
            for (path, bytes) in bundle.case_files(&findings, spacing) {
                match output.write(&findings.case().name, &path, &bytes) {
                    // The masks are the only TIFFs of a case. A volume has one mask.
                    Ok(()) => {
                        let volume = findings.case().scan().is_some() && path.ends_with("/mask.nii.gz");
                        masks += usize::from(volume || path.ends_with(".tif"));
                    }
                    Err(error) => faults.report(&bar, &error),
                }
            }
        }
    }
    bar.finish_and_clear();

    for (path, bytes) in bundle.finish() {
        file::write(&arguments.out.join(path), &bytes)?;
    }
    let table = arguments.out.join("statistics.csv");
    report::print(&format!("{masks} masks in {}, and {}\n", arguments.out.display(), table.display()))?;
    Ok(faults.exit_code())
}

/// Segments a case.
///
/// # Errors
///
/// When the device fails or gives a value that is not finite. The message has the case.
fn segment(case: Case, model: &Model) -> Result<Findings> {
    let mut findings = Findings::new(case);
    findings.check_input(model.manifest());
    let slices = findings.case().slices.iter().map(|entry| &entry.slice);
    let maps =
        model.probabilities(slices, findings.statistics(), |_| ()).with_context(|| findings.case().name.clone())?;
    for (index, map) in maps.into_iter().enumerate() {
        findings.keep(index, map);
    }
    Ok(findings)
}

fn spacing(lengths: &[f64]) -> Result<Spacing> {
    let &[x, y, z] = lengths else { bail!("--spacing takes three lengths, found {}", lengths.len()) };
    let spacing = Spacing { x, y, z: Some(z) };
    spacing.check().with_context(|| format!("--spacing is {x} {y} {z}"))?;
    Ok(spacing)
}

/// Counts errors.
#[derive(Debug, Default)]
struct Faults(usize);

impl Faults {
    fn report(&mut self, bar: &ProgressBar, error: &anyhow::Error) {
        bar.suspend(|| eprintln!("error: {}", report::one_line(error)));
        self.0 += 1;
    }

    fn exit_code(&self) -> ExitCode {
        if self.0 == 0 {
            return ExitCode::SUCCESS;
        }
        eprintln!("{} errors, see above", self.0);
        ExitCode::FAILURE
    }
}
