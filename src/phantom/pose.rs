//! [`Pose`]: the position of the head in the image.

use super::geometry::Point;
use crate::random::Rng;

/// The position of the head in the image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    /// Head units per pixel.
    scale: f32,
    /// The pixel coordinates of the head's centre.
    middle: [f32; 2],
    /// Cosine and sine of the rotation within the slice.
    turn: [f32; 2],
    /// The tilt of the head: the change of height along x and y.
    pub(super) lean: [f32; 2],
}

impl Pose {
    /// A random position in an image of `size` x `size` pixels.
    pub(super) fn new(rng: &mut Rng, size: usize) -> Self {
        let scale = 256.0 / size as f32;
        let angle = rng.range(-0.1, 0.1);
        let middle = [rng.range(-5.0, 5.0), rng.range(-6.0, 6.0)].map(|shift| (128.0 + shift) / scale);
        Self {
            scale,
            middle,
            turn: [libm::cosf(angle), libm::sinf(angle)],
            lean: [rng.range(-0.05, 0.05), rng.range(-0.12, 0.12)],
        }
    }

    /// The point of the head at the centre of a pixel in the slice at height `z`.
    pub(super) fn head_from_pixel(&self, x: usize, y: usize, z: f32) -> Point {
        let x = (x as f32 + 0.5 - self.middle[0]) * self.scale;
        let y = (y as f32 + 0.5 - self.middle[1]) * self.scale;
        let [cos, sin] = self.turn;
        let (x, y) = (cos * x + sin * y, cos * y - sin * x);
        [x, y, z + self.lean[0] * x + self.lean[1] * y]
    }
}
