//! The volumes of a case: contrasts and a reference on the grid of FLAIR.

use std::collections::BTreeSet;

use super::{AssemblyNote, CaseSlice, Contrast};
use crate::mask::Mask;
use crate::read::{Channels, Samples, Scan, Slice};
use crate::volume::{nearest, trilinear};

/// A volume or slice that has no more different values than this is a mask or labels. Images have hundreds.
const LABELS: usize = 8;

/// A volume is used for another one if it holds at least this fraction of its voxels.
const OVERLAP: f64 = 0.5;

/// The slices of one volume.
pub(super) struct Volume<'a> {
    scan: &'a Scan,
    /// By their places from the feet. `None` for a slice that was not handed in.
    slices: Vec<Option<&'a Slice>>,
}

/// The places in a list of all slices that belong to no volume, and of the first slice of each volume. The frames of DICOM files
/// have none: they are joined to volumes first.
pub(super) fn firsts(slices: &[&Slice]) -> Vec<usize> {
    let mut known: Vec<&Scan> = Vec::new();
    let mut firsts = Vec::new();
    for (at, slice) in slices.iter().enumerate() {
        if let Some(scan) = slice.scan() {
            if known.iter().any(|known| std::ptr::eq(*known, scan)) {
                continue;
            }
            known.push(scan);
        } else if slice.frame().is_some() {
            continue;
        }
        firsts.push(at);
    }
    firsts
}

/// Whether a volume has labels and no grey levels.
pub(super) fn is_labels(slice: &Slice) -> bool {
    slice.scan().is_some_and(|scan| scan.levels() <= LABELS)
}

/// Whether a slice has no more different samples than labels have.
pub(super) fn has_few_levels(slice: &Slice) -> bool {
    let mut levels = BTreeSet::new();
    slice.samples().iter().all(|sample| {
        levels.insert(sample);
        levels.len() <= LABELS
    })
}

/// The name of the file that a slice comes from.
pub(super) fn file(slice: &Slice) -> &str {
    if let Some(series) = slice.scan().and_then(Scan::series) {
        return &series.label;
    }
    match slice.scan().filter(|scan| scan.slices() > 1).and_then(|_| slice.name().rsplit_once('#')) {
        Some((file, _)) => file,
        None => slice.name(),
    }
}

impl<'a> Volume<'a> {
    /// The volume that `first` is cut from, with its slices among `all`; `None` if it is not cut from one.
    pub(super) fn of(first: &'a Slice, all: &[&'a Slice]) -> Option<Self> {
        let scan = first.scan()?;
        let mut slices = vec![None; scan.slices()];
        for slice in all.iter().filter(|slice| slice.is_of_scan(scan)) {
            if let Some(place) = slice.position().and_then(|position| slices.get_mut(position)) {
                *place = Some(*slice);
            }
        }
        Some(Self { scan, slices })
    }

    /// The slices of a case whose FLAIR is this volume.
    pub(super) fn case_slices(
        &self,
        contrasts: Option<[Self; 2]>,
        reference: Option<Self>,
        notes: &mut Vec<AssemblyNote>,
    ) -> Vec<CaseSlice> {
        let mut is_usable = |volume: &Self, what: String| {
            let note = self.note_on(volume, what);
            let usable = !matches!(note, Some(AssemblyNote::Apart { .. }));
            notes.extend(note);
            usable
        };
        let contrasts = contrasts.filter(|[pre, post]| {
            let usable = is_usable(pre, Contrast::Pre.to_string());
            is_usable(post, Contrast::Post.to_string()) && usable
        });
        let reference = reference.filter(|volume| is_usable(volume, "the reference".to_owned()));
        let entry = |(z, slice): (usize, &&Slice)| CaseSlice {
            slice: match &contrasts {
                Some([pre, post]) => slice.with_contrasts(&self.grey(pre, z), &self.grey(post, z)),
                None => (*slice).clone(),
            },
            reference: reference.as_ref().map(|reference| self.mask(reference, z)),
            reference_file: reference.as_ref().map(|reference| reference.file().to_owned()),
            contrast_files: contrasts.iter().flatten().map(|volume| volume.file().to_owned()).collect(),
        };
        let own = self.slices.iter().enumerate().filter_map(|(z, slice)| Some((z, slice.as_ref()?)));
        own.map(entry).collect()
    }

    /// The file of the volume.
    fn file(&self) -> &str {
        self.slices.iter().flatten().next().map_or("", |slice| file(slice))
    }

    /// What is worth knowing about the use of another volume on this grid.
    fn note_on(&self, other: &Self, what: String) -> Option<AssemblyNote> {
        let (own, grid) = (self.scan.upright(), other.scan.upright());
        if own.is_same(grid) {
            return None;
        }
        let (name, onto) = (other.file().to_owned(), self.file().to_owned());
        let overlap = own.overlap(grid);
        Some(if overlap < OVERLAP {
            AssemblyNote::Apart { name, onto, overlap }
        } else {
            AssemblyNote::Resampled { name, what, onto }
        })
    }

    /// Slice `z` of another volume on this grid, by trilinear interpolation; 0 outside of it.
    fn grey(&self, other: &Self, z: usize) -> Slice {
        if self.scan.upright().is_same(other.scan.upright())
            && let Some(Some(slice)) = other.slices.get(z)
        {
            return (*slice).clone();
        }
        let size = other.scan.upright().size();
        let value = |[x, y, z]: [usize; 3]| f32::from(other.sample(x, y, z));
        let samples =
            self.places(other, z).map(|at| trilinear(size, at, value).unwrap_or(0.0).round() as u16).collect();
        let [width, height, _] = self.scan.upright().size();
        match Slice::new(other.file(), width, height, Channels::Grey, Samples::U16(samples)) {
            Ok(slice) => slice,
            Err(error) => unreachable!("a sample for each pixel: {error}"),
        }
    }

    /// Slice `z` of a reference on this grid, by the nearest voxel. Labels above 0 are inside; of other values those above half
    /// of their range.
    fn mask(&self, other: &Self, z: usize) -> Mask {
        let size = other.scan.upright().size();
        let least = if other.scan.is_whole() { 1 } else { u16::MAX / 2 + 1 };
        let inside =
            self.places(other, z).map(|at| nearest(size, at).is_some_and(|[x, y, z]| other.sample(x, y, z) >= least));
        let [width, height, _] = self.scan.upright().size();
        Mask::new(width, height, inside.collect())
    }

    /// The places of the pixels of slice `z`, row by row, in voxels of another volume.
    fn places(&self, other: &Self, z: usize) -> impl Iterator<Item = [f64; 3]> + use<> {
        let map = self.scan.upright().to(other.scan.upright());
        let [width, height, _] = self.scan.upright().size();
        (0..width * height).map(move |at| map.apply([(at % width) as f64, (at / width) as f64, z as f64]))
    }

    fn sample(&self, x: usize, y: usize, z: usize) -> u16 {
        self.slices[z].and_then(|slice| slice.value(x, y, 0)).unwrap_or(0)
    }
}
