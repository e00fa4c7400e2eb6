//! `train segment`: masks for slices, stacks, folders and cohorts.

mod cohort;
mod record;
mod shard;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use glioscope::layout::{Assembler, Case, Litter};
use glioscope::read::Spacing;
use glioscope::result::findings::Findings;
use glioscope::study::Inspection;
use glioscope::write::{Bundle, Origin, Overview, SegmentationKind, SegmentationOptions, mask_name};
use indicatif::ProgressBar;

use crate::file;
use crate::input::{Group, Inputs, Naming, Reader, how_to_choose};
use crate::model::{self, Model};
use crate::output::{Output, real};
use crate::progress;
use crate::report;
use cohort::Cohort;
use record::Record;
use shard::Shard;

/// Segment slices, stacks and folders
///
/// Every slice gets <stem>_mask.tif: 8 bit, 255 inside and 0 outside, on the grid of the slice. Page n of a multi-page TIFF
/// gets <stem>_<n>_mask.tif. Folders are searched recursively, and --out has the same folders. Slices of one folder with
/// matching names are one case and are normalised together. A case has the name of its folder, or its path if two folders have
/// the same name. If a file name is taken, also in other upper or lower case, the file gets a number: <stem>_mask (2).tif.
///
/// A NIfTI volume and a DICOM series get no TIFF masks: mask and probability are NIfTI volumes on their own grid, and mask.seg.nrrd
/// is the mask for 3D Slicer. The series of one DICOM study are one case. Their mask is written as a DICOM segmentation too,
/// <case>/mask.seg.dcm. This file has the name and the identifiers of the patient; the other files have none.
///
/// Every slice also gets <stem>_overlay.png. A case with slices of one size gets <case>/mask.nii.gz and
/// <case>/probability.nii.gz (NIfTI-1). cohort.csv has one line per case, statistics.csv one line per slice; provenance.json,
/// report.html and README.txt describe the run. The download of the page has the same files.
///
/// Patients are read, segmented and written one at a time, so memory does not grow with their number. The line of a patient is
/// added to cohort.csv when its results are on disk. With --resume a second run continues: patients that are complete are
/// skipped, and those with errors or changed files are segmented again. The folder .cohort in --out keeps what this needs.
///
/// Input files <stem>_mask and the like are references, see `train inspect`. They are not segmented; statistics.csv has the
/// scores of their slices. Input files are never overwritten: a folder with input files cannot have output files. Masks of an
/// earlier run in --out are replaced.
///
/// A file that cannot be used is reported on stderr, the others are segmented, and the exit code is 1. Duplicates and masks
/// without a slice are reported too, but are not errors.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # Segment all patients: masks/<patient>/<patient>_<n>_mask.tif and masks/statistics.csv
  $ train segment kaggle_3m --out masks

  # Segment two slices of one case, with volumes in millilitres
  $ train segment scan_1.tif scan_2.tif --out masks --spacing 0.9 0.9 5

  # Segment the second of eight parts of a cohort; `train merge` joins their tables
  $ train segment scans --out masks --shard 2/8 --resume")]
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

    /// Skip the patients that an earlier run with the same settings has completed
    #[arg(long)]
    resume: bool,

    /// Segment only the patients of part I of N, from 1. Files about all cases get names such as cohort-2-of-8.csv
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,

    /// How a DICOM segmentation stores the mask: one bit a pixel, which most programs read, or one byte a pixel; none writes no
    /// DICOM file, so no result has the patient's name
    #[arg(long, value_enum, default_value_t, value_name = "KIND")]
    dicom_seg: DicomSeg,

    #[command(flatten)]
    naming: Naming,

    #[command(flatten)]
    model: model::Arguments,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum DicomSeg {
    #[default]
    Binary,
    Labelmap,
    None,
}

impl DicomSeg {
    /// The options for segmentations that are made now, in local time.
    fn options(self) -> Option<SegmentationOptions> {
        let kind = match self {
            Self::Binary => SegmentationKind::Binary,
            Self::Labelmap => SegmentationKind::LabelMap,
            Self::None => return None,
        };
        let now = jiff::ZonedDateTime::now();
        let created = ["%Y%m%d", "%H%M%S"].map(|format| now.strftime(format).to_string());
        Some(SegmentationOptions { kind, edited: false, empty_frames: false, created })
    }
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
    let output = Output::new(&arguments.out, inputs.folders.iter().map(PathBuf::as_path))?;
    for name in inputs.names() {
        output.mask_path(name)?;
    }
    let shard = arguments.shard.unwrap_or_default();
    let patients = inputs.groups.len();
    ensure!(shard.numbers(patients).next().is_some(), "--shard {shard}: there are only {patients} patients");
    if shard.is_part() {
        ensure_own_names(&inputs.groups)?;
    }
    let model = Model::load(&arguments.model)?;

