//! All files of a result: what the page offers as one zip, and what `train segment` writes into a folder.

use std::collections::BTreeSet;
use std::io;

use super::cohort::CohortRow;
use super::csv::{Row, lines};
#[cfg(feature = "formats")]
use super::dicom_seg::{SegmentationOptions, dicom_seg};
use super::gzip::gzip;
use super::name::{mask_name, overlay_name};
use super::nifti::{Volume, dimensions, nifti};
use super::nrrd::seg_nrrd;
use super::origin::Origin;
use super::overlay::overlay_png;
use super::overview::{CaseSummary, Overview};
use super::provenance::{CaseRecord, SliceRecord, SpacingRecord};
use super::report::section;
#[cfg(feature = "formats")]
use super::source_masks::SourceMasks;
use super::tiff::oriented_mask_tiff;
use super::zip::{Taken, safe};
#[cfg(feature = "formats")]
use crate::error::Error;
use crate::read::Spacing;
use crate::result::findings::Findings;

/// The volumes in the folder of a case.
const VOLUMES: [(&str, Content); 3] = [
    ("mask.nii.gz", Content::Volume(Volume::Mask)),
    ("probability.nii.gz", Content::Volume(Volume::Probability)),
    ("mask.seg.nrrd", Content::Segmentation),
];

/// The DICOM segmentation in the folder of a case.
const DICOM: &str = "mask.seg.dcm";

/// The path of a file, folders separated by `/`, and its bytes.
pub type NamedFile = (String, Vec<u8>);

/// The files of a result, case by case, so that not all of them are in memory at once.
///
/// A slice with a mask gives `<folders>/<stem>_mask.tif` (8 bits, 255 inside) and `<stem>_overlay.png`, unless it is cut from a
/// volume. A case whose slices all
/// have a mask and one size gives `<case>/mask.nii.gz`, and `<case>/mask.seg.nrrd` if it was read from a volume. With the feature
/// `formats`, one that was read from a DICOM series gives `<case>/mask.seg.dcm` where `with_dicom_seg` asks for it. With
/// probabilities of all slices it gives `<case>/probability.nii.gz`. A path that another file has, upper and lower case being
/// the same, gets a number, as in [`zip`](super::zip()). [`Bundle::finish`] gives the files of [`Overview`].
#[derive(Debug)]
pub struct Bundle {
    origin: Origin,
    /// Of the cases that were added since the last [`Bundle::take_summaries`].
    summaries: Vec<CaseSummary>,
    /// How many cases were added.
    cases: usize,
    /// The folders of the cases: two may have one name.
    folders: Taken,
    /// The files of the slices, for the same reason.
    paths: Taken,
    #[cfg(feature = "formats")]
    segmentation: Option<SegmentationOptions>,
}

/// A file of a case that is not encoded yet.
#[derive(Debug)]
pub(crate) struct CaseFile {
    path: String,
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    /// The mask of the slice at this place in the case.
    Mask(usize),
    /// The slice at this place with the outlines of its masks.
    Overlay(usize),
    /// A volume of the whole case.
    Volume(Volume),
    /// The mask of the whole case for 3D Slicer.
    Segmentation,
    /// A file that may fail to be made, so it was made at once.
    #[cfg(feature = "formats")]
    Made(Vec<u8>),
}

impl Bundle {
    /// A bundle without a case.
    pub fn new(origin: Origin) -> Self {
        let (folders, paths) = (Taken::default(), Taken::default());
        Self {
            origin,
            summaries: Vec::new(),
            cases: 0,
            folders,
            paths,
            #[cfg(feature = "formats")]
            segmentation: None,
        }
    }

    /// With a DICOM segmentation for each case that was read from a DICOM series. It has the names and identifiers of the patient.
    /// The bundle itself sets [`SegmentationOptions::edited`].
    #[cfg(feature = "formats")]
    pub fn with_dicom_seg(self, options: SegmentationOptions) -> Self {
        Self { segmentation: Some(options), ..self }
    }

