//! Whether a case looks like what the network was fitted on, before it draws anything.
//!
//! A network draws a mask on a photograph as readily as on a head. So [`Traits`] are measured of every slice, as it
//! lies on the network's grid, and held against what the slices of the fit were like ([`Seen`], saved in
//! `model.json`): each trait within its range, and all of them together within a Mahalanobis distance, since brightness
//! and shape may each be usual and yet not go together. What this cannot tell is another plane of the same head, or
//! another contrast as grey slices: those look alike to it.

mod outcome;
mod shape;
mod statistics;
mod training_distribution;
mod traits;

pub use outcome::Verdict;
pub use training_distribution::{Range, Seen};
pub use traits::Traits;
