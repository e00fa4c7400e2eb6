//! Which pixels of a slice are lesion: from a probability or a reference file to a [`Mask`], and its shape.

mod components;
#[allow(clippy::module_inception, reason = "the wing is named after its main type")]
mod mask;
pub mod metrics;
mod outline;
mod probability;
pub mod small_regions;

pub use components::{Components, components, largest_component};
pub use mask::Mask;
pub(crate) use probability::level;
pub use probability::{NotFinite, Probability};
