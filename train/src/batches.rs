//! Patients → batches of varied samples, drawn and prepared ahead of the step that needs them.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use glioscope::mask::Mask;
use glioscope::network::input_check::{Seen, Traits};
use glioscope::network::preprocess::CaseStatistics;
use glioscope::network::preprocess::Grid;
use glioscope::random::Rng;
use glioscope::read::{Channels, Samples, Slice};
use rayon::prelude::*;

use crate::augment::{Augmentation, Sample};
use crate::dataset::Patient;
use crate::paste::paste;

/// What a step is fitted on.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Samples in it.
    pub(crate) size: usize,
    /// `[size, 3, crop, crop]`.
    pub(crate) images: Vec<f32>,
    /// 0 or 1, `[size, 1, crop, crop]`.
    pub(crate) truths: Vec<f32>,
}

/// How batches are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Samples in a batch.
    pub(crate) size: usize,
    /// Pixels on a side of a sample.
    pub(crate) crop: usize,
    /// The network's grid.
    pub(crate) side: usize,
    /// Share of samples whose slice shows a lesion, before any is pasted.
    pub(crate) positive: f32,
    /// Share of samples that are normalised by their own slice alone, as a slice dropped alone is.
    pub(crate) alone: f32,
    /// How samples are varied.
    pub(crate) augmentation: Augmentation,
    /// Draws everything: equal seeds, equal batches.
    pub(crate) seed: u64,
}

/// What is drawn from: the slices of some patients, each with its case's statistics.
#[derive(Debug)]
pub(crate) struct Pool {
    patients: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    slices: Vec<Slice>,
    masks: Vec<Mask>,
    statistics: CaseStatistics,
    /// Which of the slices are drawn: with a lesion, and without.
    positive: Vec<usize>,
    negative: Vec<usize>,
}

impl Pool {
    /// A pool of `patients`; of each only the slices that are `wanted`.
    pub(crate) fn new(patients: Vec<Patient>, wanted: impl Fn(&Patient, &Slice) -> bool) -> Self {
        let source = |patient: Patient| {
            let chosen = (0..patient.slices.len()).filter(|&i| wanted(&patient, &patient.slices[i]));
            let (negative, positive) = chosen.partition(|&i| patient.masks[i].is_empty());
            Source { slices: patient.slices, masks: patient.masks, statistics: patient.statistics, positive, negative }
        };
        Self { patients: patients.into_iter().map(source).collect() }
    }

    /// Slices that may be drawn, and those of them that show a lesion.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let positive = self.patients.iter().map(|patient| patient.positive.len()).sum();
        let negative: usize = self.patients.iter().map(|patient| patient.negative.len()).sum();
        (positive + negative, positive)
    }

    /// What the slices look like to the [input check](glioscope::network::input_check), each as it is among its patient's and as grey
    /// FLAIR that is dropped alone, the two ends of what fitting shows to the network.
    pub(crate) fn seen(&self, side: usize) -> Option<Seen> {
        let wanted = |source| -> Vec<(&Source, usize)> {
            let source: &Source = source;
            source.positive.iter().chain(&source.negative).map(|&index| (source, index)).collect()
        };
        let slices: Vec<(&Source, usize)> = self.patients.iter().flat_map(wanted).collect();
        let traits = |(source, index): (&Source, usize)| {
            let slice = &source.slices[index];
            let of =
                |slice, statistics: &CaseStatistics| Traits::of(&statistics.normalise(slice, side), side, statistics);
            let whole = of(slice, &source.statistics)?;
            let grey = slice.flair();
            // Alone, the noise of an empty slice would pass for a head.
            Some([Some(whole), of(&grey, &CaseStatistics::of([&grey]))])
        };
        let traits: Vec<Traits> = slices.into_par_iter().filter_map(traits).flatten_iter().flatten().collect();
        Seen::of(&traits)
    }

    /// One varied sample; into some a lesion of another slice is pasted first.
    fn draw(&self, plan: &Plan, rng: &mut Rng) -> Sample {
        let positive = rng.chance(plan.positive);
        let mut sample = self.pick(plan, positive, rng);
        // No number is drawn for a share of nothing: recipes that are older than it stay what they were.
        if plan.augmentation.paste > 0.0 && rng.chance(plan.augmentation.paste) {
            paste(&mut sample, &self.pick(plan, true, rng), rng);
        }
        plan.augmentation.apply(&sample, plan.crop, rng)
    }

    /// One slice, with a lesion or without: patients are drawn alike, however many slices they have, since each counts
    /// alike in the mean over patients.
    fn pick(&self, plan: &Plan, positive: bool, rng: &mut Rng) -> Sample {
        let kind = |source: &Source, positive| if positive { source.positive.len() } else { source.negative.len() };
        let having = |positive| self.patients.iter().filter(move |source| kind(source, positive) > 0);
        // A pool without slices of one kind serves the other.
        let positive = if having(positive).next().is_some() { positive } else { !positive };
        let count = having(positive).count();
        let source = having(positive).nth(rng.below(count.max(1))).unwrap_or(&self.patients[0]);
        let indices = if positive { &source.positive } else { &source.negative };
        let index = indices[rng.below(indices.len())];
        let slice = &source.slices[index];
        let statistics = if rng.chance(plan.alone) { CaseStatistics::of([slice]) } else { source.statistics };
        Sample {
            side: plan.side,
            image: statistics.normalise(slice, plan.side),
            truth: on_grid(&source.masks[index], plan.side),
            black: statistics.channels.map(|channel| (-channel.mean / channel.deviation) as f32),
        }
    }

    /// The batch of one step: it depends on the plan and the step alone.
    fn batch(&self, plan: &Plan, step: u64) -> Batch {
        let samples: Vec<Sample> = (0..plan.size as u64)
            .into_par_iter()
            .map(|i| self.draw(plan, &mut Rng::new(plan.seed, step * plan.size as u64 + i + 1)))
            .collect();
        Batch {
            size: plan.size,
            images: samples.iter().flat_map(|sample| sample.image.iter().copied()).collect(),
            truths: samples.iter().flat_map(|sample| sample.truth.iter().copied()).collect(),
        }
    }

    /// The batches of the steps `from..to`, prepared on another thread, a few ahead.
    pub(crate) fn batches(self: &Arc<Self>, plan: Plan, from: u64, to: u64) -> Receiver<Batch> {
        let (sender, receiver) = sync_channel(3);
        let pool = Arc::clone(self);
        std::thread::spawn(move || {
            for step in from..to {
                // The receiver is gone when fitting has ended early.
                if sender.send(pool.batch(&plan, step)).is_err() {
                    return;
                }
            }
        });
        receiver
    }
}

/// The reference mask on the network's grid, 0 or 1, `[side, side]`.
fn on_grid(mask: &Mask, side: usize) -> Vec<f32> {
    let grid = Grid::new(side, mask.width(), mask.height());
    let samples = mask.inside().iter().map(|&inside| u8::from(inside) * 255).collect();
    let Ok(slice) = Slice::new("mask", mask.width(), mask.height(), Channels::Grey, Samples::U8(samples)) else {
        return vec![0.0; side * side];
    };
    let mut plane = grid.place(&slice);
    plane.truncate(side * side);
    plane.iter().map(|&value| f32::from(u8::from(value >= 127.5))).collect()
}
