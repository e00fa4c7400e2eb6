//! A case with its findings: the network's probabilities, the masks made from them, and the edited masks.

use std::borrow::Cow;

use crate::layout::Case;
use crate::mask::Mask;
use crate::mask::metrics::Confusion;
use crate::mask::small_regions;
use crate::mask::{Probability, expected_dice, level};
#[cfg(feature = "cpu")]
use crate::network::Segmenter;
use crate::network::input_check::InputCheck;
use crate::network::preprocess::CaseStatistics;
use crate::network::{Manifest, PredictedDice};
use crate::read::{Slice, Spacing};
use crate::result::display::Window;
use crate::result::lines::Lines;
use crate::result::measure::{CaseMeasure, Intensity, NetworkMeasure, RANGE, RangeMeasure, Scores, SliceMeasure};

/// A case, the statistics of all its slices, and the findings on each.
#[derive(Clone, Debug)]
pub struct Findings {
    case: Case,
    statistics: CaseStatistics,
    window: Window,
    /// `None` until the check has run.
    input_check: Option<InputCheck>,
    /// One for each slice.
    found: Vec<Found>,
    /// One for each slice.
    lines: Vec<Lines>,
    /// The pixels that [`small_regions::find`] removes from each slice's mask. Empty until all slices have probabilities.
    small: Vec<Option<Mask>>,
}

/// The findings on one slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Found {
    pub(crate) probability: Option<Probability>,
    pub(crate) edit: Option<Mask>,
}

impl Findings {
    /// A case without findings.
    pub fn new(case: Case) -> Self {
        let statistics = CaseStatistics::of(case.slices.iter().map(|entry| &entry.slice));
        let window = Window::of(&statistics).over(case.slices.iter().map(|entry| &entry.slice));
        let found = vec![Found::default(); case.slices.len()];
        let lines = vec![Lines::default(); case.slices.len()];
        Self { case, statistics, window, input_check: None, found, lines, small: Vec::new() }
    }

    /// The case.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// The statistics that all of its slices are normalised with.
    pub fn statistics(&self) -> &CaseStatistics {
        &self.statistics
    }

    /// How its slices are shown.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// Runs the input check, unless it has run or the model has no classifier of kinds.
    #[cfg(feature = "cpu")]
    pub fn check_input(&mut self, segmenter: &Segmenter) {
        if self.input_check.is_none() {
            let slices: Vec<&Slice> = self.case.slices.iter().map(|entry| &entry.slice).collect();
            self.input_check = segmenter.check_input(&slices, &self.statistics);
        }
    }

    /// The result of the [input check](crate::network::input_check). `None` until `check_input` has run, and where
    /// the model has no classifier of kinds.
    pub fn input_check(&self) -> Option<&InputCheck> {
        self.input_check.as_ref()
    }

    /// The probabilities of a slice, if it has been segmented.
    pub fn probability(&self, slice: usize) -> Option<&Probability> {
        self.found.get(slice)?.probability.as_ref()
    }

    /// The edited mask of a slice, if it has one.
    pub fn edit(&self, slice: usize) -> Option<&Mask> {
        self.found.get(slice)?.edit.as_ref()
    }

    /// Keeps the probabilities of a slice.
    ///
    /// # Panics
    ///
    /// If there is no such slice, or it has another size.
    pub fn keep(&mut self, slice: usize, probability: Probability) {
        self.assert_size(slice, [probability.width(), probability.height()]);
        self.found[slice].probability = Some(probability);
        self.settle();
    }

    /// Keeps an edited mask of a slice; `None` removes it.
    ///
    /// # Panics
    ///
    /// If there is no such slice, or it has another size.
    pub fn set_edit(&mut self, slice: usize, edit: Option<Mask>) {
        if let Some(mask) = &edit {
            self.assert_size(slice, [mask.width(), mask.height()]);
        }
        self.found[slice].edit = edit;
    }

    /// The lines that a reader has drawn on a slice.
    ///
    /// # Panics
    ///
    /// If there is no such slice.
    pub fn lines(&self, slice: usize) -> &Lines {
        &self.lines[slice]
    }

    /// Keeps the lines that a reader has drawn on a slice, in place of the earlier ones.
    ///
    /// # Panics
    ///
    /// If there is no such slice.
    pub fn set_lines(&mut self, slice: usize, lines: Lines) {
        self.lines[slice] = lines;
    }

