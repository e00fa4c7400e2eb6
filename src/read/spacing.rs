//! [`Spacing`]: the distance between pixels.

/// The distance between the centres of neighbouring pixels in millimetres, as the file states it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spacing {
    /// From one column to the next.
    pub x: f64,
    /// From one row to the next.
    pub y: f64,
}
