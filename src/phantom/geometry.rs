//! [`Point`]: points in the head, lengths and soft borders.

/// A point in the head: x, y and z as in [`head`](super::head).
pub(super) type Point = [f32; 3];

/// The fraction of a voxel behind a border at distance `depth` with a width of `softness`: 0 to 1, one half on the
/// border.
pub(super) fn covered(depth: f32, softness: f32) -> f32 {
    let t = (depth / softness + 0.5).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The length of a vector.
pub(super) fn length([x, y, z]: Point) -> f32 {
    (x * x + y * y + z * z).sqrt()
}
