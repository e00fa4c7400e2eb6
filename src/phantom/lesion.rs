//! [`Lesion`]: the position, shape and content of a glioma.

use super::geometry::{Point, covered, length};
use super::noise::Noise;
use super::tissue::{Mixture, Tissue};
use crate::random::Rng;

/// A body with lobes and spikes around a centre.
#[derive(Clone, Debug)]
pub(super) struct Lesion {
    centre: Point,
    /// The mean half-axes in head units, and the direction of the first within the slice, a unit vector.
    radii: Point,
    axis: [f32; 2],
    /// The amplitude of coarse lobes and fine spikes, as a fraction of the radius.
    lobes: f32,
    spikes: f32,
    /// The width of the border in head units.
    softness: f32,
    /// How much further the lesion extends in white matter than in the cortex, in head units.
    preference: f32,
    /// The radius of the solid part as a fraction of the mean radius; 0 without one.
    core: f32,
    enhancing: bool,
    cystic: bool,
    /// The slices that contain the lesion.
    slab: Slab,
    noise: Noise,
}

/// The space between the planes of two slices, which are tilted against the head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slab {
    /// The heights of the lower and upper plane above the centre of the head.
    pub(super) low: f32,
    pub(super) high: f32,
    /// The change of height of the planes for each unit along x and y.
    pub(super) lean: [f32; 2],
}

impl Lesion {
    /// A random lesion in the white matter of one hemisphere of a head with the half-axes `half`.
    pub(super) fn new(rng: &mut Rng, half: Point, slab: Slab) -> Self {
        let Slab { low, high, .. } = slab;
        // The square makes small lesions more common than large ones, as in the dataset.
        let size = rng.range(0.0, 1.0);
        let radius = 19.0 + 8.0 * size + 14.0 * size * size;
        let stretch = rng.range(0.8, 1.25);
        let tall = (radius * rng.range(0.7, 0.95)).min(0.5 * (high - low) / REACH);
        let z = rng.range((low + REACH * tall).max(-6.0), (high - REACH * tall).min(46.0));
        // The brain is smaller in higher slices. The centre stays away from the skull there too.
        let room = 1.0 - (z / half[2]) * (z / half[2]);
        let room = room.max(0.2).sqrt();
        let side = if rng.chance(0.5) { 1.0 } else { -1.0 };
        let x = side * (16.0 + rng.range(0.0, 1.0) * (half[0] * 0.55 * room - 16.0).max(0.0));
        let y = rng.range(-0.52, 0.48) * half[1] * room;
        let angle = rng.range(0.0, std::f32::consts::TAU);
        let enhancing = rng.chance(0.35);
        Self {
            centre: [x, y, z],
            radii: [radius * stretch, radius / stretch, tall],
            axis: [libm::cosf(angle), libm::sinf(angle)],
            lobes: rng.range(0.2, 0.42),
            spikes: rng.range(0.12, 0.26),
            softness: rng.range(3.0, 7.0),
            preference: rng.range(0.0, 1.5),
            core: if enhancing || rng.chance(0.6) { rng.range(0.35, 0.7) } else { 0.0 },
            enhancing,
            cystic: rng.chance(0.15),
            slab,
            noise: Noise::new(rng.next_u64()),
        }
    }

    /// The same lesion with other radii.
    pub(super) fn scaled(mut self, by: f32) -> Self {
        self.radii = self.radii.map(|radius| by * radius);
        self
    }

    /// The same lesion in the hemisphere without `other`.
    pub(super) fn opposite(mut self, other: &Self) -> Self {
        self.centre[0] = -other.side() * self.centre[0].abs();
        self
    }

    /// The depth of a point below the surface in head units; negative outside.
    pub(super) fn depth(&self, p: Point) -> f32 {
        let scaled = self.relative(p);
        let distance = length(scaled).max(1e-3);
        // Far from the surface.
        if distance > 1.6 {
            return (1.0 - distance) * self.radius();
        }
        let direction = scaled.map(|c| c / distance);
        let lobes = self.lobes * self.noise.rough(direction.map(|c| 1.3 * c));
        // Spikes vary along the ray too. Straight ones would look like a star.
        let spikes = self.spikes * self.noise.at(std::array::from_fn(|i| 2.8 * direction[i] + 1.5 * scaled[i] + 9.5));
        let depth = ((1.0 + lobes + spikes).clamp(0.5, REACH) - distance) * self.radius();
        depth.min(self.slab.depth(p))
    }

    /// The side of the midline, 1 or -1.
    pub(super) fn side(&self) -> f32 {
        self.centre[0].signum()
    }

    /// The fraction of a voxel inside the lesion, from its depth and its fraction of cortex.
    pub(super) fn fraction(&self, depth: f32, grey: f32) -> f32 {
        covered(depth - self.preference * grey, self.softness)
    }

    /// The content of the lesion at a point.
    pub(super) fn matter(&self, p: Point) -> Mixture {
        let mut mixture = Mixture::pure(Tissue::Oedema);
        let patch = self.noise.rough(p.map(|c| c / 13.0 + 70.5));
        mixture.paint(Tissue::Core, 0.6 * covered(patch - 0.1, 0.6));
        mixture.paint(Tissue::Cyst, 0.6 * covered(-0.25 - patch, 0.7));
        if self.core > 0.0 {
            // The solid part is rounder than the lesion.
            let depth = (self.core - length(self.relative(p))) * self.radius() + 6.0 * patch;
            mixture.paint(Tissue::Core, covered(depth, 6.0));
            if self.cystic || self.enhancing {
                mixture.paint(Tissue::Cyst, covered(depth - 4.0, 3.0));
            }
            if self.enhancing {
                // The rim takes up contrast agent in patches.
                let uptake = 0.7 + 0.9 * self.noise.at(p.map(|c| c / 7.0 + 40.5));
                let rim = 1.0 - ((depth - 2.5) / 2.4).abs();
                mixture.paint(Tissue::Rim, rim.clamp(0.0, 1.0) * uptake.clamp(0.0, 1.0));
            }
        }
        mixture
    }

    /// The position of the tissue at `p` before the lesion displaced it.
    pub(super) fn before(&self, p: Point) -> Point {
        let d: Point = std::array::from_fn(|i| p[i] - self.centre[i]);
        let distance = length(d).max(1.0);
        let radius = self.radius();
        let near = distance / radius;
        // The displacement is largest at the surface and vanishes 1.5 radii further out.
        let push = 0.14 * radius * near.min(1.0) * (1.0 - (near - 1.0) / 1.5).clamp(0.0, 1.0);
        std::array::from_fn(|i| p[i] - d[i] / distance * push)
    }

    /// The point relative to the centre, along the axes of the lesion and in units of its half-axes.
    fn relative(&self, p: Point) -> Point {
        let d: Point = std::array::from_fn(|i| p[i] - self.centre[i]);
        let [cos, sin] = self.axis;
        let along = [cos * d[0] + sin * d[1], cos * d[1] - sin * d[0], d[2]];
        std::array::from_fn(|i| along[i] / self.radii[i])
    }

    /// The mean radius.
    fn radius(&self) -> f32 {
        (self.radii[0] + self.radii[1] + self.radii[2]) / 3.0
    }
}

impl Slab {
    /// The distance to the nearer plane; negative outside.
    fn depth(&self, [x, y, z]: Point) -> f32 {
        let height = z - self.lean[0] * x - self.lean[1] * y;
        (height - self.low).min(self.high - height)
    }
}

/// The largest distance of the surface from the centre, in mean radii.
const REACH: f32 = 1.35;
