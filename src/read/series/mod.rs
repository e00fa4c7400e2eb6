//! [`join`]: the frames of DICOM files → volumes.
//!
//! UIDs and positions decide, and the names of files play no role. Nothing here knows the format of DICOM files, so the page sorts
//! frames that its module `formats` has decoded.

mod frame;
mod sequence;
mod stack;

use std::collections::{BTreeMap, BTreeSet};

pub use frame::{Frame, Series, SourceElement};
pub use sequence::{Protocol, Sequence};

use super::{Limits, ReadNote, Slice};
use crate::error::FileFault;
use crate::sort::sort_by;
use crate::volume::{cross, dot};

/// What the frames of several files make up.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    /// The slices of the volumes, each from the feet to the head.
    pub(crate) slices: Vec<Slice>,
    /// The files of each series that is not used, and what it shows.
    pub(crate) unused: Vec<(Vec<String>, Sequence)>,
    /// The series that cannot be read as volumes.
    pub(crate) refused: Vec<Refused>,
    /// All series, used or not.
    pub(crate) found: Vec<Overview>,
}

/// What a series is, at a glance. Of several volumes it is the one with the most frames.
#[derive(Clone, Debug)]
pub(crate) struct Overview {
    pub(crate) label: String,
    pub(crate) sequence: Sequence,
    /// How many frames the series has.
    pub(crate) frames: usize,
    /// The frame in the middle of the volume.
    pub(crate) middle: Slice,
}

/// A series that cannot be read as a volume.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) label: String,
    pub(crate) sequence: Sequence,
    pub(crate) fault: FileFault,
}

impl Overview {
    /// `SeriesInstanceUID`.
    pub(crate) fn series(&self) -> &str {
        self.middle.frame().map_or("", |frame| &frame.series)
    }
}

/// Frames of one series with one size and orientation.
struct Group<'a> {
    slices: Vec<(&'a Slice, &'a Frame)>,
}

/// Differences of directions up to this count as rounding.
const SAME_DIRECTION: f64 = 2e-3;
/// Differences of spacings up to this, in millimetres, count as rounding.
const SAME_SPACING: f64 = 1e-4;

/// From this many orientations on, a series is a localiser.
const LOCALISER: usize = 3;

/// Joins frames to volumes. Slices without a [frame](Slice::frame) are passed over. `is_used` tells by UID, label and sequence
/// which series become volumes.
pub(crate) fn join(slices: &[&Slice], limits: &Limits, is_used: impl Fn(&str, &str, Sequence) -> bool) -> Joined {
    let mut series: BTreeMap<[&str; 2], Vec<Group<'_>>> = BTreeMap::new();
    let mut folders: BTreeMap<&str, BTreeSet<[&str; 2]>> = BTreeMap::new();
    for &slice in slices {
        let Some(frame) = slice.frame() else { continue };
        let key = [frame.study.as_str(), frame.series.as_str()];
        folders.entry(folder(slice.name())).or_default().insert(key);
        let groups = series.entry(key).or_default();
        match groups.iter_mut().find(|group| group.holds(slice, frame)) {
            Some(group) => group.slices.push((slice, frame)),
            None => groups.push(Group { slices: vec![(slice, frame)] }),
        }
    }
    let mut joined = Joined::default();
    for ([_, uid], mut groups) in series {
        groups.iter_mut().for_each(Group::sort);
        sort_by(&mut groups, |a, b| {
            b.slices.len().cmp(&a.slices.len()).then_with(|| a.first().0.name().cmp(b.first().0.name()))
        });
        let orientations = count(&groups, Group::has_orientation_of);
        let shapes = count(&groups, |a, b| a.has_orientation_of(b) && a.has_size_of(b));
        let alone = groups.len() == 1;
        let frames = groups.iter().map(|group| group.slices.len()).sum();
        for (at, group) in groups.into_iter().enumerate() {
            let files = group.files();
            let own = folder(&files[0]);
            let has_folder =
                alone && !own.is_empty() && folders[own].len() == 1 && files.iter().all(|f| folder(f) == own);
            let label = if has_folder { own.to_owned() } else { files[0].clone() };
            let stated = group.first().1.sequence;
            let sequence = if orientations >= LOCALISER { Sequence::Localiser } else { stated };
            if at == 0 {
                joined.found.push(Overview { label: label.clone(), sequence, frames, middle: group.middle() });
            }
            if !is_used(uid, &label, sequence) {
                joined.unused.push((files, sequence));
                continue;
            }
            let split = (shapes > 1).then_some(ReadNote::SplitSeries { count: shapes });
            match stack::volume(&group.slices, label.clone(), files, limits, split) {
                Ok(slices) => joined.slices.extend(slices),
                Err(fault) => joined.refused.push(Refused { label, sequence, fault }),
            }
        }
    }
    joined
}

impl<'a> Group<'a> {
    fn first(&self) -> (&'a Slice, &'a Frame) {
        self.slices[0]
    }

    /// Whether a frame belongs to the group.
    fn holds(&self, slice: &Slice, frame: &Frame) -> bool {
        let (first, own) = self.first();
        (first.width(), first.height()) == (slice.width(), slice.height())
            && is_close(&own.directions, &frame.directions, SAME_DIRECTION)
            && is_close(&own.spacing[..2], &frame.spacing[..2], SAME_SPACING)
            && own.variant == frame.variant
            && own.frame_of_reference == frame.frame_of_reference
    }

    fn has_orientation_of(&self, other: &Self) -> bool {
        is_close(&self.first().1.directions, &other.first().1.directions, SAME_DIRECTION)
    }

    fn has_size_of(&self, other: &Self) -> bool {
        let size = |group: &Self| (group.first().0.width(), group.first().0.height());
        size(self) == size(other)
    }

    /// The frame in the middle along the normal.
    fn middle(&self) -> Slice {
        let (_, first) = self.first();
        let normal = cross(first.along_row(), first.along_column());
        let mut slices = self.slices.clone();
        sort_by(&mut slices, |(_, a), (_, b)| dot(a.position, normal).total_cmp(&dot(b.position, normal)));
        slices[slices.len() / 2].0.clone()
    }

    /// Puts the frames in an order that does not depend on the order of the files.
    fn sort(&mut self) {
        sort_by(&mut self.slices, |(a, frame_a), (b, frame_b)| {
            (frame_a.order, &frame_a.instance, frame_a.number, a.name()).cmp(&(
                frame_b.order,
                &frame_b.instance,
                frame_b.number,
                b.name(),
            ))
        });
    }

    /// The names of the files in order.
    fn files(&self) -> Vec<String> {
        let names: BTreeSet<&str> = self.slices.iter().map(|(slice, frame)| file(slice, frame)).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

/// How many groups there are of which no two are equal.
fn count<'a>(groups: &[Group<'a>], is_equal: impl Fn(&Group<'a>, &Group<'a>) -> bool) -> usize {
    let mut known: Vec<&Group<'a>> = Vec::new();
    for group in groups {
        if !known.iter().any(|known| is_equal(known, group)) {
            known.push(group);
        }
    }
    known.len()
}

fn is_close(a: &[f64], b: &[f64], most: f64) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= most)
}

/// The file of a frame.
fn file<'a>(slice: &'a Slice, frame: &Frame) -> &'a str {
    match slice.name().rsplit_once('#') {
        Some((file, _)) if frame.frames > 1 => file,
        _ => slice.name(),
    }
}

fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}
