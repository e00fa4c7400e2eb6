//! [`VoxelGrid`]: where the voxels of a volume are.

use std::ops::RangeInclusive;

use super::affine::length;
use super::{Affine, Axes, Plane, nearest};

/// The size of a volume and the place of its voxels in the patient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoxelGrid {
    size: [usize; 3],
    affine: Affine,
    inverse: Affine,
}

/// Spacings that differ by less than this factor count as equal when the slices of a volume are looked for. Three-dimensional
/// sequences have such spacings, and then the order of storage decides.
const EQUAL: f64 = 1.1;

/// Two grids are the same if no corner is further apart than this fraction of the smallest spacing. It leaves room for the
/// rounding of single precision.
const SAME: f64 = 0.01;

/// Steps along each axis at which the overlap of two grids is measured.
const STEPS: usize = 16;

/// Spacings in millimetres: no scanner has others, and arithmetic with them is exact enough.
const SPACINGS: RangeInclusive<f64> = 1e-6..=1e6;

impl VoxelGrid {
    /// A grid of `size` voxels, whose indices `affine` maps to millimetres. `None` if an axis has no voxel, a spacing is not from a
    /// nanometre to a kilometre, or the affine has no inverse or a value that is not finite.
    pub fn new(size: [usize; 3], affine: Affine) -> Option<Self> {
        let grid = Self { size, affine, inverse: affine.inverse()? };
        let valid = size.iter().all(|length| *length > 0) && grid.spacing().iter().all(|step| SPACINGS.contains(step));
        valid.then_some(grid)
    }

    /// Voxels along each axis, at least 1.
    pub const fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Voxel indices to millimetres: right, front, head.
    pub const fn affine(&self) -> &Affine {
        &self.affine
    }

    /// The distances in millimetres between the centres of neighbouring voxels, along each axis.
    pub fn spacing(&self) -> [f64; 3] {
        [0, 1, 2].map(|axis| length(self.affine.axis(axis)))
    }

    /// The closest axes of the patient.
    pub fn axes(&self) -> Axes {
        Axes::of(&self.affine)
    }

    /// The largest angle between an axis and the closest axis of the patient, in degrees.
    pub fn obliqueness(&self) -> f64 {
        let along = self.axes().along();
        let angle = |patient: usize| {
            let step = self.affine.axis(along[patient]);
            (step[patient].abs() / length(step)).min(1.0).acos().to_degrees()
        };
        (0..3).map(angle).fold(0.0, f64::max)
    }

    /// The plane of acquisition: slices are furthest apart. Where all spacings are about equal, the last axis counts the slices.
    pub fn plane(&self) -> Plane {
        let spacing = self.spacing();
        let widest = (0..3).reduce(|widest, axis| if spacing[axis] > spacing[widest] { axis } else { widest });
        let clear = |&axis: &usize| (0..3).all(|other| other == axis || spacing[axis] > EQUAL * spacing[other]);
        let slices = widest.filter(clear).unwrap_or(2);
        let planes = [Plane::Sagittal, Plane::Coronal, Plane::Axial];
        let patient = self.axes().along().iter().position(|&axis| axis == slices);
        planes[patient.unwrap_or(2)]
    }

    /// The same voxels with columns from right to left, rows from front to back and slices from feet to head.
    #[must_use]
    pub fn upright(&self) -> Self {
        let axes = self.axes();
        let affine = axes.to_stored(self.size).then(&self.affine);
        // An exchange of axes keeps the inverse; only its rounding may differ.
        let inverse = affine.inverse().unwrap_or(self.inverse);
        Self { size: axes.upright(self.size), affine, inverse }
    }

    /// Voxel indices of this grid to those of another.
    pub fn to(&self, other: &Self) -> Affine {
        self.affine.then(&other.inverse)
    }

    /// Whether both grids have the same voxels in the same order.
    pub fn is_same(&self, other: &Self) -> bool {
        let smallest = self.spacing().into_iter().fold(f64::INFINITY, f64::min);
        let apart = |corner: usize| {
            let at = [0, 1, 2].map(|axis| if corner >> axis & 1 == 0 { 0.0 } else { (self.size[axis] - 1) as f64 });
            let (a, b) = (self.affine.apply(at), other.affine.apply(at));
            length([a[0] - b[0], a[1] - b[1], a[2] - b[2]])
        };
        self.size == other.size && (0..8).all(|corner| apart(corner) <= SAME * smallest)
    }