    /// Where the results come from.
    pub fn origin(&self) -> &Origin {
        &self.origin
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
        let (mut rows, mut slices) = (Vec::new(), Vec::new());
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
                rows.push(Row {
                    area_mm2: measure.slices[index].mm2,
                    edited,
                    flair: measure.slices[index].flair,
                    lines: findings.lines(index).clone(),
                    pixel: findings.pixel_spacing(spacing),
                    ..Row::new(&case.name, slice.name(), &mask, entry.reference.as_ref())
                });
                mask_by = Some(if edited { "reader" } else { "network" });
            }
            slices.push(SliceRecord { name: slice.name().to_owned(), width, height, mask_by, mask: path });
        }

        let (mut volumes, mut not_written) = (Vec::new(), Vec::new());
        // A segmentation needs the orientation that only a volume states.
        let has_orientation = case.scan().is_some();
        for (name, content) in
            VOLUMES.into_iter().filter(|(_, content)| has_orientation || *content != Content::Segmentation)
        {
            let has = |index: &usize| {
                let edited = content != Content::Volume(Volume::Probability) && findings.edit(*index).is_some();
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
                    files.push(CaseFile { path: path.clone(), content });
                    volumes.push(path);
                }
                Err(error) => not_written.push(format!("{name}: {error}")),
            }
        }

        #[cfg(feature = "formats")]
        match self.segmentation(findings) {
            None => {}
            Some(Ok(bytes)) => {
                let path = format!("{folder}/{DICOM}");
                files.push(CaseFile { path: path.clone(), content: Content::Made(bytes) });
                volumes.push(path);
            }
            // The message of the error itself has the series' identifier.
            Some(Err(Error::Segmentation { fault, .. })) => not_written.push(format!("{DICOM}: {fault}")),
            Some(Err(error)) => not_written.push(format!("{DICOM}: {error}")),
        }

        let report = section(&self.origin, findings, &measure, spacing, self.cases);
        let cohort = CohortRow::of(findings, &measure, spacing, &self.origin.manifest);
        let record = CaseRecord {
            name: case.name.clone(),
            folder,
            input_check: findings.input_check().cloned(),
            predicted_dice: cohort.predicted_dice,
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
        };
        self.summaries.push(CaseSummary { cohort, statistics: lines(&rows), provenance: record.json(), report });
        self.cases += 1;
        files
    }

    /// The DICOM segmentation of a case, if it is asked for and the case was read from DICOM.
    #[cfg(feature = "formats")]
    fn segmentation(&self, findings: &Findings) -> Option<Result<Vec<u8>, Error>> {
        let options = self.segmentation.as_ref()?;
        findings.case().scan()?.series()?;
        let write = |SourceMasks { source, masks, edited }| {
            dicom_seg(&source, &masks, &SegmentationOptions { edited, ..options.clone() })
        };
        Some(SourceMasks::of(findings, self.origin.threshold as f32).and_then(write))
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
            Content::Segmentation => seg_nrrd(findings, threshold).ok(),
            #[cfg(feature = "formats")]
            Content::Made(bytes) => Some(bytes),
        };
        match bytes {
            Some(bytes) => (path, bytes),
            None => unreachable!("{path}: its case was added with all that it shows"),
        }
    }

    /// The summaries of the cases that were added since the last call. [`finish`](Self::finish) does not contain them.
    pub fn take_summaries(&mut self) -> Vec<CaseSummary> {
        std::mem::take(&mut self.summaries)
    }

    /// Counts `cases` cases of an earlier run, whose files are at `paths`. Other cases get other paths.
    pub fn reserve<'a>(&mut self, cases: usize, paths: impl IntoIterator<Item = &'a str>) {
        self.cases += cases;
        let mut folders = BTreeSet::new();
        for path in paths {
            match path.rsplit_once('/') {
                Some((folder, file)) if file == DICOM || VOLUMES.iter().any(|(name, _)| *name == file) => {
                    folders.insert(folder);
                }
                _ => {
                    self.paths.unique(path.to_owned());
                }
            }
        }
        for folder in folders {
            self.folders.unique(folder.to_owned());
        }
    }

    /// The files about all cases.
    pub fn finish(self) -> Vec<NamedFile> {
        let encode = |overview: Overview| {
            let mut bytes = Vec::new();
            let summaries = self.summaries.iter().cloned().map(Ok::<_, io::Error>);
            if let Err(error) = overview.write(&self.origin, self.summaries.len(), summaries, &mut bytes) {
                unreachable!("memory takes every byte: {error}");
            }
            (overview.name().to_owned(), bytes)
        };
        Overview::ALL.map(encode).into()
    }
}
