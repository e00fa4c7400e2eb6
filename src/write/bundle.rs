//! All files of a result: what the page offers as one zip and `train segment` writes into a folder.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::csv::{Row, csv};
use super::name::{mask_name, overlay_name};
use super::nifti::{Volume, nifti};
use super::overlay::overlay_png;
use super::provenance::{CaseRecord, Provenance, SliceRecord, SpacingRecord};
use super::report::Report;
use super::tiff::mask_tiff;
use super::zip::{Taken, safe};
use crate::network::manifest::Manifest;
use crate::read::Spacing;
use crate::result::findings::Findings;

/// The path of a file, folders separated by `/`, and its bytes.
pub type NamedFile = (String, Vec<u8>);

/// What holds for all cases of a bundle.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The network.
    pub manifest: &'a Manifest,
    /// What it ran on, for people.
    pub backend: &'a str,
    /// A pixel is inside if its probability is at least this, 0 to 1.
    pub threshold: f64,
    /// By which rules masks were drawn or changed by hand, in the user's own words.
    pub rules: Option<&'a str>,
}

/// The files of a result, case by case, so that not all have to be held at once.
///
/// A slice with a mask gives `<folders>/<stem>_mask.tif` (8 bit, 255 inside) and `<stem>_overlay.png`. A case gives
/// `<case>/mask.nii.gz` and `<case>/probability.nii.gz` where all its slices have a mask, or a probability, and are of
/// one size. A path that another file has already, or that differs from it in nothing but upper and lower case, gets a number,
/// as in [`zip`](super::zip()), which changes none of them any more. [`Bundle::finish`] gives `statistics.csv`, `provenance.json`, `report.html` and `README.txt`.
#[derive(Debug)]
pub struct Bundle<'a> {
    origin: Origin<'a>,
    rows: Vec<Row>,
    records: Vec<CaseRecord>,
    report: Report,
    /// Folders of cases, so that two of one name stay apart.
    folders: Taken,
    /// Files of slices, for the same reason.
    paths: Taken,
}

impl<'a> Bundle<'a> {
    /// A bundle without a case.
    pub fn new(origin: Origin<'a>) -> Self {
        let (folders, paths) = (Taken::default(), Taken::default());
        Self { origin, rows: Vec::new(), records: Vec::new(), report: Report::default(), folders, paths }
    }

    /// The files of one case; `spacing` is that of its voxels where the user has given it.
    pub fn case_files(&mut self, findings: &Findings, spacing: Option<Spacing>) -> Vec<NamedFile> {
        let threshold = self.origin.threshold as f32;
        let case = findings.case();
        let measure = findings.measure(threshold, spacing);
        let folder = self.folders.unique(safe(&case.name));
        let mut files = Vec::new();
        let mut slices = Vec::new();
        for (index, entry) in case.slices.iter().enumerate() {
            let slice = &entry.slice;
            let mask = findings.mask(index, threshold);
            let (width, height) = (slice.width(), slice.height());
            let (mut mask_by, mut path) = (None, None);
            if let Some(mask) = mask {
                let name = self.paths.unique(safe(&mask_name(slice.name())));
                files.push((name.clone(), mask_tiff(&mask)));
                let overlay = overlay_png(slice, findings.window(), &mask, entry.reference.as_ref());
                files.push((self.paths.unique(safe(&overlay_name(slice.name()))), overlay));
                let edited = measure.slices[index].edited;
                let area_mm2 = measure.slices[index].mm2;
                let row = Row::new(&case.name, slice.name(), &mask, entry.reference.as_ref());
                self.rows.push(Row { area_mm2, edited, ..row });
                mask_by = Some(if edited { "by hand" } else { "network" });
                path = Some(name);
            }
            slices.push(SliceRecord { name: slice.name().to_owned(), width, height, mask_by, mask: path });
        }

        let (mut volumes, mut left_out) = (Vec::new(), Vec::new());
        for (name, volume) in [("mask.nii.gz", Volume::Mask), ("probability.nii.gz", Volume::Probability)] {
            let has = |index: &usize| {
                let drawn = volume == Volume::Mask && findings.edit(*index).is_some();
                drawn || findings.probability(*index).is_some()
            };
            let missing = case.slices.len() - (0..case.slices.len()).filter(has).count();
            if missing > 0 {
                left_out.push(format!("{name}: {missing} of {} slices have none", case.slices.len()));
                continue;
            }
            match nifti(findings, volume, threshold, spacing) {
                Ok(bytes) => {
                    let path = format!("{folder}/{name}");
                    files.push((path.clone(), gzip(&bytes)));
                    volumes.push(path);
                }
                Err(error) => left_out.push(format!("{name}: {error}")),
            }
        }

        self.report.add(findings, &measure, threshold, spacing);
        self.records.push(CaseRecord {
            name: case.name.clone(),
            folder,
            input_check: findings.input_check().cloned(),
            spacing: SpacingRecord {
                millimetres: spacing,
                origin: match (spacing, findings.spacing_in_files()) {
                    (Some(_), _) => "given by the user",
                    (None, Some(_)) => "the size of a pixel is stated by the files, the distance of slices unknown",
                    (None, None) => "unknown",
                },
                in_files: findings.spacing_in_files().map(|spacing| [spacing.x, spacing.y]),
            },
            statistics: *findings.statistics(),
            volumes,
            left_out,
            measure,
            slices,
        });
        files
    }

