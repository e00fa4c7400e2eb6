//! [`Spacing`]: how far apart pixels lie.

/// How far apart the centres of neighbouring pixels lie, in millimetres, as the file itself says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spacing {
    /// From one column to the next.
    pub x: f64,
    /// From one row to the next.
    pub y: f64,
}
