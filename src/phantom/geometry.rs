//! Points, lengths and soft borders.

/// A place in the head: x, y, z as in [`head`](super::head).
pub(super) type Point = [f32; 3];

/// How much of a voxel lies beyond a border that is `depth` away and `softness` wide: 0 to 1, a half on the border.
pub(super) fn covered(depth: f32, softness: f32) -> f32 {
    let t = (depth / softness + 0.5).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

pub(super) fn length([x, y, z]: Point) -> f32 {
    (x * x + y * y + z * z).sqrt()
}
