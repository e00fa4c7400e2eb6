//! Patients → batches of augmented samples, prepared a few steps ahead on another thread.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, OnceLock};

use glioscope::mask::Mask;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::network::preprocess::Grid;
use glioscope::random::Rng;
use glioscope::read::{Channels, Samples, Slice};
use rayon::prelude::*;

use super::augmentation::Augmentation;
use super::dataset::Patient;
use super::paste::paste;
use super::sample::Sample;
use super::strip::strip;

/// The samples of one step.
#[derive(Debug)]
pub(crate) struct Batch {
    /// How many samples there are.
    pub(crate) size: usize,
    /// Normalised channels, `[size, 3, crop, crop]`.
    pub(crate) images: Vec<f32>,
    /// 0 or 1, `[size, 1, crop, crop]`.
    pub(crate) references: Vec<f32>,
}

/// How batches are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Samples in a batch.
    pub(crate) size: usize,
    /// Side of a sample, pixels.
    pub(crate) crop: usize,
    /// Side of the network's grid, pixels.
    pub(crate) side: usize,
    /// Fraction of samples from slices with a lesion, before lesions are pasted.
    pub(crate) positive_share: f32,
    /// Fraction of samples normalised by their own slice, as a slice that is opened alone.
    pub(crate) single_slice_share: f32,
    /// How samples are varied.
    pub(crate) augmentation: Augmentation,
    /// Seed of everything: equal seeds give equal batches.
    pub(crate) seed: u64,
}

/// The training slices, each with the statistics of its case.
#[derive(Debug)]
pub(crate) struct Pool {
    patients: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    whole: Images,
    /// The same without skull, computed when the first sample needs it.
    stripped: OnceLock<Images>,
    masks: Vec<Mask>,
    /// Indices of the slices that may be drawn: with a lesion, and without one.
    positive: Vec<usize>,
    negative: Vec<usize>,
}

/// The slices of a case with their statistics.
#[derive(Debug)]
struct Images {
    slices: Vec<Slice>,
    statistics: CaseStatistics,
}

impl Source {
    fn images(&self, stripped: bool) -> &Images {
        if !stripped {
            return &self.whole;
        }
        self.stripped.get_or_init(|| {
            let slices = strip(&self.whole.slices, &self.masks);
            Images { statistics: CaseStatistics::of(&slices), slices }
        })
    }
}

impl Pool {
    /// A pool of the slices of `patients` for which `wanted` is true.
    pub(crate) fn new(patients: Vec<Patient>, wanted: impl Fn(&Patient, &Slice) -> bool) -> Self {
        let source = |patient: Patient| {
            let chosen = (0..patient.slices.len()).filter(|&i| wanted(&patient, &patient.slices[i]));
            let (negative, positive) = chosen.partition(|&i| patient.masks[i].is_empty());
            let whole = Images { slices: patient.slices, statistics: patient.statistics };
            Source { whole, stripped: OnceLock::new(), masks: patient.masks, positive, negative }
        };
        Self { patients: patients.into_iter().map(source).collect() }
    }

    /// How many slices may be drawn, and how many of them have a lesion.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let positive = self.patients.iter().map(|patient| patient.positive.len()).sum();
        let negative: usize = self.patients.iter().map(|patient| patient.negative.len()).sum();
        (positive + negative, positive)
    }

    /// One augmented sample; some get a lesion of another slice first.
    fn draw(&self, plan: &Plan, rng: &mut Rng) -> Sample {
        let positive = rng.chance(plan.positive_share);
        // A share of 0 draws no number, so that older recipes give the same samples as before.
        let stripped = plan.augmentation.strip_share > 0.0 && rng.chance(plan.augmentation.strip_share);
        let mut sample = self.pick(plan, positive, stripped, rng);
        if plan.augmentation.paste_share > 0.0 && rng.chance(plan.augmentation.paste_share) {
            paste(&mut sample, &self.pick(plan, true, stripped, rng), rng);
        }
        plan.augmentation.apply(&sample, plan.crop, rng)
    }

    /// One slice, with or without a lesion. Every patient is equally likely, however many slices it has, since the mean over
    /// patients weighs them equally.
    fn pick(&self, plan: &Plan, positive: bool, stripped: bool, rng: &mut Rng) -> Sample {
        let kind = |source: &Source, positive| if positive { source.positive.len() } else { source.negative.len() };
        let having = |positive| self.patients.iter().filter(move |source| kind(source, positive) > 0);
        // If the pool has no slice of this kind, it gives one of the other kind.
        let positive = if having(positive).next().is_some() { positive } else { !positive };
        let count = having(positive).count();
        let source = having(positive).nth(rng.below(count.max(1))).unwrap_or(&self.patients[0]);
        let indices = if positive { &source.positive } else { &source.negative };
        let index = indices[rng.below(indices.len())];
        let images = source.images(stripped);
        let slice = &images.slices[index];
        let statistics =
            if rng.chance(plan.single_slice_share) { CaseStatistics::of([slice]) } else { images.statistics };
        Sample {
            side: plan.side,
            image: statistics.normalise(slice, plan.side),
            reference: on_grid(slice, &source.masks[index], plan.side),
            black: statistics.black(),
        }
    }

    /// The batch of a step. It depends only on the plan and the step.
    fn batch(&self, plan: &Plan, step: u64) -> Batch {
        let samples: Vec<Sample> = (0..plan.size as u64)
            .into_par_iter()
            .map(|i| self.draw(plan, &mut Rng::new(plan.seed, step * plan.size as u64 + i + 1)))
            .collect();
        Batch {
            size: plan.size,
            images: samples.iter().flat_map(|sample| sample.image.iter().copied()).collect(),
            references: samples.iter().flat_map(|sample| sample.reference.iter().copied()).collect(),
        }
    }

    /// The batches of the steps `from..to`, prepared on another thread, up to three ahead.
    pub(crate) fn batches(self: &Arc<Self>, plan: Plan, from: u64, to: u64) -> Receiver<Batch> {
        let (sender, receiver) = sync_channel(3);
        let pool = Arc::clone(self);
        std::thread::spawn(move || {
            for step in from..to {
                // The receiver is gone if the fit has stopped early.
                if sender.send(pool.batch(&plan, step)).is_err() {
                    return;
                }
            }
        });
        receiver
    }
}

