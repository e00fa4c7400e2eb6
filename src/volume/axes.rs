//! [`Axes`]: the order and the directions in which a volume stores its voxels.

use super::affine::{Affine, length};

/// For each axis of the patient the closest axis of the voxels: no voxel axis belongs to two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axes {
    /// The voxel axis, 0 to 2, along right-left, front-back and head-feet.
    along: [usize; 3],
    /// Whether the index grows to the right, the front and the head.
    grows: [bool; 3],
}

/// The places of upright voxels in a list of stored voxels: that of column x, row y and slice z is
/// `start + x * steps[0] + y * steps[1] + z * steps[2]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    start: isize,
    steps: [isize; 3],
}

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

impl Axes {
    /// The axes of voxels with this affine. Of the six assignments, the one with the largest sum of cosines is used.
    pub fn of(affine: &Affine) -> Self {
        let steps = [0, 1, 2].map(|axis| affine.axis(axis));
        let cosine = |patient: usize, voxel: usize| steps[voxel][patient] / length(steps[voxel]);
        let sum = |order: &[usize; 3]| (0..3).map(|patient| cosine(patient, order[patient]).abs()).sum::<f64>();
        let along = ORDERS.into_iter().reduce(|best, next| if sum(&next) > sum(&best) { next } else { best });
        let along = along.unwrap_or([0, 1, 2]);
        Self { along, grows: [0, 1, 2].map(|patient| cosine(patient, along[patient]) > 0.0) }
    }

    /// The direction in which each stored index grows, such as `LAS`: right or left, anterior or posterior, superior or
    /// inferior.
    pub fn code(&self) -> String {
        let letter = |voxel: usize| {
            let patient = self.along.iter().position(|&axis| axis == voxel).unwrap_or(voxel);
            [['R', 'L'], ['A', 'P'], ['S', 'I']][patient][usize::from(!self.grows[patient])]
        };
        (0..3).map(letter).collect()
    }

    /// The voxel axis along right-left, front-back and head-feet.
    pub const fn along(&self) -> [usize; 3] {
        self.along
    }

    /// Three values of the stored axes in the order of the upright ones.
    pub fn upright<T: Copy>(&self, stored: [T; 3]) -> [T; 3] {
        self.along.map(|axis| stored[axis])
    }

    /// How to find upright voxels among stored ones. `size` is that of the stored axes, of which the first changes fastest.
    ///
    /// Upright columns go from the patient's right to the left, rows from the front to the back, and slices from the feet to the
    /// head. So an axial slice is shown in the radiological convention.
    pub fn walk(&self, size: [usize; 3]) -> Walk {
        let strides = [1, size[0], size[0] * size[1]];
        let mut walk = Walk { start: 0, steps: [0; 3] };
        for patient in 0..3 {
            let axis = self.along[patient];
            let stride = strides[axis] as isize;
            // Columns and rows begin where the patient's coordinate is highest.
            if self.grows[patient] == (patient == 2) {
                walk.steps[patient] = stride;
            } else {
                walk.steps[patient] = -stride;
                walk.start += (size[axis] as isize - 1) * stride;
            }
        }
        walk
    }

    /// The map from upright indices to stored ones.
    pub(super) fn to_stored(self, size: [usize; 3]) -> Affine {
        let (mut axes, mut origin) = ([[0.0; 3]; 3], [0.0; 3]);
        for (patient, step) in axes.iter_mut().enumerate() {
            let axis = self.along[patient];
            let forward = self.grows[patient] == (patient == 2);
            step[axis] = if forward { 1.0 } else { -1.0 };
            origin[axis] = if forward { 0.0 } else { size[axis] as f64 - 1.0 };
        }
        Affine::of_axes(axes, origin)
    }
}

impl Walk {
    /// The place of an upright voxel in the list of stored voxels.
    pub fn place(&self, [x, y, z]: [usize; 3]) -> usize {
        let offset = x as isize * self.steps[0] + y as isize * self.steps[1] + z as isize * self.steps[2];
        (self.start + offset) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_axes_have_the_letters_that_nibabel_gives() {
        // An oblique sagittal volume and an oblique axial one.
        for (rows, code) in [
            ([[0.05, 0.1, 1.2, 0.0], [-0.99, 0.1, 0.0, 0.0], [0.1, 0.98, -0.1, 0.0]], "PSR"),
            ([[-0.9, 0.0, 0.1, 0.0], [0.0, 0.85, 1.4, 0.0], [0.0, -0.25, 5.3, 0.0]], "LAS"),
        ] {
            assert_eq!(Axes::of(&Affine::new(rows)).code(), code);
        }
    }

    #[test]
    fn upright_voxels_are_found_in_every_order_of_storage() {
        for order in ORDERS {
            for signs in 0..8 {
                let (mut steps, mut size) = ([[0.0; 3]; 3], [0; 3]);
                for patient in 0..3 {
                    steps[order[patient]][patient] = if signs >> patient & 1 == 0 { 1.0 } else { -1.0 };
                    size[order[patient]] = [4, 3, 2][patient];
                }
                let affine = Affine::of_axes(steps, [0.0; 3]);
                let axes = Axes::of(&affine);
                let (walk, to_stored) = (axes.walk(size), axes.to_stored(size));
                assert_eq!(axes.upright(size), [4, 3, 2]);
                let place = |[i, j, k]: [f64; 3]| i as usize + size[0] * (j as usize + size[1] * k as usize);
                let mut seen = [false; 24];
                for at in (0..24).map(|i| [i % 4, i / 4 % 3, i / 12]) {
                    let stored = to_stored.apply(at.map(|index| index as f64));
                    assert_eq!(walk.place(at), place(stored), "{order:?} {signs}");
                    seen[walk.place(at)] = true;
                }
                assert!(seen.iter().all(|seen| *seen));
                let world = to_stored.then(&affine);
                assert_eq!(
                    [0, 1, 2].map(|axis| world.axis(axis)),
                    [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]]
                );
            }
        }
    }
}
