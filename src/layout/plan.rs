//! [`Plan`]: which slices make up each case, before anything is made of their pixels.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::contrast::is_grey;
use super::contrasts::{self, Entry, Picture};
use super::grouping::Group;
use super::name::{Key, Name, OVERLAY, Place, ends_with};
use super::studies;
use super::volumes::{self, Volume, file};
use super::words::Words;
use super::{AssemblyNote, Case, CaseId, CaseSlice, natural_order};
use crate::mask::Mask;
use crate::read::{Channels, Samples, Slice, share_scale};
use crate::sort::sort_by;

/// Slices sorted into cases. It costs little, because only names decide, and pixels only where names state a contrast or two
/// files have one name.
#[derive(Debug)]
pub(super) struct Plan {
    /// Slice by slice in anatomical order.
    pub(super) groups: BTreeMap<Group, PlannedGroup>,
    /// The files that are in no case, and what their names do not decide.
    pub(super) notes: Vec<AssemblyNote>,
}

/// The slices of one case.
#[derive(Debug, Default)]
pub(super) struct PlannedGroup {
    /// The path of the folder without folders of slices, masks and contrasts.
    pub(super) place: String,
    pub(super) members: Vec<Member>,
}

/// A slice of a case and its reference mask, as places in the list that was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    slice: usize,
    /// The files of the pre- and post-contrast channels.
    contrasts: Option<[usize; 2]>,
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
    pub(super) fn within(home: &str, slices: &[&Slice], words: &Words) -> Self {
        let (series, firsts): (Vec<usize>, Vec<usize>) = volumes::firsts(slices)
            .into_iter()
            .partition(|&at| slices[at].scan().is_some_and(|scan| scan.series().is_some()));
        let mut entries: Vec<Entry> = firsts.into_iter().map(|at| (name(slices[at], words), at)).collect();
        sort_by(&mut entries, |(name_a, a), (name_b, b)| {
            let [a, b] = [a, b].map(|&at| slices[at]);
            name_a.order(name_b).then_with(|| natural_order(a.name(), b.name())).then_with(|| compare_content(a, b))
        });

        let mut notes = Vec::new();
        let mut kept: BTreeMap<Key, usize> = BTreeMap::new();
        let (mut pictures, mut masks) = (Vec::new(), Vec::new());
        for (name, at) in entries {
            let (key, own) = (&name.key, file(slices[at]).to_owned());
            if key.stem.len() > OVERLAY.len() && ends_with(&key.stem, OVERLAY) {
                notes.push(AssemblyNote::Overlay { name: own });
                continue;
            }
            if let Some(&kept) = kept.get(key) {
                notes.push(AssemblyNote::Duplicate { name: own, kept: file(slices[kept]).to_owned() });
                continue;
            }
            kept.insert(key.clone(), at);
            if key.mask {
                masks.push((name, at));
            } else if volumes::is_labels(slices[at]) {
                notes.push(AssemblyNote::Labels { name: own });
            } else {
                pictures.push((name, at));
            }
        }
        let mut plan = Self { groups: BTreeMap::new(), notes };
        // Slices and volumes are never channels or references of each other.
        let (volumes, pictures) = pictures.into_iter().partition(|(name, _)| name.volume);
        let (volume_masks, masks) = masks.into_iter().partition(|(name, _)| name.volume);
        let pictures = plan.without_labels(pictures, slices);
        let (pictures, unused) = contrasts::join(pictures, words, slices);
        plan.notes.extend(unused);
        plan.add(home, pictures, masks, slices);
        let (mut volumes, unused) = contrasts::join(volumes, words, slices);
        plan.notes.extend(unused);
        let (studies, notes) = studies::pictures(&series, words, slices);
        plan.notes.extend(notes);
        volumes.extend(studies);
        plan.add(home, volumes, volume_masks, slices);
        plan
    }

    /// Removes the pictures with so few values that they are masks or labels, if their name is that of another picture of the
    /// same size with one more word, such as `1_lesion` for `1`.
    fn without_labels(&mut self, pictures: Vec<Entry>, slices: &[&Slice]) -> Vec<Entry> {
        let places: BTreeMap<Place, usize> = pictures.iter().map(|(name, at)| (name.place.clone(), *at)).collect();
        let belongs = |(name, at): &Entry| {
            let others = name.place.with_fewer_words().filter_map(|place| places.get(&place));
            let size = |at: usize| [slices[at].width(), slices[at].height()];
            let mut others = others.filter(|&&other| size(other) == size(*at));
            others.any(|&other| !volumes::has_few_levels(slices[other])) && volumes::has_few_levels(slices[*at])
        };
        let (labels, pictures): (Vec<Entry>, Vec<Entry>) = pictures.into_iter().partition(belongs);
        let notes = labels.into_iter().map(|(_, at)| AssemblyNote::Labels { name: slices[at].name().to_owned() });
        self.notes.extend(notes);
        pictures
    }

    /// Adds slices and masks, or volumes and their references.
    fn add(&mut self, home: &str, pictures: Vec<Picture>, masks: Vec<Entry>, slices: &[&Slice]) {
        let mut references = References::of(masks);
        let own = references.pair(&pictures);
        for (Picture { name, slice, contrasts }, mask) in pictures.into_iter().zip(own) {
            let group = Group::within(home, &name);
            let places = [&name.place.folder, home, &group.folder];
            let place = places.into_iter().find(|place| !place.is_empty()).unwrap_or_default().to_owned();
            let group = self.groups.entry(group).or_default();
            group.place = place;
            group.members.push(Member { slice, contrasts, mask });
        }
        for (key, (_, at)) in references.masks {
            let mask = file(slices[at]).to_owned();
            self.notes.push(AssemblyNote::StrayMask { mask, expected: key.to_string() });
        }
    }
}

