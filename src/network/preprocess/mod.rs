//! Slices → the network's input: the one copy of the preprocessing that fitting, `train` and the page share.

mod grid;
mod normalize;

pub use grid::Grid;
pub use normalize::{CaseStatistics, ChannelStatistics, Normalisation};
