//! [`Example`]: the features of one image with its kind.

use glioscope::network::Segmenter;
use glioscope::network::input_check::Kind;
use glioscope::network::preprocess::CaseStatistics;
use glioscope::phantom::{Lesions, PhantomConfig};
use glioscope::random::Rng;
use glioscope::read::{Channels, Slice};
use rayon::prelude::*;

use super::contrast::{Contrasts, negative};
use super::pictures;
use super::plane::Plane;
use super::vary::vary;
use super::volume::Volume;
use crate::data::shape::Shape;
use crate::data::{Patient, strip};
use crate::progress;

/// The seed of everything that is drawn.
const SEED: u64 = 22;
/// Slices of a volume that are looked at.
const SLICES: usize = 8;
/// The most pixels of a slice of 256 that are removed at the edge of a brain.
const TRIMMED: f32 = 4.0;
/// How often each kind of image of a head is varied.
const VARIANTS: usize = 3;
/// Phantoms among the heads.
const PHANTOMS: usize = 16;
/// Generated pictures.
const PICTURES: usize = 450;

/// The features of one image with its kind.
#[derive(Clone, Debug)]
pub(super) struct Example {
    pub(super) kind: Kind,
    pub(super) features: Vec<f32>,
}

/// The channels of one case, with and without skull.
pub(super) struct Head {
    /// T1, FLAIR and T1 after contrast; then the same without skull.
    volumes: [[Volume; 3]; 2],
    /// Whether a channel is a contrast of its own. The dataset has FLAIR where a contrast is missing.
    own: [bool; 3],
}

impl Head {
    /// The channels of a case; `stripped` are its slices without skull.
    pub(super) fn new(slices: &[Slice], stripped: &[Slice], side: usize) -> Self {
        let volumes = [slices, stripped].map(|slices| Volume::channels(slices, side));
        let [pre, flair, post] = &volumes[0];
        let own = [pre.differs(flair), true, post.differs(flair)];
        Self { volumes, own }
    }

    /// The channels of a patient.
    pub(super) fn of(patient: &Patient, side: usize) -> Self {
        Self::new(&patient.slices, &strip(&patient.slices, &patient.masks), side)
    }

    /// The same head with less at the edge of the brain: programs that remove the skull differ by some pixels.
    fn trimmed(&self, rng: &mut Rng) -> Self {
        let [whole, brain] = &self.volumes;
        let length = rng.range(0.0, TRIMMED);
        let inside: Vec<Vec<bool>> = brain[Channels::FLAIR]
            .slices
            .iter()
            .map(|flair| {
                let shape = Shape::square(brain[0].side);
                shape.erode(&shape.fill(flair.iter().map(|&value| value > 0.0).collect()), length)
            })
            .collect();
        let trim = |volume: &Volume| {
            let slices = volume.slices.iter().zip(&inside).map(|(plane, inside)| {
                plane.iter().zip(inside).map(|(&value, &inside)| if inside { value } else { 0.0 }).collect()
            });
            Volume { side: volume.side, slices: slices.collect() }
        };
        Self { volumes: [whole.clone(), brain.each_ref().map(trim)], own: self.own }
    }

    /// Every kind of image that the case gives, each with its name.
    pub(super) fn images(&self, rng: &mut Rng) -> Vec<(&'static str, Kind, Volume)> {
        let mut images = Vec::new();
        for (volumes, stripped) in self.volumes.iter().zip([false, true]) {
            let [pre, flair, post] = volumes;
            let named = |whole, brain| if stripped { brain } else { whole };
            images.push((named("FLAIR", "FLAIR without skull"), Kind::Flair, flair.clone()));
            let contrasts = Contrasts { pre, flair, brain: &self.volumes[1][1] };
            let mut others = vec![flair.clone()];
            if self.own[0] {
                let t2 = contrasts.t2(rng);
                others.extend([pre.clone(), t2.clone()]);
                images.push((named("T1", "T1 without skull"), Kind::T1, pre.clone()));
                images.push((named("T2, computed", "T2 without skull, computed"), Kind::T2, t2));
            }
            if self.own[2] {
                others.push(post.clone());
                let name = named("T1 after contrast", "T1 after contrast without skull");
                images.push((name, Kind::T1Contrast, post.clone()));
            }
            let coronal = Plane::Coronal.cut(&others[rng.below(others.len())], rng);
            images.push((named("coronal", "coronal without skull"), Kind::OtherPlane, coronal));
            let sagittal = Plane::Sagittal.cut(&others[rng.below(others.len())], rng);
            images.push((named("sagittal", "sagittal without skull"), Kind::OtherPlane, sagittal));
            if stripped {
                continue;
            }
            if self.own[0] {
                images.push(("CT, computed", Kind::NoHead, contrasts.ct(rng)));
            }
            images.push(("negative", Kind::NoHead, negative(&others[rng.below(others.len())])));
            images.push(("pieces of a head", Kind::NoHead, pieces(&others[rng.below(others.len())], rng)));
        }
        images
    }
}