    /// The mask of a slice: the edited one if there is one, else the network's.
    pub fn mask(&self, slice: usize, threshold: f32) -> Option<Cow<'_, Mask>> {
        match self.edit(slice) {
            Some(edit) => Some(Cow::Borrowed(edit)),
            None => self.network_mask(slice, threshold).map(Cow::Owned),
        }
    }

    /// The network's mask of a slice, if it has been segmented. Small regions are removed once all slices of the case have been.
    pub fn network_mask(&self, slice: usize, threshold: f32) -> Option<Mask> {
        Some(small_regions::mask(self.probability(slice)?, self.small_regions(slice), threshold))
    }

    /// The pixels of a slice that are removed from the network's mask at every threshold: [small regions](small_regions) and the
    /// pixels around them, down to [`FLOOR`](small_regions::FLOOR). `None` where there are none, or a slice of the case has not
    /// been segmented.
    pub fn small_regions(&self, slice: usize) -> Option<&Mask> {
        self.small.get(slice)?.as_ref()
    }

    /// How well the network's masks of the case, without edits and at the model's own threshold, are expected to match a reference.
    ///
    /// `None` for a single slice, a slice without probabilities, a case whose masks are all empty, one that the input check does not
    /// accept, and a model that has no predictor: the predictor is fitted on whole cases of axial FLAIR with a lesion.
    pub fn predicted_dice(&self, manifest: &Manifest) -> Option<PredictedDice> {
        let predictor = manifest.dice_predictor.as_ref()?;
        if self.found.len() < 2 || self.input_check.as_ref().is_some_and(|check| !check.accepted) {
            return None;
        }
        let slices = self.maps()?.into_iter().enumerate().map(|(index, map)| (map, self.small_regions(index)));
        Some(predictor.predict(expected_dice(slices, manifest.threshold)?))
    }

    /// The area of [`network_mask`](Self::network_mask), 0 without one.
    fn network_area(&self, slice: usize, threshold: f32) -> usize {
        let Some(map) = self.probability(slice) else { return 0 };
        let removed = self.small_regions(slice).map_or(0, |small| {
            let least = level(threshold);
            let inside = map.values().iter().zip(small.inside());
            inside.filter(|&(&value, &removed)| removed && u32::from(value) >= least).count()
        });
        map.area(threshold) - removed
    }

    /// The width and height of all slices, if they are the same.
    pub fn size(&self) -> Option<[usize; 2]> {
        let mut sizes = self.case.slices.iter().map(|entry| [entry.slice.width(), entry.slice.height()]);
        let first = sizes.next()?;
        sizes.all(|size| size == first).then_some(first)
    }

    /// The spacing that the files of all slices state, if all state the same.
    pub fn spacing_in_files(&self) -> Option<Spacing> {
        let mut all = self.case.slices.iter().map(|entry| entry.slice.spacing());
        let first = all.next()??;
        all.all(|spacing| spacing == Some(first)).then_some(first)
    }

    /// The spacing of the voxels: `given` by the user, else that of the volume that the case was read from.
    pub fn voxel_spacing(&self, given: Option<Spacing>) -> Option<Spacing> {
        given.or_else(|| self.case.scan().and_then(|_| self.spacing_in_files()))
    }

    /// The size of a pixel: that of the [voxels](Self::voxel_spacing), else the [one in the files](Self::spacing_in_files).
    pub fn pixel_spacing(&self, given: Option<Spacing>) -> Option<Spacing> {
        self.voxel_spacing(given).or_else(|| self.spacing_in_files())
    }

    /// Measures all slices at `threshold`. `spacing` is that of the voxels where one is given. Without it, volumes use the
    /// [spacing of a volume](Self::voxel_spacing), and areas the [spacing in the files](Self::spacing_in_files).
    pub fn measure(&self, threshold: f32, spacing: Option<Spacing>) -> CaseMeasure {
        let spacing = self.voxel_spacing(spacing);
        let (mut total, mut network_total) = (Sum::default(), Sum::default());
        let mut slices = Vec::with_capacity(self.found.len());
        let mut largest: Option<(usize, &str)> = None;
        let pixel = self.pixel_spacing(spacing);
        for (index, entry) in self.case.slices.iter().enumerate() {
            let network = self.network_mask(index, threshold);
            let (network_area, network_confusion) = compare(network.as_ref(), entry.reference.as_ref());
            network_total.add(network_area, network_confusion);
            let edit = self.edit(index);
            let flair = edit.or(network.as_ref()).and_then(|mask| intensity(mask, &entry.slice));
            let (area, confusion) = match edit {
                Some(edit) => compare(Some(edit), entry.reference.as_ref()),
                None => (network_area, network_confusion),
            };
            total.add(area, confusion);
            let id = entry.slice.name();
            if area > largest.map_or(0, |(most, _)| most) {
                largest = Some((area, id));
            }
            slices.push(SliceMeasure {
                id: id.to_owned(),
                area,
                edited: edit.is_some(),
                segmented: network.is_some(),
                scores: confusion.map(Scores::from),
                mm2: pixel.map(|pixel| pixel.area(area)),
                flair,
                removed_small_regions: self.small_regions(index).map_or(0, Mask::area),
            });
        }
        let range = RANGE.map(|level| {
            let voxels = (0..self.found.len()).map(|slice| self.network_area(slice, level as f32)).sum();
            RangeMeasure { threshold: level, voxels, millilitres: spacing.and_then(|spacing| spacing.volume(voxels)) }
        });
        CaseMeasure {
            slices,
            voxels: total.voxels,
            millilitres: spacing.and_then(|spacing| spacing.volume(total.voxels)),
            scores: total.confusion.map(Scores::from),
            range: range.into(),
            network: NetworkMeasure { voxels: network_total.voxels, scores: network_total.confusion.map(Scores::from) },
            largest: largest.map(|(_, id)| id.to_owned()),
        }
    }

    /// Gives the case another name.
    pub(crate) fn rename(&mut self, name: String) {
        self.case.name = name;
    }

    /// Takes the findings of an earlier version of the case: the edits of all slices that it still has, and the rest if all
    /// slices are the same.
    pub(crate) fn inherit(&mut self, earlier: &mut Self) {
        let same_slices = self.has_slices_of(earlier);
        if same_slices {
            self.input_check = earlier.input_check.take();
        }
        for (entry, found) in self.case.slices.iter().zip(&mut self.found) {
            let at = earlier.case.slices.iter().position(|other| other.slice.name() == entry.slice.name());
            let Some(at) = at.filter(|&at| earlier.case.slices[at].slice == entry.slice) else { continue };
            let before = std::mem::take(&mut earlier.found[at]);
            found.edit = before.edit;
            // With other slices in the case, every slice is normalised again.
            found.probability = before.probability.filter(|_| same_slices);
        }
        self.settle();
    }

    /// Whether the two have the same slices. References do not count.
    pub(crate) fn has_slices_of(&self, other: &Self) -> bool {
        let (own, other) = (&self.case.slices, &other.case.slices);
        own.len() == other.len() && own.iter().zip(other).all(|(a, b)| a.slice == b.slice)
    }

    /// Puts back the findings on a slice from a saved session.
    pub(crate) fn restore(&mut self, slice: usize, found: Found) {
        self.found[slice] = found;
        self.settle();
    }

    /// Finds the small regions, once all slices have probabilities.
    fn settle(&mut self) {
        self.small = self.maps().map(small_regions::find).unwrap_or_default();
    }

    /// The probabilities of all slices, once all have them.
    fn maps(&self) -> Option<Vec<&Probability>> {
        self.found.iter().map(|found| found.probability.as_ref()).collect()
    }

    fn assert_size(&self, slice: usize, found: [usize; 2]) {
        let slice = &self.case.slices[slice].slice;
        assert_eq!(found, [slice.width(), slice.height()], "the size of the findings on {}", slice.name());
    }
}

impl Found {
    /// Whether all of them have this width and height.
    pub(crate) fn has_size(&self, size: [usize; 2]) -> bool {
        self.probability.iter().all(|map| [map.width(), map.height()] == size)
            && self.edit.iter().all(|mask| [mask.width(), mask.height()] == size)
    }
}

/// The sum over the slices of a case.
#[derive(Default)]
struct Sum {
    voxels: usize,
    confusion: Option<Confusion>,
}

impl Sum {
    fn add(&mut self, area: usize, confusion: Option<Confusion>) {
        self.voxels += area;
        if let Some(confusion) = confusion {
            *self.confusion.get_or_insert_default() += confusion;
        }
    }
}

/// The FLAIR values inside a mask of `slice`.
fn intensity(mask: &Mask, slice: &Slice) -> Option<Intensity> {
    let inside = mask.inside().iter().enumerate().filter(|(_, inside)| **inside);
    Intensity::of(inside.map(|(pixel, _)| slice.flair_value(pixel).into()))
}

fn compare(mask: Option<&Mask>, reference: Option<&Mask>) -> (usize, Option<Confusion>) {
    let Some(mask) = mask else { return (0, None) };
    (mask.area(), reference.map(|reference| Confusion::new(mask, reference)))
}
