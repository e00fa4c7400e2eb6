//! The results of a case: probabilities, masks, edits, measures, and how its slices are displayed.

pub mod display;
pub mod findings;
pub mod lines;
pub mod measure;
