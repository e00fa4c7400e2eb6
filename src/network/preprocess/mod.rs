//! Slices → the network's input. Training, `train segment` and the page all use this code.

mod grid;
mod line;
mod normalize;

pub use grid::Grid;
pub use normalize::{CaseStatistics, ChannelStatistics, Normalisation};