/// Heads that are no heads any more.
fn pieces(head: &Volume, rng: &mut Rng) -> Volume {
    let side = head.side;
    let heads = head.spread(SLICES).slices;
    let piece = |(index, head): (usize, &Vec<f32>)| match index % 4 {
        0 => pictures::shuffled(head, side, 4, rng),
        1 => pictures::shuffled(head, side, 8, rng),
        2 => pictures::sheet(&heads, side, 2 + rng.below(3)),
        _ => {
            let factor = rng.range(3.0, 6.0);
            pictures::excerpt(head, side, factor, rng)
        }
    };
    Volume { side, slices: heads.iter().enumerate().map(piece).collect() }
}

/// A generated picture, as a case of one slice.
pub(super) fn picture(number: usize, side: usize, rng: &mut Rng) -> Volume {
    Volume { side, slices: vec![pictures::picture(number, side, rng)] }
}

/// The examples of these patients, of phantoms and of generated pictures.
pub(super) fn of(segmenter: &Segmenter, patients: &[Patient]) -> Vec<Example> {
    let side = segmenter.manifest().grid;
    let bar = progress::bar(patients.len() + PHANTOMS, "heads");
    let heads = patients.par_iter().enumerate().map(|(index, patient)| {
        let examples = of_head(segmenter, &Head::of(patient, side), &mut Rng::new(SEED, index as u64));
        bar.inc(1);
        examples
    });
    let phantoms = (0..PHANTOMS).into_par_iter().map(|index| {
        let examples = of_head(segmenter, &phantom(index, side), &mut Rng::new(SEED + 1, index as u64));
        bar.inc(1);
        examples
    });
    let generated = (0..PICTURES).into_par_iter().map(|index| {
        let picture = picture(index, side, &mut Rng::new(SEED + 2, index as u64));
        features(segmenter, Kind::NoHead, &picture.to_slices())
    });
    let examples: Vec<Vec<Example>> = heads.chain(phantoms).chain(generated).collect();
    bar.finish_and_clear();
    examples.into_iter().flatten().collect()
}

/// A phantom with and without skull.
fn phantom(index: usize, side: usize) -> Head {
    let lesions = if index.is_multiple_of(4) { Lesions::None } else { Lesions::One };
    let config = PhantomConfig { seed: SEED, patient: index as u32, slices: 16, size: side.max(64), lesions };
    let (slices, masks): (Vec<_>, Vec<_>) = config
        .case()
        .slices
        .into_iter()
        .map(|entry| (entry.slice, entry.reference.expect("a phantom has references")))
        .unzip();
    Head::new(&slices, &strip(&slices, &masks), side)
}

/// Each kind of image, varied.
fn of_head(segmenter: &Segmenter, head: &Head, rng: &mut Rng) -> Vec<Example> {
    let mut examples = Vec::new();
    for _ in 0..VARIANTS {
        for (_, kind, volume) in head.trimmed(rng).images(rng) {
            let varied = vary(&volume.spread(SLICES), rng);
            let mut slices = varied.to_slices();
            if rng.chance(0.25) {
                // A slice that is opened alone is normalised by itself.
                let only = slices.swap_remove(slices.len() / 2);
                slices = vec![only];
            }
            examples.extend(features(segmenter, kind, &slices));
        }
    }
    examples
}

/// The features of the slices that show something.
fn features(segmenter: &Segmenter, kind: Kind, slices: &[Slice]) -> Vec<Example> {
    let statistics = CaseStatistics::of(slices);
    let features = slices.iter().filter_map(|slice| segmenter.features(slice, &statistics));
    features.map(|features| Example { kind, features }).collect()
}
