//! Slices → the network's input: the one copy of the preprocessing that fitting, `train` and the page share.

pub mod grid;
pub mod normalize;