/// The name of a slice, or of the file of a volume.
fn name(slice: &Slice, words: &Words) -> Name {
    let mut name = Name::parse(file(slice), words);
    name.volume = slice.scan().is_some();
    name
}

/// The reference masks that have no slice yet.
struct References {
    masks: BTreeMap<Key, (Place, usize)>,
}

impl References {
    fn of(masks: Vec<(Name, usize)>) -> Self {
        Self { masks: masks.into_iter().map(|(name, at)| (name.key, (name.place, at))).collect() }
    }

    /// The mask of each picture. A name that is equal but for the word of the mask takes precedence over that of an exported
    /// mask, and both over names that are equal without the words for slices and contrasts.
    fn pair(&mut self, pictures: &[Picture]) -> Vec<Option<usize>> {
        let mut take = |key: Key| self.masks.remove(&key).map(|(_, at)| at);
        let own: Vec<Option<usize>> =
            pictures.iter().map(|picture| take(Key { mask: true, ..picture.name.key.clone() })).collect();
        let mut paired: Vec<Option<usize>> = own
            .into_iter()
            .zip(pictures)
            .map(|(own, picture)| own.or_else(|| take(picture.name.key.exported_mask()?)))
            .collect();
        self.pair_by(pictures, &mut paired, |place| Some(place.clone()), |mask| Some(mask.clone()));
        self.pair_by(pictures, &mut paired, Place::of_single, |mask| Some(mask.clone()));
        self.pair_by(pictures, &mut paired, |place| Some(place.loose()), |mask| Some(mask.loose()));
        // A mask whose name is only the word belongs to the only slice of its folder, or to the page of the only stack.
        let nameless = |place: &Place| Some(Place { stem: String::new(), ..place.clone() });
        self.pair_by(pictures, &mut paired, nameless, |mask| mask.stem.is_empty().then(|| mask.clone()));
        paired
    }

    /// Pairs masks and pictures that have equal places, where no other picture and no other mask has the same.
    fn pair_by(
        &mut self,
        pictures: &[Picture],
        paired: &mut [Option<usize>],
        place_of_picture: impl Fn(&Place) -> Option<Place>,
        place_of_mask: impl Fn(&Place) -> Option<Place>,
    ) {
        if self.masks.is_empty() {
            return;
        }
        let mut by_place: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        for (index, picture) in pictures.iter().enumerate() {
            if let Some(place) = place_of_picture(&picture.name.place) {
                by_place.entry(place).or_default().push(index);
            }
        }
        self.masks.retain(|_, (place, at)| {
            let same = place_of_mask(place).and_then(|place| by_place.get(&place));
            match same.map(Vec::as_slice) {
                Some(&[index]) if paired[index].is_none() => {
                    paired[index] = Some(*at);
                    false
                }
                _ => true,
            }
        });
    }
}