    let manifest = model.manifest();
    let threshold = manifest.decimal_threshold();
    let settings = format!(
        "glioscope {}, probabilities {}, {:?}, threshold {threshold}, spacing {spacing:?}, {:?}, {:?}",
        env!("CARGO_PKG_VERSION"),
        manifest.probabilities_sha256(),
        manifest.dice_predictor,
        inputs.words,
        arguments.dicom_seg
    );
    let origin = Origin {
        manifest: manifest.clone(),
        card: Some(model.card.clone()),
        backend: model.device.clone(),
        threshold,
        rules: None,
    };
    let mut bundle = Bundle::new(origin);
    if let Some(options) = arguments.dicom_seg.options() {
        bundle = bundle.with_dicom_seg(options);
    }
    let (mut complete, mut masks) = (BTreeSet::new(), 0);
    let mut cohort =
        Cohort::open(&arguments.out, shard, &inputs.groups, settings, arguments.resume, |number, record| {
            bundle.reserve(record.cases.len(), record.files.iter().map(|(path, _)| path.as_str()));
            complete.insert(number);
            masks += record.masks;
        })?;
    if !complete.is_empty() {
        eprintln!("note: {} of {} patients are complete", complete.len(), shard.numbers(patients).count());
    }
    let todo: Vec<usize> = shard.numbers(patients).filter(|number| !complete.contains(number)).collect();
    let bar = progress::bar(todo.iter().map(|number| inputs.groups[number - 1].inputs.len()).sum(), "files");
    let mut run = Run {
        assembler: Assembler::new(inputs.names(), inputs.words.clone()),
        reader: Reader::default(),
        model: &model,
        spacing,
        bundle,
        output,
        bar,
        faults,
    };
    for number in todo {
        let record = run.segment(&inputs.groups[number - 1], cohort.record(number));
        masks += record.masks;
        cohort.keep(number, &record)?;
    }
    run.bar.finish_and_clear();

    let table = cohort.path(Overview::Cohort);
    cohort.finish(run.bundle.origin())?;
    report::print(&format!("{masks} masks in {}, and {}\n", arguments.out.display(), table.display()))?;
    Ok(run.faults.exit_code())
}

/// Fails if files of two patients have the same name: runs of other shards would overwrite their results.
fn ensure_own_names(groups: &[Group]) -> Result<()> {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for group in groups {
        for input in &group.inputs {
            let owner = owners.entry(mask_name(&input.name).to_lowercase()).or_insert(&group.name);
            ensure!(
                *owner == group.name,
                "--shard: {} is the name of files of {owner} and {}; give one folder that contains both",
                input.name,
                group.name
            );
        }
    }
    Ok(())
}

/// What the patients of a run need.
#[derive(Debug)]
struct Run<'a> {
    assembler: Assembler,
    reader: Reader,
    model: &'a Model,
    spacing: Option<Spacing>,
    bundle: Bundle,
    output: Output,
    bar: ProgressBar,
    faults: Faults,
}

impl Run<'_> {
    /// Segments a patient and writes its results. `record` gets what the files about all cases contain, and all errors.
    fn segment(&mut self, group: &Group, mut record: Record) -> Record {
        let mut slices = Vec::new();
        for input in &group.inputs {
            match self.reader.read(input) {
                Ok(read) => {
                    for note in Inspection::notes_of(&input.name, &read) {
                        self.bar.suspend(|| eprintln!("note: {note}"));
                    }
                    slices.extend(read);
                }
                Err(error) => match error.downcast_ref().and_then(Litter::of_error) {
                    Some(kind) => self.bar.suspend(|| eprintln!("note: {}: {kind}, passed over", input.name)),
                    None => record.fault(self.faults.report(&self.bar, &error)),
                },
            }
            self.bar.inc(1);
        }
        let assembly = group.assemble_seen(&self.assembler, slices, self.model.segmenter());
        for note in &assembly.notes {
            if note.refusal().is_some() {
                record.fault(self.faults.report(&self.bar, &anyhow!("{note}")));
                continue;
            }
            self.bar.suspend(|| eprintln!("note: {note}{}", how_to_choose(note)));
        }
        for case in assembly.cases {
            if let Some(note) = case.single_slice_note() {
                self.bar.suspend(|| eprintln!("note: {note}"));
            }
            let name = case.name.clone();
            match segment(case, self.model) {
                Ok(findings) => self.write(&findings, &mut record),
                Err(error) => record.fail(&name, self.faults.report(&self.bar, &error)),
            }
        }
        if record.is_empty() {
            record.fault(self.faults.report(&self.bar, &anyhow!("{}: no slices", group.name)));
        }
        record
    }

    fn write(&mut self, findings: &Findings, record: &mut Record) {
        let case = findings.case();
        for (path, bytes) in self.bundle.case_files(findings, self.spacing) {
            match self.output.write(&case.name, &path, &bytes) {
                Ok(()) => {
                    // The masks are the only TIFFs of a case. A volume has one mask.
                    let volume = case.scan().is_some() && path.ends_with("/mask.nii.gz");
                    record.masks += usize::from(volume || path.ends_with(".tif"));
                    record.files.push((path, bytes.len() as u64));
                }
                Err(error) => record.fault(self.faults.report(&self.bar, &error)),
            }
        }
        record.cases.extend(self.bundle.take_summaries());
    }
}

/// Segments a case.
///
/// # Errors
///
/// When the device fails or gives a value that is not finite. The message has the case.
fn segment(case: Case, model: &Model) -> Result<Findings> {
    let mut findings = Findings::new(case);
    findings.check_input(model.segmenter());
    model::segment(model.segmenter(), &mut findings)?;
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
    /// Prints the error and returns its line.
    fn report(&mut self, bar: &ProgressBar, error: &anyhow::Error) -> String {
        let line = report::one_line(error);
        bar.suspend(|| eprintln!("error: {line}"));
        self.0 += 1;
        line
    }

    fn exit_code(&self) -> ExitCode {
        if self.0 == 0 {
            return ExitCode::SUCCESS;
        }
        eprintln!("{} errors, see above", self.0);
        ExitCode::FAILURE
    }
}
