//! The geometry of volumes: voxel indices ↔ millimetres of the patient.
//!
//! Patient coordinates are those of NIfTI: x grows to the patient's right, y to the front and z to the head (RAS). The readers
//! convert other conventions.
//!
//! Own code: `nalgebra` has matrices, but no closest axes, and it would add a linear-algebra library to the page for one inverse
//! of 3 x 3 numbers.

mod affine;
mod axes;
mod grid;
mod pixel;
mod plane;
mod sample;

pub use affine::Affine;
pub(crate) use affine::{cross, dot, length};
pub use axes::{Axes, Walk};
pub use grid::VoxelGrid;
pub use pixel::PIXEL;
pub use plane::Plane;
pub use sample::{nearest, trilinear};
