//! [`Inspection`]: what files are read as, before anything is segmented.

use serde::Serialize;

use crate::error::Error;
use crate::layout::Litter;
use crate::mask::Mask;
use crate::network::input_check::InputCheck;
use crate::read::{Channels, Scan, Slice, Spacing, SpacingSource};
use crate::result::findings::Findings;

/// What files are read as. `train inspect --json` writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Inspection {
    /// The cases in order.
    pub cases: Vec<InspectedCase>,
    /// The files that are no slices, and their kinds.
    pub passed_over: Vec<Unused>,
    /// The files that cannot be read, and why.
    pub refused: Vec<Unused>,
    /// What a reader should know about how files were read.
    pub notes: Vec<String>,
}

/// What a case is read as.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectedCase {
    /// The name of the case.
    pub name: String,
    /// The anatomical plane, if the files state it.
    pub plane: Option<&'static str>,
    /// Millimetres between columns, rows and slices, if the files state them.
    pub spacing: Option<(f64, f64, Option<f64>)>,
    /// The metadata that state the spacing.
    pub spacing_source: Option<&'static str>,
    /// Millimetres between columns and rows that a file states and that are not plausible. They are not used.
    #[serde(skip)]
    pub doubtful: Option<(f64, f64)>,
    /// The orientation of the volume, if the files state it.
    pub orientation: Option<String>,
    /// The result of the input check. Without a check it is accepted.
    pub input_check: InputCheck,
    /// The slices in order.
    pub slices: Vec<InspectedSlice>,
}

/// What a slice is read as.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InspectedSlice {
    /// The file.
    pub file: String,
    /// The page of the file, from 1.
    pub page: u64,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `flair` alone, or `pre`, `flair` and `post`.
    pub contrasts: &'static [&'static str],
    /// The file of the reference mask.
    pub reference: Option<String>,
    /// How many pixels are inside of it.
    pub reference_pixels: Option<usize>,
}

/// A file that is not part of a case, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unused {
    /// The file.
    pub file: String,
    /// The reason, without the name of the file.
    pub reason: String,
}

impl Inspection {
    /// The notes on a file. Its pages have the same. A DICOM series has notes of its own.
    pub fn notes_of<'a>(file: &'a str, slices: &'a [Slice]) -> impl Iterator<Item = String> + 'a {
        let notes = slices.first().filter(|slice| slice.frame().is_none()).map_or(&[][..], Slice::notes);
        notes.iter().map(move |note| format!("{file}: {note}"))
    }

    /// Makes names relative to the folder `top`, which ends in `/`.
    pub(super) fn strip(&mut self, top: &str) {
        let strip = |name: &mut String| {
            if name.starts_with(top) {
                name.drain(..top.len());
            }
        };
        for slice in self.cases.iter_mut().flat_map(|case| &mut case.slices) {
            strip(&mut slice.file);
            slice.reference.iter_mut().for_each(strip);
        }
        self.passed_over.iter_mut().chain(&mut self.refused).for_each(|unused| strip(&mut unused.file));
        self.notes.iter_mut().for_each(strip);
    }
}

impl InspectedCase {
    /// What the case is read as.
    pub fn of(findings: &Findings) -> Self {
        let case = findings.case();
        let spacing = findings.spacing_in_files();
        let first = case.slices.first().map(|entry| &entry.slice);
        let source = first.and_then(Slice::spacing_source).map(SpacingSource::name);
        let slices = case.slices.iter().map(|entry| {
            let (file, page) = file_and_page(entry.slice.name());
            InspectedSlice {
                file,
                page,
                width: entry.slice.width(),
                height: entry.slice.height(),
                contrasts: match entry.slice.channels() {
                    Channels::Grey => &["flair"],
                    Channels::Rgb => &["pre", "flair", "post"],
                },
                reference: entry.reference_file.as_deref().map(|name| file_and_page(name).0),
                reference_pixels: entry.reference.as_ref().map(Mask::area),
            }
        });
        Self {
            name: case.name.clone(),
            plane: case.scan().map(|scan| scan.plane().name()),
            spacing: spacing.map(|spacing| (spacing.x, spacing.y, spacing.z)),
            spacing_source: spacing.and(source),
            doubtful: first.and_then(Slice::doubtful_spacing).map(|Spacing { x, y, .. }| (x, y)),
            orientation: case.scan().map(Scan::orientation),
            input_check: findings.input_check().cloned().unwrap_or(InputCheck::unchecked()),
            slices: slices.collect(),
        }
    }
}

impl Unused {
    /// A file that is passed over.
    pub fn passed_over(file: impl Into<String>, kind: Litter) -> Self {
        Self { file: file.into(), reason: kind.to_string() }
    }

    /// A file that is refused because of `error`.
    pub(crate) fn refused(file: &str, error: &Error) -> Self {
        let reason = match error {
            Error::File { file: own, fault } if own == file => fault.to_string(),
            error => error.to_string(),
        };
        Self { file: file.to_owned(), reason }
    }
}

/// The file of a slice and its page, from 1.
fn file_and_page(name: &str) -> (String, u64) {
    match name.rsplit_once('#').and_then(|(file, page)| Some((file, page.parse().ok()?))) {
        Some((file, page)) => (file.to_owned(), page),
        None => (name.to_owned(), 1),
    }
}
