//! Values between voxels.

/// The value at `at`, in voxel indices, by trilinear interpolation of `value`; `None` outside of the volume. The outermost voxels
/// extend to half a voxel beyond their centres.
pub fn trilinear(size: [usize; 3], at: [f64; 3], value: impl Fn([usize; 3]) -> f32) -> Option<f32> {
    let mut ends = [[0; 2]; 3];
    let mut weights = [0.0; 3];
    for axis in 0..3 {
        let last = size[axis].checked_sub(1)?;
        if !(-0.5..=last as f64 + 0.5).contains(&at[axis]) {
            return None;
        }
        let inside = at[axis].clamp(0.0, last as f64);
        let low = inside as usize;
        ends[axis] = [low, (low + 1).min(last)];
        weights[axis] = (inside - low as f64) as f32;
    }
    let along = |axis: usize, low: f32, high: f32| low + (high - low) * weights[axis];
    let line = |y: usize, z: usize| along(0, value([ends[0][0], y, z]), value([ends[0][1], y, z]));
    let plane = |z: usize| along(1, line(ends[1][0], z), line(ends[1][1], z));
    Some(along(2, plane(ends[2][0]), plane(ends[2][1])))
}

/// The voxel that is nearest to `at`, in voxel indices; `None` outside of the volume.
pub fn nearest(size: [usize; 3], at: [f64; 3]) -> Option<[usize; 3]> {
    let index = |axis: usize| {
        let rounded = at[axis].round();
        (rounded >= 0.0 && rounded < size[axis] as f64).then_some(rounded as usize)
    };
    Some([index(0)?, index(1)?, index(2)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_volume_is_interpolated_exactly() {
        let value = |[x, y, z]: [usize; 3]| (x + 10 * y + 100 * z) as f32;
        let size = [4, 3, 2];
        assert_eq!(trilinear(size, [1.25, 0.5, 0.5], value), Some(56.25));
        assert_eq!(trilinear(size, [3.0, 2.0, 1.0], value), Some(123.0));
        // Beyond the centres of the outermost voxels their value stays.
        assert_eq!(trilinear(size, [3.5, 2.0, -0.5], value), Some(23.0));
        for outside in [[3.6, 0.0, 0.0], [0.0, -0.6, 0.0], [0.0, 0.0, f64::NAN]] {
            assert_eq!(trilinear(size, outside, value), None);
        }
        assert_eq!(trilinear([0, 1, 1], [0.0; 3], value), None);
    }

    #[test]
    fn the_nearest_voxel_is_inside_the_volume() {
        assert_eq!(nearest([4, 3, 2], [2.6, 0.4, -0.4]), Some([3, 0, 0]));
        for outside in [[3.6, 0.0, 0.0], [0.0, -0.6, 0.0], [0.0, 0.0, f64::NAN]] {
            assert_eq!(nearest([4, 3, 2], outside), None);
        }
    }
}
