//! How well predictions match references.

mod calibration;
mod scores;

pub(crate) use calibration::{Bin, Calibration};
pub(crate) use scores::{Scores, Spread, Tally};
