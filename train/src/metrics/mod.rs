//! How well predictions match references.

mod calibration;
mod scores;
mod temperature;
mod volume;

pub(crate) use calibration::{Bin, Calibration};
pub(crate) use scores::{Scores, Spread, Surface, Tally};
pub(crate) use temperature::out_of_fold;
pub(crate) use volume::VolumeAgreement;
