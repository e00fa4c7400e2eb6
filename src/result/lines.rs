//! [`Lines`]: the lengths that a reader has measured on a slice.

use serde::{Deserialize, Serialize};

use crate::read::Spacing;

/// The two ends of a line, x and y each, in pixels from the top left corner of the slice.
pub type Line = [[f64; 2]; 2];

/// The lines that a reader has drawn on a slice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lines {
    /// In the order in which they were drawn.
    #[serde(default)]
    pub rulers: Vec<Line>,
    /// The longest diameter of a region, and the longest one that is perpendicular to it.
    #[serde(default)]
    pub diameters: Option<[Line; 2]>,
}

impl Lines {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rulers.is_empty() && self.diameters.is_none()
    }
}

/// The length of a line: in millimetres with the size of a `pixel`, in pixels without one.
pub fn length(line: &Line, pixel: Option<Spacing>) -> f64 {
    let [[from_x, from_y], [to_x, to_y]] = line;
    let (x, y) = pixel.map_or((1.0, 1.0), |pixel| (pixel.x, pixel.y));
    let (width, height) = ((to_x - from_x) * x, (to_y - from_y) * y);
    (width * width + height * height).sqrt()
}
