//! The place of the voxels in the patient, from a header.

use super::header::{Field, Header};
use super::{FileFault, ReadNote};
use crate::volume::{Affine, VoxelGrid};

/// The grid in millimetres, and what the header does not state.
///
/// The affine form is used before the quaternion form, and a form that cannot be inverted is passed over. Without either, the
/// first index goes to the left and the centre of the volume is the origin, as in nibabel.
pub(super) fn grid(header: &Header, size: [usize; 3]) -> Result<(VoxelGrid, Vec<ReadNote>), FileFault> {
    let mut notes = Vec::new();
    let unit = match header.get(Field::XYZT_UNITS, 0) as i64 & 7 {
        1 => 1000.0,
        3 => 0.001,
        2 => 1.0,
        _ => {
            notes.push(ReadNote::NoUnit);
            1.0
        }
    };
    let forms = [
        (header.get(Field::SFORM_CODE, 0) > 0.0).then(|| affine_form(header)),
        (header.get(Field::QFORM_CODE, 0) > 0.0).then(|| quaternion_form(header)),
    ];
    let stated = forms.into_iter().flatten().find_map(|affine| VoxelGrid::new(size, affine.scaled(unit)));
    if let Some(grid) = stated {
        return Ok((grid, notes));
    }
    notes.push(ReadNote::NoOrientation);
    let spacing = [1, 2, 3].map(|axis| header.get(Field::PIXDIM, axis));
    if let Some(&found) = spacing.iter().find(|length| !(**length > 0.0 && length.is_finite())) {
        return Err(FileFault::HeaderValue { field: "pixdim", found, expected: "a length above 0" });
    }
    let grid = VoxelGrid::new(size, base_case(spacing, size).scaled(unit));
    let found = spacing[0];
    grid.map(|grid| (grid, notes)).ok_or(FileFault::HeaderValue { field: "pixdim", found, expected: "a usual length" })
}

fn affine_form(header: &Header) -> Affine {
    Affine::new([0, 1, 2].map(|row| [0, 1, 2, 3].map(|column| header.get(Field::SROW, 4 * row + column))))
}

/// The rotation of a unit quaternion of which `b`, `c` and `d` are stored, times the spacing.
fn quaternion_form(header: &Header) -> Affine {
    let [b, c, d] = [0, 1, 2].map(|index| header.get(Field::QUATERN, index));
    // Rounding may make the three a little longer than 1.
    let rest = 1.0 - (b * b + c * c + d * d);
    let a = rest.max(0.0).sqrt();
    let scale = 2.0 / (a * a + b * b + c * c + d * d);
    let rotation = [
        [1.0 - scale * (c * c + d * d), scale * (b * c - a * d), scale * (b * d + a * c)],
        [scale * (b * c + a * d), 1.0 - scale * (b * b + d * d), scale * (c * d - a * b)],
        [scale * (b * d - a * c), scale * (c * d + a * b), 1.0 - scale * (b * b + c * c)],
    ];
    let [x, y, z] = [1, 2, 3].map(|axis| header.get(Field::PIXDIM, axis));
    let z = if header.get(Field::PIXDIM, 0) < 0.0 { -z } else { z };
    let axes = [(0, x), (1, y), (2, z)].map(|(axis, length)| rotation.map(|row| row[axis] * length));
    Affine::of_axes(axes, [0, 1, 2].map(|index| header.get(Field::QOFFSET, index)))
}

fn base_case([x, y, z]: [f64; 3], size: [usize; 3]) -> Affine {
    let steps = [-x, y, z];
    let origin = [0, 1, 2].map(|axis: usize| -0.5 * (size[axis] as f64 - 1.0) * steps[axis]);
    Affine::of_axes([[-x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]], origin)
}

/// The size of the first volume, and how many volumes there are.
pub(super) fn size(header: &Header) -> Result<([u64; 3], u64), FileFault> {
    let axes = header.get(Field::DIM, 0);
    if !(1.0..=7.0).contains(&axes) {
        return Err(FileFault::HeaderValue { field: "dim[0]", found: axes, expected: "1 to 7" });
    }
    let mut lengths = [1; 7];
    for axis in 1..=axes as usize {
        let length = header.get(Field::DIM, axis);
        // Some programs leave axes of length 0 after the third.
        if length < 1.0 && !(axis > 3 && length == 0.0) {
            const NAMES: [&str; 7] = ["dim[1]", "dim[2]", "dim[3]", "dim[4]", "dim[5]", "dim[6]", "dim[7]"];
            return Err(FileFault::HeaderValue { field: NAMES[axis - 1], found: length, expected: "at least 1" });
        }
        lengths[axis - 1] = (length as u64).max(1);
    }
    let [x, y, z, rest @ ..] = lengths;
    Ok(([x, y, z], rest.into_iter().fold(1, u64::saturating_mul)))
}
