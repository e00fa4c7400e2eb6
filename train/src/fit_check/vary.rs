//! How a volume is varied, so that another scanner's images have the same kind.

use glioscope::random::Rng;

use super::volume::Volume;
use crate::data::scan::{apply_bias, bias_field, blur, coarsen};

/// The volume turned, moved, scaled and mirrored, with other grey levels, a bias field, coarse pixels, blur and noise. All
/// slices are varied alike.
pub(super) fn vary(volume: &Volume, rng: &mut Rng) -> Volume {
    let side = volume.side;
    let unit = side as f32 / 256.0;
    let angle = rng.range(-12.0, 12.0).to_radians();
    let zoom = rng.range(-0.3, 0.25).exp();
    let (sin, cos) = (angle.sin() / zoom, angle.cos() / zoom);
    let mirror = [0.5, 0.08].map(|chance| if rng.chance(chance) { -1.0 } else { 1.0 });
    let shift = [(); 2].map(|()| rng.range(-14.0, 14.0) * unit);
    let middle = (side as f32 - 1.0) / 2.0;
    let from = |i: usize| {
        let (x, y) = ((i % side) as f32 - middle, (i / side) as f32 - middle);
        let (x, y) = (x * mirror[0], y * mirror[1]);
        [middle + shift[0] + x * cos - y * sin, middle + shift[1] + x * sin + y * cos]
    };
    let gamma = rng.range(-0.5, 0.5).exp();
    let gain = rng.range(0.5, 1.0) / volume.white();
    let floor = if rng.chance(0.2) { rng.range(0.0, 0.08) } else { 0.0 };
    let field = bias_field(side, 0.6, rng);
    let softness = if rng.chance(0.3) { rng.range(0.0, 1.5) * unit } else { 0.0 };
    // Axial slices of a volume that was acquired in another plane are coarse along one axis.
    let coarse = rng.chance(0.4).then(|| {
        let (axes, most) = [(0..=0, 5.0), (1..=1, 5.0), (0..=1, 2.0)][rng.below(3)].clone();
        (axes, rng.range(1.0, most) * unit)
    });
    let noise = if rng.chance(0.3) { rng.range(0.0, 0.04) } else { 0.0 };
    let slices = volume.slices.iter().map(|plane| {
        let mut moved: Vec<f32> = (0..side * side).map(|i| bilinear(plane, side, from(i))).collect();
        if let Some((axes, factor)) = &coarse {
            coarsen(&mut moved, side, *factor, axes.clone());
        }
        blur(&mut moved, side, softness);
        apply_bias(&mut moved, &field, 0.0);
        for pair in moved.chunks_mut(2) {
            for (value, normal) in pair.iter_mut().zip(rng.normal_pair()) {
                let level = (gain * *value).max(0.0).powf(gamma) + floor;
                // As in a magnitude image, noise is never negative.
                *value = (level + noise * normal).abs();
            }
        }
        moved
    });
    Volume { side, slices: slices.collect() }
}

/// The value at a place between pixels; 0 outside.
fn bilinear(plane: &[f32], side: usize, [x, y]: [f32; 2]) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (u, v) = (x - left, y - top);
    let at = |dx: isize, dy: isize| {
        let (x, y) = (left as isize + dx, top as isize + dy);
        let inside = (0..side as isize).contains(&x) && (0..side as isize).contains(&y);
        if inside { plane[y as usize * side + x as usize] } else { 0.0 }
    };
    let upper = at(0, 0) * (1.0 - u) + at(1, 0) * u;
    let lower = at(0, 1) * (1.0 - u) + at(1, 1) * u;
    upper * (1.0 - v) + lower * v
}
