//! Outlines gliomas on brain MRI slices: the library that the web page, `train` and the tests share.
//!
//! A U-Net is written here once, in [Burn](https://burn.dev). `train` fits it natively; compiled to wasm32 the same
//! code runs on WebGPU or on the CPU, in the visitor's own browser. Data flows one way:
//!
//! ```text
//! file bytes → Slice → Case → normalised tensor → U-Net logits → Probability → Mask → measures, files
//!    (drop)    image   case      normalize            unet          segmenter   mask    measure, export
//! ```
//!
//! # What it is not
//!
//! - **No medical device.** Research use only; a mask is no diagnosis.
//! - No reader of DICOM or NIfTI, and nothing three-dimensional but the joining of slices into components: slices are
//!   segmented one by one.
//! - No network where the default feature `network` is off: then only what reads, sorts, measures and writes is left.
//! - No optimiser, no loss, no loop: those are `train`'s. No files, no network, no clock: bytes come in, bytes go out.
//!
//! # Modules, in reading order
//!
//! | module | from → to | does not know |
//! |---|---|---|
//! | [`image`] | bytes → validated [`Slice`](image::Slice)s, within [`Limits`](image::Limits) | tensors, paths |
//! | [`archive`] | a zip's bytes → the files in it, within its own [`Limits`](archive::Limits) | images |
//! | [`case`] | names and slices → [`Case`](case::Case)s, masks paired | files |
//! | [`grid`] | a slice ↔ the network's square | intensities |
//! | [`normalize`] | case statistics → the network's input; the one copy of the preprocessing | the device |
//! | [`display`] | a case's samples → levels for the eye | the network |
//! | [`check`] | normalised slices → does the case look like what was fitted on | the network |
//! | [`unet`] | configuration → network → logits | loss, threshold, files |
//! | [`kernels`] | the layers of the network, fused: the project's own on CPU and GPU | the network |
//! | [`weights`] | manifest and record bytes ↔ network, checked by hash | disk, fetch |
//! | [`segmenter`] | slices → probabilities on their own grids | wasm-bindgen, disk |
//! | [`probability`] | the one representation of them, 16-bit fixed point | the network |
//! | [`mask`] | probability → mask: threshold, components, area, outline | colours |
//! | [`regions`] | a case's probabilities → which small regions its masks leave out | thresholds in use |
//! | [`metrics`] | Dice, IoU, confusion of masks; soft Dice | printing |
//! | [`measure`] | areas, volumes and scores of a case, in millimetres only where someone has given a voxel or the files a pixel | printing |
//! | [`findings`] | a case with the network's probabilities and the masks drawn by hand | files |
//! | [`study`] | all that is open: files, cases, findings; saved sessions | JS, disk |
//! | [`export`] | findings → masks, volumes, pictures, tables, a report: bytes | disk, DOM |
//! | [`phantom`] | a seed → a synthetic head with a lesion and its exact mask | the dataset |
//! | [`random`] | the one source of chance, alike on every platform | |
//! | [`error`] | whose fault, with the values | wording of a page or command |
//! | `web` | the wasm boundary, wasm32 only: conversions and nothing else | arithmetic |
//!
//! # Invariants
//!
//! - Preprocessing exists once, here: no caller touches a pixel value that the network sees.
//! - The library cannot tell whether the page, `train` or a test has called it.
//! - A file cannot make it panic: it is decoded, or it is named in an error.

mod architecture;
pub mod archive;
pub mod case;
pub mod check;
pub mod display;
pub mod error;
pub mod export;
pub mod findings;
pub mod grid;
pub mod image;
#[cfg(feature = "network")]
#[allow(unsafe_code, reason = "vectors are loaded and stored by address; every block says why it may")]
pub mod kernels;
pub mod mask;
pub mod measure;
pub mod metrics;
pub mod normalize;
pub mod phantom;
pub mod probability;
pub mod random;
pub mod regions;
#[cfg(feature = "network")]
pub mod segmenter;
pub mod study;
#[cfg(feature = "network")]
pub mod unet;
#[cfg(all(feature = "network", target_arch = "wasm32"))]
#[allow(unsafe_code, reason = "the call of the module's constructors, and what wasm_bindgen writes")]
pub mod web;
pub mod weights;
