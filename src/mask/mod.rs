//! Which pixels of a slice are lesion: [`Probability`] and reference files → [`Mask`], its shape and its agreement with
//! a reference.

mod components;
mod expected_dice;
#[allow(clippy::module_inception, reason = "the wing is named after its main type")]
mod mask;
pub mod metrics;
mod outline;
mod probability;
pub mod small_regions;
mod surface;

pub use components::{Components, components, largest_component};
pub use expected_dice::expected_dice;
pub use mask::Mask;
pub(crate) use probability::level;
pub use probability::{NotFinite, Probability};
pub use surface::SurfaceDistances;
