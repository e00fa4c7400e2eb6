//! [`Plan`]: which slices make up each case, before anything is made of their pixels.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::grouping::Group;
use super::name::{Key, Name, OVERLAY, ends_with};
use super::{AssemblyNote, Case, CaseSlice, natural_order};
use crate::mask::Mask;
use crate::read::{Samples, Slice, share_scale};

/// Slices sorted into cases. It costs little, because only names decide, and pixels only between files of one name.
#[derive(Debug)]
pub(super) struct Plan {
    /// Slice by slice in anatomical order.
    pub(super) groups: BTreeMap<Group, Vec<Member>>,
    /// The files that are in no case.
    pub(super) notes: Vec<AssemblyNote>,
}

/// A slice of a case and its reference mask, as places in the list that was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    slice: usize,
    mask: Option<usize>,
}

/// A case of a [`Plan`] with its name.
#[derive(Debug)]
pub(crate) struct PlannedCase {
    pub(crate) group: Group,
    pub(crate) name: String,
    pub(crate) members: Vec<Member>,
}

impl Plan {
    /// Plans `slices`; names without a folder are those of files in `home`.
    pub(super) fn within(home: &str, slices: &[&Slice]) -> Self {
        let mut entries: Vec<(Name, usize)> =
            slices.iter().enumerate().map(|(at, slice)| (Name::parse(slice.name()), at)).collect();
        entries.sort_by(|(name_a, a), (name_b, b)| {
            let [a, b] = [a, b].map(|&at| slices[at]);
            name_a.order(name_b).then_with(|| natural_order(a.name(), b.name())).then_with(|| compare_content(a, b))
        });

        let mut notes = Vec::new();
        let mut kept: BTreeMap<Key, usize> = BTreeMap::new();
        let mut pictures: Vec<(Name, usize)> = Vec::new();
        let mut masks: BTreeMap<Key, usize> = BTreeMap::new();
        for (name, at) in entries {
            let (key, own) = (&name.key, slices[at].name().to_owned());
            if key.stem.len() > OVERLAY.len() && ends_with(&key.stem, OVERLAY) {
                notes.push(AssemblyNote::Overlay { name: own });
                continue;
            }
            if let Some(&kept) = kept.get(key) {
                notes.push(AssemblyNote::Duplicate { name: own, kept: slices[kept].name().to_owned() });
                continue;
            }
            kept.insert(key.clone(), at);
            if key.mask {
                masks.insert(name.key, at);
            } else {
                pictures.push((name, at));
            }
        }

        let own: Vec<Option<usize>> =
            pictures.iter().map(|(name, _)| masks.remove(&Key { mask: true, ..name.key.clone() })).collect();
        let mut groups: BTreeMap<Group, Vec<Member>> = BTreeMap::new();
        for ((name, slice), own) in pictures.into_iter().zip(own) {
            // Only when every slice has its own: `stack_3_mask.tif` belongs to `stack_3.tif` where there is one.
            let mask = own.or_else(|| masks.remove(&name.key.exported_mask()?));
            groups.entry(Group::within(home, &name)).or_default().push(Member { slice, mask });
        }
        for (key, at) in masks {
            notes.push(AssemblyNote::StrayMask { mask: slices[at].name().to_owned(), expected: key.to_string() });
        }
        Self { groups, notes }
    }
}

impl PlannedCase {
    /// The case, and a note for each mask that cannot be its slice's reference. `slices` are those that were planned.
    pub(crate) fn build(&self, slices: &[&Slice]) -> (Case, Vec<AssemblyNote>) {
        let mut notes = Vec::new();
        let entry = |&Member { slice, mask }: &Member| {
            let slice = slices[slice].clone();
            let read = mask.map(|mask| reference(&slice, slices[mask]));
            let reference = read.and_then(|read| read.map_err(|note| notes.push(note)).ok());
            CaseSlice { slice, reference }
        };
        let mut slices: Vec<CaseSlice> = self.members.iter().map(entry).collect();
        share_scale(&mut slices.iter_mut().map(|entry| &mut entry.slice).collect::<Vec<_>>());
        (Case { name: self.name.clone(), slices }, notes)
    }
}

/// Reads `mask` as the reference of `slice`.
fn reference(slice: &Slice, mask: &Slice) -> Result<Mask, AssemblyNote> {
    let [slice_size, mask_size] = [slice, mask].map(|s| [s.width(), s.height()]);
    if slice_size != mask_size {
        let (mask, slice) = (mask.name().to_owned(), slice.name().to_owned());
        return Err(AssemblyNote::MaskSize { mask, mask_size, slice, slice_size });
    }
    Mask::from_slice(mask).map_err(|error| AssemblyNote::MaskUnusable { mask: mask.name().to_owned(), error })
}

/// Any total order of the content of two slices with one name, so that the one that stays does not depend on which came
/// first.
fn compare_content(a: &Slice, b: &Slice) -> Ordering {
    let shape = |s: &Slice| (s.width(), s.height(), s.channels().count(), s.samples().bits());
    let spacing =
        |s: &Slice| s.spacing().map(|spacing| (spacing.x.to_bits(), spacing.y.to_bits(), spacing.z.map(f64::to_bits)));
    shape(a)
        .cmp(&shape(b))
        .then_with(|| match (a.samples(), b.samples()) {
            (Samples::U8(a), Samples::U8(b)) => a.cmp(b),
            (Samples::U16(a), Samples::U16(b)) => a.cmp(b),
            (a, b) => a.bits().cmp(&b.bits()),
        })
        .then_with(|| spacing(a).cmp(&spacing(b)))
}
