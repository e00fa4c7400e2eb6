//! A slice with its reference, on the network's grid.

/// A slice with its reference, on the network's grid.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// Pixels on a side.
    pub(crate) side: usize,
    /// Normalised channels, `[3, side, side]`.
    pub(crate) image: Vec<f32>,
    /// 1 inside the lesion, 0 outside, `[side, side]`.
    pub(crate) reference: Vec<f32>,
    /// The value of each channel outside the slice: normalised black.
    pub(crate) black: [f32; 3],
}
