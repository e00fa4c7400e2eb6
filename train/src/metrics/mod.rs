//! How well predictions match references.

mod curve;
mod levels;
mod reliability;
mod scores;
mod volume;

pub(crate) use curve::{fit_curve, fit_curves};
pub(crate) use levels::{Levels, calibrated};
pub(crate) use reliability::{Bin, Reliability};
pub(crate) use scores::{Scores, Spread, Surface, Tally};
pub(crate) use volume::VolumeAgreement;
