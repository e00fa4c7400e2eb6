//! All files of a result: what the page offers as one zip, and what `train segment` writes into a folder.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::csv::{Row, csv};
use super::name::{mask_name, overlay_name};
use super::nifti::{Volume, dimensions, nifti};
use super::origin::Origin;
use super::overlay::overlay_png;
use super::provenance::{CaseRecord, Provenance, SliceRecord, SpacingRecord};
use super::report::Report;
use super::tiff::oriented_mask_tiff;
use super::zip::{Taken, safe};
use crate::read::Spacing;
use crate::result::findings::Findings;

/// The path of a file, folders separated by `/`, and its bytes.
pub type NamedFile = (String, Vec<u8>);

/// The files of a result, case by case, so that not all of them are in memory at once.
///
/// A slice with a mask gives `<folders>/<stem>_mask.tif` (8 bits, 255 inside) and `<stem>_overlay.png`, unless it is cut from a
/// volume. A case whose slices all
/// have a mask and one size gives `<case>/mask.nii.gz`; with probabilities of all slices it gives
/// `<case>/probability.nii.gz`. A path that another file has, upper and lower case being the same, gets a number, as in
/// [`zip`](super::zip()). [`Bundle::finish`] gives `statistics.csv`, `provenance.json`, `report.html` and `README.txt`.
#[derive(Debug)]
pub struct Bundle {
    origin: Origin,
    rows: Vec<Row>,
    records: Vec<CaseRecord>,
    report: Report,
    /// The folders of the cases: two may have one name.
    folders: Taken,
    /// The files of the slices, for the same reason.
    paths: Taken,
}

/// A file of a case that is not encoded yet.
#[derive(Debug)]
pub(crate) struct CaseFile {
    path: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// The mask of the slice at this place in the case.
    Mask(usize),
    /// The slice at this place with the outlines of its masks.
    Overlay(usize),
    /// A volume of the whole case.
    Volume(Volume),
}

impl Bundle {
    /// A bundle without a case.
    pub fn new(origin: Origin) -> Self {
        let (folders, paths) = (Taken::default(), Taken::default());
        Self { origin, rows: Vec::new(), records: Vec::new(), report: Report::default(), folders, paths }
    }

    /// Adds a case and returns its files. `spacing` is that of its voxels where the user has given it.
    pub fn case_files(&mut self, findings: &Findings, spacing: Option<Spacing>) -> Vec<NamedFile> {
        let files = self.add(findings, spacing);
        files.into_iter().map(|file| self.encode(file, findings, spacing)).collect()
    }

    /// Adds a case and returns its files, to be [encoded](Self::encode) one at a time.
    pub(crate) fn add(&mut self, findings: &Findings, spacing: Option<Spacing>) -> Vec<CaseFile> {
        let threshold = self.origin.threshold as f32;
        let case = findings.case();
        let measure = findings.measure(threshold, spacing);
        let folder = self.folders.unique(safe(&case.name));
        let mut files = Vec::new();
        let mut slices = Vec::new();
        for (index, entry) in case.slices.iter().enumerate() {
            let slice = &entry.slice;
            let (width, height) = (slice.width(), slice.height());
            let (mut mask_by, mut path) = (None, None);
            if let Some(mask) = findings.mask(index, threshold) {
                // The slices of a volume are no files.
                if slice.scan().is_none() {
                    let name = self.paths.unique(safe(&mask_name(slice.name())));
                    files.push(CaseFile { path: name.clone(), content: Content::Mask(index) });
                    let overlay = self.paths.unique(safe(&overlay_name(slice.name())));
                    files.push(CaseFile { path: overlay, content: Content::Overlay(index) });
                    path = Some(name);
                }
                let edited = measure.slices[index].edited;
                let area_mm2 = measure.slices[index].mm2;
                let row = Row::new(&case.name, slice.name(), &mask, entry.reference.as_ref());
                self.rows.push(Row { area_mm2, edited, ..row });
                mask_by = Some(if edited { "reader" } else { "network" });
            }
            slices.push(SliceRecord { name: slice.name().to_owned(), width, height, mask_by, mask: path });
        }

        let (mut volumes, mut not_written) = (Vec::new(), Vec::new());
        for (name, volume) in [("mask.nii.gz", Volume::Mask), ("probability.nii.gz", Volume::Probability)] {
            let has = |index: &usize| {
                let edited = volume == Volume::Mask && findings.edit(*index).is_some();
                edited || findings.probability(*index).is_some()
            };
            let missing = case.slices.len() - (0..case.slices.len()).filter(has).count();
            if missing > 0 {
                not_written.push(format!("{name}: {missing} of {} slices have none", case.slices.len()));
                continue;
            }
            match dimensions(findings) {
                Ok(_) => {
                    let path = format!("{folder}/{name}");
                    files.push(CaseFile { path: path.clone(), content: Content::Volume(volume) });
                    volumes.push(path);
                }
                Err(error) => not_written.push(format!("{name}: {error}")),
            }
        }

        self.report.add(findings, &measure, threshold, spacing);
        self.records.push(CaseRecord {
            name: case.name.clone(),
            folder,
            input_check: findings.input_check().cloned(),
            spacing: SpacingRecord {
                millimetres: findings.voxel_spacing(spacing),
                origin: match (spacing, findings.spacing_in_files()) {
                    (Some(_), _) => "given by the user",
                    (None, Some(_)) if case.scan().is_some() => "stated by the volume",
                    (None, Some(_)) => "pixel size stated by the files, distance between slices unknown",
                    (None, None) => "unknown",
                },
                in_files: findings.spacing_in_files().map(|spacing| [spacing.x, spacing.y]),
            },
            statistics: *findings.statistics(),
            volumes,
            not_written,
            measure,
            slices,
        });
        files
    }

