//! `train segment`: masks for slices, a stack, or whole folders of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use glioscope::layout::{Assembler, Case};
use glioscope::read::{self, Limits, Spacing};
use glioscope::result::findings::Findings;
use glioscope::write::{Bundle, Origin};
use indicatif::ProgressBar;

use crate::file;
use crate::model::{self, Model};
use crate::output::{Output, real};
use crate::progress;
use crate::report;

/// Draw masks for slices, a stack or whole folders of them
///
/// Every slice gets <stem>_mask.tif: 8 bit, 255 inside and 0 outside, on the slice's own grid. Folders are searched
/// through and kept below --out, relative to the PATH that they were found in. Page n of a multi-page TIFF gets
/// <stem>_<n>_mask.tif. Slices of one folder that belong together by name are one case and are normalised together. A case
/// goes by its folder's name or, where another folder has the same, by its path below PATH. A file whose name is taken, or
/// differs from one in nothing but upper and lower case, gets a number: <stem>_mask (2).tif.
///
/// Beside each mask stands <stem>_overlay.png, and <case>/ holds mask.nii.gz and probability.nii.gz, NIfTI-1 volumes of
/// the case, if its slices are of one size. statistics.csv has a line a slice; provenance.json, report.html and
/// README.txt say how it all came about. The page's download holds the same files.
///
/// <stem>_mask files among the inputs are references: they are not segmented, but the slice beside them is scored in
/// statistics.csv. No input is ever written over: a folder that holds inputs cannot hold outputs. Masks of an earlier run in
/// --out are replaced.
///
/// A file that cannot be used is named on stderr and the others still run; then the exit code is 1. Duplicates and masks
/// without a slice are noted there too, and are no failure.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  train segment kaggle_3m --out masks
        writes masks/<patient>/<patient>_<n>_mask.tif for every patient, and masks/statistics.csv
  train segment scan_1.tif scan_2.tif --out masks
        the two are a case, if their names say so")]
pub(crate) struct Arguments {
    /// TIFF or PNG slices, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Folder to write to; it is made
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// The size of a voxel in millimetres, from column to column, row to row and slice to slice; without it volumes are
    /// in voxels only
    #[arg(long, num_args = 3, value_names = ["X", "Y", "SLICE"])]
    spacing: Option<Vec<f64>>,

    #[command(flatten)]
    model: model::Arguments,
}

/// One file to read.
#[derive(Debug)]
struct Input {
    path: PathBuf,
    /// Relative to the PATH that it was found in, with `/`.
    name: String,
}

/// Runs the command; the exit code tells whether every file could be used.
///
/// # Errors
///
/// When nothing can be done at all: no slices, no model, no device, or `--out` cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let spacing = arguments.spacing.as_deref().map(spacing).transpose()?;
    file::create_folder(&arguments.out)?;
    let mut faults = Faults::default();
    let folders = gather(&arguments.paths, &real(&arguments.out)?, &mut faults);
    let count: usize = folders.values().map(Vec::len).sum();
    ensure!(count > 0, "no slices to segment (.tif, .tiff, .png) in {}", shown(&arguments.paths));
    let mut output = Output::new(&arguments.out, folders.keys().map(PathBuf::as_path))?;
    for input in folders.values().flatten() {
        output.mask_path(&input.name)?;
    }
    let model = Model::load(&arguments.model)?;

    let bar = progress::bar(count, "files");
    let manifest = model.manifest();
    let threshold = manifest.decimal_threshold();
    let mut bundle =
        Bundle::new(Origin { manifest: manifest.clone(), backend: model.device.clone(), threshold, rules: None });
    let mut masks = 0;
    let mut assembler = Assembler::new(folders.values().flatten().map(|input| input.name.as_str()));
    for (folder, inputs) in &folders {
        let mut slices = Vec::new();
        for input in inputs {
            let read =
                file::read(&input.path).and_then(|bytes| Ok(read::read(&input.name, &bytes, &Limits::default())?));
            match read {
                Ok(read) => slices.extend(read),
                Err(error) => faults.report(&bar, &error),
            }
            bar.inc(1);
        }
        let assembly = assembler.assemble_in(&home(folder, &arguments.paths), slices);
        for note in &assembly.notes {
            bar.suspend(|| eprintln!("note: {note}"));
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
                    // Of what a case gives only masks are TIFFs; one whose name was taken ends in a number.
                    Ok(()) => masks += usize::from(path.ends_with(".tif")),
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

/// What the network finds on one case.
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

/// What went wrong so far.
#[derive(Debug, Default)]
struct Faults(usize);

impl Faults {
    fn report(&mut self, bar: &ProgressBar, error: &anyhow::Error) {
        bar.suspend(|| eprintln!("error: {}", crate::one_line(error)));
        self.0 += 1;
    }

    fn exit_code(&self) -> ExitCode {
        if self.0 == 0 {
            return ExitCode::SUCCESS;
        }
        eprintln!("{} failed, see above", self.0);
        ExitCode::FAILURE
    }
}

/// The files to read by the real folder that holds them, in order of name; each once, whatever leads to it.
fn gather(paths: &[PathBuf], out: &Path, faults: &mut Faults) -> BTreeMap<PathBuf, Vec<Input>> {
    let mut folders: BTreeMap<PathBuf, Vec<Input>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut add = |path: &Path, name: String| -> Result<()> {
        let real = real(path)?;
        if seen.insert(real.clone()) {
            let folder = real.parent().map(PathBuf::from).unwrap_or_default();
            folders.entry(folder).or_default().push(Input { path: path.to_owned(), name });
        }
        Ok(())
    };
    for path in paths {
        let mut found = Vec::new();
        if path.is_dir() {
            walk(path, out, &mut BTreeSet::new(), &mut found, faults);
        } else {
            found.push(path.clone());
        }
        for file in &found {
            let name = if file == path {
                path.file_name().unwrap_or_default().to_string_lossy().into_owned()
            } else {
                file::name_below(path, file)
            };
            if let Err(error) = add(file, name) {
                faults.report(&ProgressBar::hidden(), &error);
            }
        }
    }
    folders
}

/// The name of a `folder` that is one of the `paths` itself, so that the names of its slices no longer tell it; else empty.
fn home(folder: &Path, paths: &[PathBuf]) -> String {
    let given = paths.iter().any(|path| path.is_dir() && real(path).is_ok_and(|real| real == folder));
    let name = folder.file_name().filter(|_| given);
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Every slice below `folder`, without those in the folder that is written to, if it lies within: they are masks of an
/// earlier run. A folder that a link leads back to is not entered twice; one that cannot be read is reported, and the
/// others are searched all the same.
fn walk(folder: &Path, out: &Path, entered: &mut BTreeSet<PathBuf>, found: &mut Vec<PathBuf>, faults: &mut Faults) {
    let listing = real(folder).and_then(|own| {
        let passed_over = (own == out && !entered.is_empty()) || !entered.insert(own);
        if passed_over { Ok(file::Listing::default()) } else { file::list(folder) }
    });
    match listing {
        Ok(listing) => {
            found.extend(listing.files.into_iter().filter(|path| file::is_slice(path)));
            listing.folders.iter().for_each(|inner| walk(inner, out, entered, found, faults));
        }
        Err(error) => faults.report(&ProgressBar::hidden(), &error),
    }
}

fn shown(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
