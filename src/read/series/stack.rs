//! [`volume`]: the frames of one series → the slices of a volume, by their positions.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::frame::{Frame, Series};
use crate::error::{FileFault, Quantity};
use crate::read::limits::reserved;
use crate::read::planes::{Planes, Values, resliced};
use crate::read::{Channels, Limits, ReadNote, Samples, Scan, Slice};
use crate::sort::sort_by;
use crate::volume::{Affine, VoxelGrid, cross, dot, length};

/// Positions along the normal that differ by less, in millimetres, are the same.
const SAME_PLACE: f64 = 0.01;

/// Distances between slices may differ from a multiple of the usual one by this fraction of it. It leaves room for rounded
/// headers.
const UNEVEN: f64 = 0.05;

/// The most columns, rows or slices: NIfTI-1, which results are written in, has no larger numbers.
const LONGEST: usize = i16::MAX as usize;

/// A frame at its place.
#[derive(Clone, Copy)]
struct Placed<'a> {
    slice: &'a Slice,
    frame: &'a Frame,
    /// Millimetres along the normal.
    at: f64,
}

/// The slices of a volume, from the feet to the head. Of frames at one place the first is used.
///
/// # Errors
///
/// A fault of the series: slices at uneven distances, a size over a limit, and as for other volumes.
pub(super) fn volume(
    frames: &[(&Slice, &Frame)],
    label: String,
    files: Vec<String>,
    limits: &Limits,
    split: Option<ReadNote>,
) -> Result<Vec<Slice>, FileFault> {
    let (first, head) = frames[0];
    let normal = cross(head.along_row(), head.along_column());
    let mut notes: Vec<ReadNote> = split.into_iter().collect();
    let placed = places(frames, normal, &mut notes);
    let (slots, step) = slots(&placed, normal)?;
    let size = [first.width(), first.height(), slots.last().map_or(0, |last| last + 1)];
    let grid = grid(head, size, placed[0].frame.position, step)?;
    admit(&grid, limits, placed.iter().any(|placed| placed.slice.is_scaled()) || head.inverted)?;
    let missing = size[2] - slots.len();
    let axial = grid.axes().along()[2] == 2;
    if missing > 0 && !axial {
        return Err(FileFault::SliceGap { missing });
    }
    notes.extend(resliced(&grid)?);
    if missing > 0 {
        notes.push(ReadNote::MissingSlices { count: missing });
    }
    for note in placed.iter().flat_map(|placed| placed.slice.notes()) {
        if !notes.contains(note) {
            notes.push(*note);
        }
    }
    let values = values(&placed, &slots, size, head.inverted)?;
    let planes = Planes::of(&grid, &values).map_err(|(_, fault)| fault)?;
    drop(values);
    let mut stored: Vec<Option<Placed<'_>>> = vec![None; size[2]];
    slots.iter().zip(&placed).for_each(|(&slot, placed)| stored[slot] = Some(*placed));
    let upright = grid.upright().size();
    // Where slices of the volume are those of the files, they have their names.
    let downwards = grid.axes().walk(size).place([0, 0, 0]) / (size[0] * size[1]) != 0;
    let source = |z: usize| if downwards { stored[size[2] - 1 - z] } else { stored[z] };
    let name = |z: usize| match axial {
        true => source(z).map(|placed| placed.slice.name().to_owned()),
        false => Some(format!("{label}#{}", z + 1)),
    };
    let names: Vec<Option<String>> = (0..upright[2]).map(name).collect();
    let frames = stored.iter().map(|placed| placed.map(|placed| placed.frame.clone())).collect();
    let series = Series { label, files, frames, head: head.clone() };
    let scan = Arc::new(Scan::of_series(grid, series, notes, &planes));
    let mut slices = Vec::new();
    for (z, (plane, name)) in planes.samples.into_iter().zip(names).enumerate() {
        let Some(name) = name else { continue };
        match Slice::new(name, upright[0], upright[1], Channels::Grey, Samples::U16(plane)) {
            Ok(slice) => slices.push(slice.of_scan(Arc::clone(&scan), z)),
            Err(error) => unreachable!("a sample for each pixel: {error}"),
        }
    }
    Ok(slices)
}

/// The frames in order along the normal, one for each place.
fn places<'a>(frames: &[(&'a Slice, &'a Frame)], normal: [f64; 3], notes: &mut Vec<ReadNote>) -> Vec<Placed<'a>> {
    let mut known = BTreeSet::new();
    let new = frames.iter().filter(|(_, frame)| known.insert((frame.instance.as_str(), frame.number)));
    let mut placed: Vec<Placed<'a>> =
        new.map(|&(slice, frame)| Placed { slice, frame, at: dot(frame.position, normal) }).collect();
    let copies = frames.len() - placed.len();
    // The sort is stable, so frames at one place keep their order.
    sort_by(&mut placed, |a, b| a.at.total_cmp(&b.at));
    let mut places: Vec<Vec<Placed<'a>>> = Vec::new();
    for frame in placed {
        match places.last_mut().filter(|place| frame.at - place[0].at < SAME_PLACE) {
            Some(place) => place.push(frame),
            None => places.push(vec![frame]),
        }
    }
    let volumes = places[0].len();
    let several = volumes > 1 && places.iter().all(|place| place.len() == volumes);
    let surplus: usize = places.iter().map(|place| place.len() - 1).sum();
    if several {
        notes.push(ReadNote::FirstVolume { count: volumes as u64 });
    }
    let repeated = if several { copies } else { copies + surplus };
    if repeated > 0 {
        notes.push(ReadNote::RepeatedSlices { count: repeated });
    }
    let earliest = |place: Vec<Placed<'a>>| place.into_iter().min_by_key(|placed| placed.frame.order);
    places.into_iter().filter_map(earliest).collect()
}

