//! What is found on a case: probabilities, masks, edits, measures, and how slices are displayed.

pub mod display;
pub mod findings;
pub mod measure;