    /// The file with its bytes. `findings` and `spacing` are those that it was [added](Self::add) with.
    pub(crate) fn encode(&self, file: CaseFile, findings: &Findings, spacing: Option<Spacing>) -> NamedFile {
        let threshold = self.origin.threshold as f32;
        let CaseFile { path, content } = file;
        let bytes = match content {
            Content::Mask(index) => findings.mask(index, threshold).map(|mask| {
                let orientation = findings.case().slices[index].slice.orientation();
                oriented_mask_tiff(&mask, orientation)
            }),
            Content::Overlay(index) => findings.mask(index, threshold).map(|mask| {
                let entry = &findings.case().slices[index];
                overlay_png(&entry.slice, findings.window(), &mask, entry.reference.as_ref())
            }),
            Content::Volume(volume) => nifti(findings, volume, threshold, spacing).map(|bytes| gzip(&bytes)).ok(),
        };
        match bytes {
            Some(bytes) => (path, bytes),
            None => unreachable!("{path}: its case was added with all that it shows"),
        }
    }

    /// How many masks the files have so far.
    pub fn masks(&self) -> usize {
        self.rows.len()
    }

    /// The files about all cases.
    pub fn finish(self) -> Vec<NamedFile> {
        let provenance = Provenance::new(&self.origin, &self.records).json();
        let report = self.report.finish(&self.origin);
        vec![
            ("statistics.csv".to_owned(), csv(&self.rows).into_bytes()),
            ("provenance.json".to_owned(), provenance),
            ("report.html".to_owned(), report.into_bytes()),
            ("README.txt".to_owned(), README.as_bytes().to_vec()),
        ]
    }
}

/// The report alone, as [`Bundle::finish`] gives it.
pub fn report<'a>(origin: &Origin, cases: impl IntoIterator<Item = (&'a Findings, Option<Spacing>)>) -> String {
    let threshold = origin.threshold as f32;
    let mut report = Report::default();
    for (findings, spacing) in cases {
        report.add(findings, &findings.measure(threshold, spacing), threshold, spacing);
    }
    report.finish(origin)
}

const README: &str = "\
Masks of gliomas on MR slices, made by glioscope.

RESEARCH USE ONLY. This is not a medical device. Do not use it for diagnosis, treatment or clinical reports.

<folders>/<slice>_mask.tif     the mask of a slice: 8 bits, 255 inside and 0 outside, the size of the slice
<folders>/<slice>_overlay.png  the slice with the outline of its mask in amber, and of its reference in blue
<case>/mask.nii.gz             the masks of a case as a NIfTI-1 volume, 1 inside and 0 outside
<case>/probability.nii.gz      the probabilities of the network, 0 to 1
statistics.csv                 one line per slice: areas, and agreement with the reference if there is one
provenance.json                the network, the threshold, the source of each mask, the measures, and which files were not
                               written and why
report.html                    a report for people, to read in a browser or to print

A case that was read from a NIfTI volume is written on the grid of that volume, without TIFF and PNG files.

In the volume of any other case the first index counts columns from the left, the second rows from the top, the third
slices in the order of their names. The orientation of the head is unknown, so both orientation codes are 0. The voxels
have a size in millimetres only if the user has given it. Otherwise the unit is unknown.
";

/// Without a name and a time, so that the same volume gives the same bytes.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    match encoder.write_all(bytes).and_then(|()| encoder.finish()) {
        Ok(packed) => packed,
        Err(error) => unreachable!("memory takes every byte: {error}"),
    }
}