/// The reference mask of a slice on the network's grid, 0 or 1, `[side, side]`.
fn on_grid(slice: &Slice, mask: &Mask, side: usize) -> Vec<f32> {
    let grid = Grid::of(slice, side);
    let samples = mask.inside().iter().map(|&inside| u8::from(inside) * 255).collect();
    let Ok(slice) = Slice::new("mask", mask.width(), mask.height(), Channels::Grey, Samples::U8(samples)) else {
        return vec![0.0; side * side];
    };
    let mut plane = grid.place(&slice);
    plane.truncate(side * side);
    plane.iter().map(|&value| f32::from(u8::from(value >= 127.5))).collect()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    const SIDE: usize = 64;

    /// A patient with one slice of 64 x 32 pixels, which the grid of 64 x 64 pads with black.
    fn patient(rng: &mut Rng) -> Patient {
        let samples = (0..3 * SIDE * SIDE / 2).map(|_| 40 + rng.below(200) as u8).collect();
        let slice = Slice::new("slice", SIDE, SIDE / 2, Channels::Rgb, Samples::U8(samples)).expect("a valid slice");
        let statistics = CaseStatistics::of([&slice]);
        Patient { name: "P".to_owned(), slices: vec![slice], masks: vec![Mask::empty(SIDE, SIDE / 2)], statistics }
    }

    #[test]
    fn the_black_of_a_sample_is_the_normalised_padding_of_its_slice() {
        let mut rng = Rng::new(1, 0);
        for single_slice_share in [0.0, 1.0].repeat(10) {
            let plan = Plan {
                size: 1,
                crop: SIDE,
                side: SIDE,
                positive_share: 0.0,
                single_slice_share,
                augmentation: Augmentation::none(),
                seed: 1,
            };
            let sample = Pool::new(vec![patient(&mut rng)], |_, _| true).pick(&plan, false, false, &mut rng);
            let corner: Vec<f32> = sample.image.chunks_exact(SIDE * SIDE).map(|channel| channel[0]).collect();
            assert_eq!(corner, sample.black);
        }
    }

    /// A head of tissue around a bright lesion, with noise; every value is exact on every platform.
    fn with_lesion(rng: &mut Rng) -> Patient {
        let inside = |i: usize| (i % SIDE).abs_diff(30).max((i / SIDE).abs_diff(34)) < 6;
        let value = |i: usize| 60 + 100 * u8::from(inside(i));
        let samples = (0..3 * SIDE * SIDE).map(|i| value(i / 3) + rng.below(30) as u8).collect();
        let slice = Slice::new("slice", SIDE, SIDE, Channels::Rgb, Samples::U8(samples)).expect("a valid slice");
        let mask = Mask::new(SIDE, SIDE, (0..SIDE * SIDE).map(inside).collect());
        let statistics = CaseStatistics::of([&slice]);
        Patient { name: "P".to_owned(), slices: vec![slice], masks: vec![mask], statistics }
    }

    /// Amounts whose arithmetic is the same on every platform.
    fn plan(augmentation: Augmentation) -> Plan {
        Plan {
            size: 8,
            crop: SIDE / 2,
            side: SIDE,
            positive_share: 0.6,
            single_slice_share: 0.25,
            augmentation: Augmentation { rotation: 0.0, scale: 0.0, gamma: 0.0, ..augmentation },
            seed: 3,
        }
    }

    #[test]
    fn a_recipe_without_newer_augmentations_gives_the_samples_that_it_always_gave() {
        let mut rng = Rng::new(5, 0);
        let pool = Pool::new(vec![patient(&mut rng), with_lesion(&mut rng)], |_, _| true);
        let Batch { images, references, .. } = pool.batch(&plan(Augmentation::default()), 2);
        let bytes: Vec<u8> = images.iter().chain(&references).flat_map(|value| value.to_le_bytes()).collect();
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        // Of the version before strip_share, flair_only_share, bias, blur and coarse.
        assert_eq!(digest, "8b7c213cf8bbb5c9d3d1420e59e4dc19de50713100b6b1bb08004dd713633bc1");
    }

    #[test]
    fn samples_without_skull_have_the_same_reference_and_are_normalised_without_it() {
        let mut rng = Rng::new(5, 0);
        let pool = Pool::new(vec![with_lesion(&mut rng)], |_, _| true);
        let [whole, stripped] =
            [false, true].map(|stripped| pool.pick(&plan(Augmentation::none()), true, stripped, &mut Rng::new(1, 0)));
        assert_eq!(whole.reference, stripped.reference);
        assert_ne!(whole.black, stripped.black);
        let corner = |sample: &Sample| sample.image[SIDE * SIDE];
        assert_eq!(corner(&stripped), stripped.black[1], "the corner is not brain");
        assert_ne!(corner(&whole), whole.black[1]);
        let share = |strip_share| pool.batch(&plan(Augmentation { strip_share, ..Augmentation::none() }), 0).images;
        assert_eq!(share(1.0), share(1.0));
        assert_ne!(share(0.0), share(1.0));
    }
}
