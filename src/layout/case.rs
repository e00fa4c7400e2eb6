//! [`Case`]: the slices of one patient, in order, with their reference masks.

use super::CaseId;
use crate::mask::Mask;
use crate::read::{Scan, Slice};

/// The slices of one patient or of one stack, in anatomical order as far as their names tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    id: CaseId,
    /// Unique among the cases of an [`Assembly`](super::Assembly).
    pub name: String,
    /// At least one slice, in natural order of the names.
    pub slices: Vec<CaseSlice>,
}

/// One slice of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseSlice {
    /// The slice. It has the name of its FLAIR file where its contrasts are in several files.
    pub slice: Slice,
    /// Its reference mask of the same size, if there is one.
    pub reference: Option<Mask>,
    /// The file of the reference mask, with `#` and the page's number for a page.
    pub reference_file: Option<String>,
    /// The files of the pre- and post-contrast channels, where they are not in the slice's own file.
    pub contrast_files: Vec<String>,
}

impl Case {
    /// A case with the id that the name of its first slice gives.
    pub fn new(name: impl Into<String>, slices: Vec<CaseSlice>) -> Self {
        let id = CaseId::of(slices.first().map_or("", |entry| entry.slice.name()));
        Self::with_id(id, name, slices)
    }

    pub(super) fn with_id(id: CaseId, name: impl Into<String>, slices: Vec<CaseSlice>) -> Self {
        Self { id, name: name.into(), slices }
    }

    /// The volume that the slices are cut from, if the case was read from one.
    pub fn scan(&self) -> Option<&Scan> {
        self.slices.first().and_then(|entry| entry.slice.scan())
    }

    /// What the masks of a case with a single slice cost; `None` for more slices.
    pub fn single_slice_note(&self) -> Option<String> {
        let single = self.slices.len() == 1;
        single.then(|| {
            format!(
                "{}: a single slice is judged by itself: its mask is less reliable, and more healthy slices get a region \
                 (see the model card)",
                self.name
            )
        })
    }

    /// The id of the case.
    pub fn id(&self) -> CaseId {
        self.id.clone()
    }
}

impl CaseSlice {
    /// A slice, and a reference mask that is in no file.
    pub fn new(slice: Slice, reference: Option<Mask>) -> Self {
        Self { slice, reference, reference_file: None, contrast_files: Vec::new() }
    }
}