/// The place of each frame among the slices of the volume, and the step from one slice to the next.
fn slots(placed: &[Placed<'_>], normal: [f64; 3]) -> Result<(Vec<usize>, [f64; 3]), FileFault> {
    let [first, .., last] = placed else {
        let thickness = placed.first().map_or(0.0, |placed| placed.frame.spacing[2]);
        if thickness.is_nan() || thickness <= 0.0 {
            return Err(FileFault::MissingTag { tag: "the distance between slices" });
        }
        return Ok((vec![0], normal.map(|axis| axis * thickness)));
    };
    let distances: Vec<f64> = placed.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    let mut sorted = distances.clone();
    sorted.sort_by(f64::total_cmp);
    let usual = sorted[(sorted.len() - 1) / 2];
    let uneven = || FileFault::UnevenSlices { least: sorted[0], largest: sorted[sorted.len() - 1] };
    let mut slots = vec![0];
    for distance in &distances {
        let steps = (distance / usual).round();
        if !(steps >= 1.0 && steps <= LONGEST as f64 && (distance / usual - steps).abs() <= UNEVEN) {
            return Err(uneven());
        }
        slots.push(slots[slots.len() - 1] + steps as usize);
    }
    let count = slots[slots.len() - 1];
    // With more gaps than slices the usual distance is not known.
    if count >= 2 * placed.len() {
        return Err(uneven());
    }
    let between = |a: [f64; 3], b: [f64; 3]| [0, 1, 2].map(|axis: usize| b[axis] - a[axis]);
    let step = between(first.frame.position, last.frame.position).map(|axis| axis / count as f64);
    for (placed, &slot) in placed.iter().zip(&slots) {
        let expected = [0, 1, 2].map(|axis: usize| first.frame.position[axis] + slot as f64 * step[axis]);
        let off = length(between(expected, placed.frame.position));
        if off.is_nan() || off > 2.0 * UNEVEN * usual {
            return Err(uneven());
        }
    }
    Ok((slots, step))
}

/// The grid of the volume in the order of NIfTI: columns, rows from the last to the first, slices along the normal. The
/// coordinates of DICOM grow to the left and back, those of NIfTI to the right and front. `dcm2niix` has the same grid.
fn grid(head: &Frame, size: [usize; 3], origin: [f64; 3], step: [f64; 3]) -> Result<VoxelGrid, FileFault> {
    if let Some(found) = size.into_iter().find(|length| *length > LONGEST) {
        let expected = "at most 32767 columns, rows and slices";
        return Err(FileFault::HeaderValue { field: "the size", found: found as f64, expected });
    }
    let [between_columns, between_rows, _] = head.spacing;
    let row = head.along_row().map(|axis| axis * between_columns);
    let column = head.along_column().map(|axis| axis * between_rows);
    let last = (size[1] - 1) as f64;
    let origin = [0, 1, 2].map(|axis: usize| origin[axis] + last * column[axis]);
    let turned = |[x, y, z]: [f64; 3]| [-x, -y, z];
    let axes = [row, column.map(|axis| -axis), step].map(turned);
    let fault = FileFault::HeaderValue {
        field: "PixelSpacing",
        found: between_columns,
        expected: "a usual length, with three different directions",
    };
    VoxelGrid::new(size, Affine::of_axes(axes, turned(origin))).ok_or(fault)
}

/// Whether the volume is within the limits. A scaled voxel takes as much memory as three samples.
fn admit(grid: &VoxelGrid, limits: &Limits, scaled: bool) -> Result<(), FileFault> {
    let size = grid.size().map(|length| length as u64);
    limits.admit_volume(size, if scaled { 3 } else { 1 })?;
    let [columns, rows, slices] = grid.axes().upright(size);
    limits.admit(columns, rows, 1, 0)?;
    if slices > limits.pages {
        return Err(FileFault::OverLimit { what: Quantity::Slices, found: slices, limit: limits.pages });
    }
    Ok(())
}

/// The values of all voxels in the order of the grid. Those of an inverted series are subtracted from the highest one.
fn values(
    placed: &[Placed<'_>],
    slots: &[usize],
    [columns, rows, slices]: [usize; 3],
    inverted: bool,
) -> Result<Values, FileFault> {
    let pixels = columns * rows;
    let count = (pixels * slices) as u64;
    let place = |slot: usize, row: usize| slot * pixels + (rows - 1 - row) * columns;
    if placed.iter().any(|placed| placed.slice.is_scaled()) {
        let mut values: Vec<f32> = reserved(count)?;
        values.resize(count as usize, 0.0);
        for (placed, &slot) in placed.iter().zip(slots) {
            let mut numbers = placed.slice.values();
            for row in 0..rows {
                let at = place(slot, row);
                values[at..at + columns].iter_mut().zip(&mut numbers).for_each(|(value, number)| *value = number);
            }
        }
        if inverted {
            let highest = values.iter().copied().fold(f32::MIN, f32::max);
            values.iter_mut().for_each(|value| *value = highest - *value);
        }
        return Ok(Values::Numbers(values));
    }
    let mut values: Vec<u16> = reserved(count)?;
    values.resize(count as usize, 0);
    for (placed, &slot) in placed.iter().zip(slots) {
        let mut samples = placed.slice.samples().iter();
        for row in 0..rows {
            let at = place(slot, row);
            values[at..at + columns].iter_mut().zip(&mut samples).for_each(|(value, sample)| *value = sample);
        }
    }
    if inverted {
        let highest = values.iter().copied().max().unwrap_or(0);
        values.iter_mut().for_each(|value| *value = highest - *value);
    }
    Ok(Values::Whole(values))
}