    /// How many masks there are in the files so far.
    pub fn masks(&self) -> usize {
        self.rows.len()
    }

    /// The files that all cases share.
    pub fn finish(self) -> Vec<NamedFile> {
        let Origin { manifest, backend, threshold, rules } = self.origin;
        let provenance = Provenance::new(manifest, backend, threshold, rules, &self.records).json();
        let report = self.report.finish(manifest, backend, threshold, rules);
        vec![
            ("statistics.csv".to_owned(), csv(&self.rows).into_bytes()),
            ("provenance.json".to_owned(), provenance),
            ("report.html".to_owned(), report.into_bytes()),
            ("README.txt".to_owned(), README.as_bytes().to_vec()),
        ]
    }
}

/// The report alone, as [`Bundle::finish`] has it.
pub fn report<'a>(origin: Origin<'_>, cases: impl IntoIterator<Item = (&'a Findings, Option<Spacing>)>) -> String {
    let threshold = origin.threshold as f32;
    let mut report = Report::default();
    for (findings, spacing) in cases {
        report.add(findings, &findings.measure(threshold, spacing), threshold, spacing);
    }
    report.finish(origin.manifest, origin.backend, origin.threshold, origin.rules)
}

const README: &str = "\
Masks of gliomas on MR slices, made by glioscope.

RESEARCH USE ONLY. This is no medical device: no diagnosis, no treatment and no report may rest on it.

<folders>/<slice>_mask.tif     the mask of a slice, 8 bit, 255 inside and 0 outside, on the slice's own grid
<folders>/<slice>_overlay.png  the slice with the outline of its mask in amber, and of its reference in blue
<case>/mask.nii.gz             the masks of a case as one NIfTI-1 volume, 1 inside and 0 outside
<case>/probability.nii.gz      what the network says, 0 to 1
statistics.csv                 a line a slice: areas, and agreement with a reference where there is one
provenance.json                the network, the threshold, who drew each mask, measures, and what was left out and why
report.html                    the same for people, to be read in a browser or printed

In a volume the first index counts columns from the left, the second rows from the top, the third slices in the order
of their names. Which way the head lies is not known, so the codes of both its orientations are 0. Its voxels have a
size in millimetres only if someone has given it; otherwise the unit says that it is unknown.
";

/// The same bytes for the same volume on every day and machine: without a name and a time.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    match encoder.write_all(bytes).and_then(|()| encoder.finish()) {
        Ok(packed) => packed,
        Err(error) => unreachable!("memory takes every byte: {error}"),
    }
}
