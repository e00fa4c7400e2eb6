//! Synthetic heads with lesions and their exact masks, named like the LGG dataset.
//!
//! Phantoms replace real slices where these may not be distributed: in the page's sample cases and in tests. A seed
//! determines the scalp, the skull, a folded brain with ventricles, and a lesion. They are imaged in three contrasts
//! with shading, blur and Rician noise, at grey levels measured on real heads. A phantom is not an anatomical atlas,
//! and results on phantoms say nothing about patients.
//!
//! A configuration gives the same bytes on every platform: random numbers come from [`Rng`](crate::random::Rng), sines
//! and cosines from `libm`, and everything else is IEEE arithmetic in a fixed order.

mod config;
mod geometry;
mod head;
mod lesion;
mod noise;
mod pose;
mod sample;
mod scanner;
mod tissue;

pub use config::{Lesions, PhantomConfig};
pub use sample::{Sample, sample};
