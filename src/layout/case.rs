//! [`Case`]: the slices of one patient, in order, with their reference masks.

use crate::mask::Mask;
use crate::read::Slice;

/// The slices of one patient or of one stack, in anatomical order as far as their names tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Unique among the cases of an [`Assembly`](super::Assembly).
    pub name: String,
    /// At least one slice, in natural order of the names.
    pub slices: Vec<CaseSlice>,
}

/// One slice of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseSlice {
    /// The slice.
    pub slice: Slice,
    /// Its reference mask of the same size, if there is one.
    pub reference: Option<Mask>,
}
