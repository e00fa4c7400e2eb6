//! The folded U-Net on the CPU, without Burn, for inference; and the parts of it that fitting shares.
//!
//! One source for AVX2, AVX-512, NEON and wasm's SIMD128, through `macerator`, which selects the widest vectors at run time
//! (at compile time on wasm).

pub(crate) mod map;
mod plan;
pub(crate) mod product;
pub(crate) mod threads;
pub(crate) mod tile;
pub(crate) mod winograd;

pub(crate) use plan::Plan;
