//! Outlines gliomas on brain MRI slices: the library that the web page, `train` and the tests share.
//!
//! A U-Net is written here once, in [Burn](https://burn.dev). `train` fits it natively; compiled to wasm32 the same
//! code runs on WebGPU or on the CPU, in the visitor's own browser. Data flows one way:
//!
//! ```text
//! file bytes → Slice → Case → normalised tensor → U-Net → Probability → Mask → measures, files
//!    (drop)    read   layout        network      network     mask       mask   result, write
//! ```
//!
//! # What it is not
//!
//! - **No medical device.** Research use only; a mask is no diagnosis.
//! - Slices are segmented one by one; only small regions are found in three dimensions.
//! - No network without a feature: then the library reads, sorts, measures and writes. `cpu` adds inference on the CPU, `burn`
//!   the U-Net in Burn, `wgpu` its GPUs, `fit` gradients. The defaults are `page` and `wgpu`.
//! - No optimiser, no loss, no loop: those are `train`'s. No files, no network, no clock: bytes come in, bytes go out.
//!
//! # Wings
//!
//! A wing uses only those above it.
//!
//! | wing | from → to | does not know |
//! |---|---|---|
//! | [`error`] | whose fault, with the values | wording of a page or command |
//! | [`random`] | a seed → numbers, the same on every platform | |
//! | [`volume`] | voxel indices ↔ millimetres of the patient | files |
//! | [`read`] | bytes → validated [`Slice`](read::Slice)s within [`Limits`](read::Limits); the files in a zip | tensors, paths |
//! | [`mask`] | probability → mask: threshold, components, small regions, outline, overlap metrics | colours, files |
//! | [`layout`] | names and slices → [`Case`](layout::Case)s with their reference masks | files |
//! | [`phantom`] | a seed → a synthetic head with a lesion and its exact mask | the dataset |
//! | [`network`] | slices → normalised input → U-Net → calibrated probabilities; weights, input check, predicted Dice | disk, fetch, wasm-bindgen |
//! | [`result`] | a case with its probabilities, edits, measures and display levels | files |
//! | [`mod@write`] | results → masks, volumes, pictures, tables, a report: bytes | disk, DOM |
//! | [`study`] | everything that is open: files, cases, results; saved sessions | JavaScript, disk |
//! | `web` | the wasm boundary, wasm32 only: conversions | arithmetic |
//!
//! # Invariants
//!
//! - Preprocessing exists once, here: no caller touches a pixel value that the network sees.
//! - The library cannot tell whether the page, `train` or a test has called it.
//! - A file cannot make it panic: it is decoded, or it is named in an error.

pub mod error;
pub mod layout;
pub mod mask;
pub mod network;
pub mod phantom;
pub mod random;
pub mod read;
pub mod result;
mod sort;
pub mod study;
pub mod volume;
#[cfg(all(any(feature = "gpu", feature = "formats", feature = "page"), target_arch = "wasm32"))]
#[allow(unsafe_code, reason = "the call of the module's constructors, and what wasm_bindgen writes")]
pub mod web;
pub mod write;
