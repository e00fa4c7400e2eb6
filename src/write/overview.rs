//! The files about all cases, written case by case.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::cohort::{COHORT_HEAD, CohortRow};
use super::origin::Origin;
use super::{csv, provenance, report};

/// What the files about all cases contain on one case. It can be stored as JSON until these files are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseSummary {
    /// The line in `cohort.csv`.
    pub cohort: CohortRow,
    /// The lines in `statistics.csv`.
    pub(super) statistics: String,
    /// The record in `provenance.json`.
    pub(super) provenance: String,
    /// The section in `report.html`.
    pub(super) report: String,
}

/// A file about all cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overview {
    /// One line per case.
    Cohort,
    /// One line per slice.
    Statistics,
    /// The network, and the source of each mask and number.
    Provenance,
    /// A report for people.
    Report,
    /// A description of all files.
    Readme,
}

impl Overview {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Cohort, Self::Statistics, Self::Provenance, Self::Report, Self::Readme];

    /// The name of the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cohort => "cohort.csv",
            Self::Statistics => "statistics.csv",
            Self::Provenance => "provenance.json",
            Self::Report => "report.html",
            Self::Readme => "README.txt",
        }
    }

    /// Writes the file. `summaries` gives those of all `cases` cases; only one is in memory at a time.
    ///
    /// # Errors
    ///
    /// The first error of `summaries`, and those of `out`.
    pub fn write<E: From<io::Error>>(
        self,
        origin: &Origin,
        cases: usize,
        summaries: impl IntoIterator<Item = Result<CaseSummary, E>>,
        out: &mut impl Write,
    ) -> Result<(), E> {
        if self == Self::Readme {
            return Ok(out.write_all(README.as_bytes())?);
        }
        let head = match self {
            Self::Cohort => COHORT_HEAD.to_owned(),
            Self::Statistics => csv::HEAD.to_owned(),
            Self::Provenance => provenance::head(origin),
            Self::Report | Self::Readme => report::head(origin, cases),
        };
        out.write_all(head.as_bytes())?;
        let mut written = 0;
        for summary in summaries {
            let summary = summary?;
            let part = match self {
                Self::Cohort => summary.cohort.line(written + 1, cases),
                Self::Statistics => summary.statistics,
                Self::Provenance => format!("{}\n{}", if written > 0 { "," } else { "" }, summary.provenance),
                Self::Report | Self::Readme => summary.report,
            };
            out.write_all(part.as_bytes())?;
            written += 1;
        }
        let end = match self {
            Self::Provenance if written > 0 => format!("\n  {}", provenance::END),
            Self::Provenance => provenance::END.to_owned(),
            Self::Report => report::END.to_owned(),
            _ => String::new(),
        };
        Ok(out.write_all(end.as_bytes())?)
    }
}

const README: &str = "\
Masks of gliomas on MR slices, made by glioscope.

RESEARCH USE ONLY. This is not a medical device. Do not use it for diagnosis, treatment or clinical reports.

<folders>/<slice>_mask.tif     the mask of a slice: 8 bits, 255 inside and 0 outside, the size of the slice
<folders>/<slice>_overlay.png  the slice with the outline of its mask in amber, and of its reference in blue
<case>/mask.nii.gz             the masks of a case as a NIfTI-1 volume, 1 inside and 0 outside
<case>/mask.seg.nrrd           the same masks as a segmentation of 3D Slicer, if the case was read from a volume
<case>/probability.nii.gz      the probabilities of the network, 0 to 1
cohort.csv                     one line per case: volume, largest area, input check, and agreement with the reference
statistics.csv                 one line per slice: areas, and agreement with the reference if there is one
provenance.json                the network, the threshold, the source of each mask, the measures, and which files were not
                               written and why
report.html                    a report for people, to read in a browser or to print

A case that was read from a NIfTI volume is written on the grid of that volume, without TIFF and PNG files.

In the volume of any other case the first index counts columns from the left, the second rows from the top, the third
slices in the order of their names. The orientation of the head is unknown, so both orientation codes are 0. The voxels
have a size in millimetres only if the user has given it. Otherwise the unit is unknown.
";
