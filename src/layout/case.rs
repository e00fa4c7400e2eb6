//! [`Case`]: the slices of one patient, in order, with their references.

use crate::mask::Mask;
use crate::read::Slice;

/// The slices of one patient, or of one stack, in anatomical order as far as their names tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Tells it apart from every other case of the same [`Assembly`].
    pub name: String,
    /// At least one, in natural order of their names.
    pub slices: Vec<CaseSlice>,
}

/// One slice of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseSlice {
    /// The slice itself.
    pub slice: Slice,
    /// Its reference mask, of the same size, if one was handed in with it.
    pub reference: Option<Mask>,
}
