//! The input check: what a case shows, before its masks are shown.
//!
//! A network segments a photograph as readily as a head. The check therefore takes a few slices from the middle of the case,
//! pools the feature maps of the network's own encoder over each, and classifies them with a [`KindClassifier`], which
//! `model.json` holds. Only axial FLAIR is accepted, with or without skull.
//!
//! The features are always computed on the CPU, so that every device has the same result. `Segmenter::check_input` runs the
//! check.

mod classifier;
mod kind;
mod outcome;

pub use classifier::KindClassifier;
pub use kind::Kind;
pub use outcome::InputCheck;
