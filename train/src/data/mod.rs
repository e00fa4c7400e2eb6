//! The dataset on disk, its split, and the batches that a fit draws from it.

mod augmentation;
mod batches;
mod dataset;
mod paste;
mod sample;
pub(crate) mod scan;
pub(crate) mod shape;
pub(crate) mod split;
mod split_data;
mod strip;

pub(crate) use augmentation::Augmentation;
pub(crate) use batches::{Batch, Plan};
pub(crate) use dataset::{Dataset, Patient};
pub(crate) use split_data::{GRID, SplitData};
pub(crate) use strip::strip;