impl PlannedCase {
    /// The file of the first slice.
    pub(crate) fn first_file<'a>(&self, slices: &[&'a Slice]) -> &'a str {
        self.members.first().map_or("", |member| slices[member.slice].name())
    }

    /// Whether the case is a DICOM study.
    pub(crate) fn is_study(&self, slices: &[&Slice]) -> bool {
        let first = self.members.first().and_then(|member| slices[member.slice].scan());
        first.is_some_and(|scan| scan.series().is_some())
    }

    /// How many slices have a reference.
    pub(crate) fn references(&self) -> usize {
        self.members.iter().filter(|member| member.mask.is_some()).count()
    }

    /// The files of the references.
    pub(crate) fn reference_files<'a>(&self, slices: &[&'a Slice]) -> impl Iterator<Item = &'a str> {
        self.members.iter().filter_map(|member| Some(slices[member.mask?].name()))
    }

    /// Bytes of the samples that [`build`](Self::build) adds to those of the files.
    pub(crate) fn joined_memory(&self, slices: &[&Slice]) -> u64 {
        let channel = |at: usize| slices[at].memory() / slices[at].channels().count();
        let added = |&Member { slice, contrasts, .. }: &Member| match contrasts {
            Some([pre, post]) => 3 * [pre, slice, post].map(channel).into_iter().fold(0, usize::max),
            None if slices[slice].is_scaled() => 2 * slices[slice].samples().len(),
            None => 0,
        };
        self.members.iter().map(|member| added(member) as u64).sum()
    }

    /// The case, and a note for each mask that cannot be its slice's reference. `slices` are those that were planned.
    pub(crate) fn build(&self, slices: &[&Slice]) -> (Case, Vec<AssemblyNote>) {
        let mut notes = Vec::new();
        let volumes = |member: &Member| {
            let volume = |at: usize| Volume::of(slices[at], slices);
            let contrasts = member.contrasts.and_then(|[pre, post]| Some([volume(pre)?, volume(post)?]));
            Some((volume(member.slice)?, contrasts, member.mask.and_then(volume)))
        };
        if let Some((flair, contrasts, reference)) = self.members.first().and_then(volumes) {
            let slices = flair.case_slices(contrasts, reference, &mut notes);
            return (Case::with_id(CaseId::from(&self.group), self.name.clone(), slices), notes);
        }
        // Three equal channels are grey. A black slice has them too, so all slices of the case decide.
        let grey = self.members.iter().all(|member| member.contrasts.is_none() && is_grey(slices[member.slice]));
        let entry = |&Member { slice, contrasts, mask }: &Member| {
            let read = mask.map(|mask| reference(slices[slice], slices[mask]));
            let reference = read.and_then(|read| read.map_err(|note| notes.push(note)).ok());
            let file = |at: usize| slices[at].name().to_owned();
            let slice = match contrasts {
                Some([pre, post]) => slices[slice].with_contrasts(slices[pre], slices[post]),
                None if grey && slices[slice].channels() == Channels::Rgb => slices[slice].flair(),
                None => slices[slice].clone(),
            };
            CaseSlice {
                slice,
                reference_file: mask.filter(|_| reference.is_some()).map(file),
                reference,
                contrast_files: contrasts.into_iter().flatten().map(file).collect(),
            }
        };
        let mut slices: Vec<CaseSlice> = self.members.iter().map(entry).collect();
        share_scale(&mut slices.iter_mut().map(|entry| &mut entry.slice).collect::<Vec<_>>());
        (Case::with_id(CaseId::from(&self.group), self.name.clone(), slices), notes)
    }
}

/// Reads `mask` as the reference of `slice`.
fn reference(slice: &Slice, mask: &Slice) -> Result<Mask, AssemblyNote> {
    let [slice_size, mask_size] = [slice, mask].map(|s| [s.width(), s.height()]);
    if slice_size != mask_size {
        let (mask, slice) = (mask.name().to_owned(), slice.name().to_owned());
        return Err(AssemblyNote::MaskSize { mask, mask_size, slice, slice_size });
    }
    Ok(Mask::from_slice(mask))
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
