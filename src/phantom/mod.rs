//! Synthetic heads with lesions and their exact masks, in the layout of the LGG dataset.
//!
//! A phantom stands in for real slices wherever these may not go: it is the page's sample case and the data of the
//! tests. Skull and scalp, a folded brain with its ventricles, and in most cases a lesion are drawn at random from a
//! seed, then imaged in three contrasts with shading, blur and Rician noise, at grey levels measured on real heads.
//! It is no anatomical atlas, and nothing measured on it says anything about patients.
//!
//! The same configuration gives the same bytes on every platform: chance comes from [`Rng`], sines and cosines from
//! `libm`, and all else is IEEE arithmetic in a fixed order.

mod config;
mod geometry;
mod head;
mod lesion;
mod noise;
mod pose;
mod scanner;
mod tissue;

pub use config::{PhantomConfig, sample};