    /// The fraction of this grid, 0 to 1, that is inside another.
    pub fn overlap(&self, other: &Self) -> f64 {
        let map = self.to(other);
        let steps = self.size.map(|length| length.min(STEPS));
        let at = |axis: usize, step: usize| (step as f64 + 0.5) * self.size[axis] as f64 / steps[axis] as f64 - 0.5;
        let all = steps.iter().product::<usize>();
        let inside = |i: &usize| {
            let step = [i % steps[0], i / steps[0] % steps[1], i / steps[0] / steps[1]];
            nearest(other.size, map.apply([0, 1, 2].map(|axis| at(axis, step[axis])))).is_some()
        };
        (0..all).filter(inside).count() as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(size: [usize; 3], rows: [[f64; 4]; 3]) -> VoxelGrid {
        VoxelGrid::new(size, Affine::new(rows)).expect("a valid grid")
    }

    fn straight(size: [usize; 3], spacing: [f64; 3]) -> VoxelGrid {
        let [x, y, z] = spacing;
        grid(size, [[-x, 0.0, 0.0, 100.0], [0.0, y, 0.0, -100.0], [0.0, 0.0, z, 0.0]])
    }

    #[test]
    fn spacing_and_obliqueness_are_those_of_the_axes() {
        // Slices that are tilted by 15 degrees.
        let (sin, cos) = 15_f64.to_radians().sin_cos();
        let tilted = grid(
            [208, 256, 26],
            [[-0.9, 0.0, 0.0, 90.0], [0.0, 0.9 * cos, -5.5 * sin, 0.0], [0.0, 0.9 * sin, 5.5 * cos, 0.0]],
        );
        let spacing = tilted.spacing();
        assert!(spacing.iter().zip([0.9, 0.9, 5.5]).all(|(a, b)| (a - b).abs() < 1e-12), "{spacing:?}");
        assert!((tilted.obliqueness() - 15.0).abs() < 1e-9, "{}", tilted.obliqueness());
        assert_eq!((tilted.axes().code().as_str(), tilted.plane()), ("LAS", Plane::Axial));
        assert_eq!(straight([4, 4, 4], [1.0; 3]).obliqueness(), 0.0);
    }

    #[test]
    fn thick_slices_state_the_plane_and_equal_spacings_leave_it_to_the_last_axis() {
        assert_eq!(straight([9; 3], [1.0, 5.0, 1.0]).plane(), Plane::Coronal);
        assert_eq!(straight([9; 3], [1.2, 1.0, 1.0]).plane(), Plane::Sagittal);
        assert_eq!(straight([9; 3], [1.0, 1.0, 1.05]).plane(), Plane::Axial);
        // Index 2 goes from left to right.
        let sagittal = grid([9; 3], [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]);
        assert_eq!((sagittal.plane(), sagittal.axes().code().as_str()), (Plane::Sagittal, "ASR"));
    }

    #[test]
    fn an_upright_grid_has_the_same_voxels() {
        let stored = grid([3, 4, 5], [[0.1, 0.0, 2.0, 5.0], [1.0, 0.1, 0.0, 6.0], [0.0, -1.5, 0.1, 7.0]]);
        let upright = stored.upright();
        assert_eq!((upright.size(), upright.axes().code().as_str()), ([5, 3, 4], "LPS"));
        // The first upright voxel is furthest to the right and the front, and lowest.
        let (found, expected) = (upright.affine().origin(), stored.affine().apply([2.0, 3.0, 4.0]));
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        let back = upright.to(&stored).apply([4.0, 2.0, 3.0]);
        assert!(back.iter().all(|index| index.abs() < 1e-12), "{back:?}");
    }

    #[test]
    fn grids_are_the_same_up_to_rounding_and_overlap_by_a_fraction() {
        let one = straight([10, 10, 10], [1.0; 3]);
        assert!(one.is_same(&straight([10, 10, 10], [1.0005, 1.0, 1.0])));
        assert!(!one.is_same(&straight([10, 10, 10], [1.01, 1.0, 1.0])));
        assert!(!one.is_same(&straight([10, 10, 9], [1.0; 3])));
        assert_eq!(one.overlap(&one), 1.0);
        assert_eq!(one.overlap(&straight([10, 10, 5], [1.0; 3])), 0.5);
        assert_eq!(
            one.overlap(&grid([9; 3], [[1.0, 0.0, 0.0, 900.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])),
            0.0
        );
    }

    #[test]
    fn a_grid_without_voxels_or_without_an_inverse_is_none() {
        let affine = *straight([1; 3], [1.0; 3]).affine();
        assert_eq!(VoxelGrid::new([1, 0, 1], affine), None);
        for scale in [0.0, 1e-9, 1e9, 1e-180, f64::NAN] {
            assert_eq!(VoxelGrid::new([1; 3], affine.scaled(scale)), None, "{scale}");
        }
    }
}
