//! The input check: whether a case looks like the training data, before its masks are shown.
//!
//! A network segments a photograph as readily as a head. The check therefore measures [`Traits`] of every slice on the
//! network's grid and compares them with the [`TrainingDistribution`], which `model.json` holds. Each trait must lie
//! within its range, and all traits together within a Mahalanobis distance: a brightness and a shape may both be common
//! and still not occur together.
//!
//! The check does not detect another plane of the same head, or another contrast given as grey slices. Their traits are
//! too similar.

mod outcome;
mod shape;
mod statistics;
mod training_distribution;
mod traits;

pub use outcome::InputCheck;
pub use training_distribution::{TrainingDistribution, TraitRange};
pub use traits::Traits;
