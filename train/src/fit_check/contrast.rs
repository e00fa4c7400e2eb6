//! Contrasts that the dataset does not have, computed from T1 and FLAIR.

use glioscope::random::Rng;

use super::volume::Volume;
use crate::data::shape::Shape;

/// A case in the contrasts of the dataset.
pub(super) struct Contrasts<'a> {
    pub(super) pre: &'a Volume,
    pub(super) flair: &'a Volume,
    /// FLAIR without skull: what is not black is brain.
    pub(super) brain: &'a Volume,
}

impl Contrasts<'_> {
    /// T2: fluid is bright and white matter is darker than grey matter, the reverse of T1. Outside the brain it is like FLAIR.
    pub(super) fn t2(&self, rng: &mut Rng) -> Volume {
        let [t1_white, flair_white] = [self.pre, self.flair].map(Volume::white);
        let (mix, exponent, scalp) = (rng.range(0.0, 0.35), rng.range(0.8, 2.0), rng.range(0.3, 1.1));
        let level = |brain: bool, pre: f32, flair: f32| {
            let (t1, flair) = ((pre / t1_white).min(1.0), (flair / flair_white).min(1.0));
            let inside = (1.0 - mix) * (1.0 - t1).powf(exponent) + mix * flair;
            if brain { inside } else { scalp * flair }
        };
        self.combine(|shape, brain, pre, flair| {
            let inside = shape.fill(brain.iter().map(|&value| value > 0.0).collect());
            let pixels = inside.iter().zip(pre).zip(flair);
            pixels.map(|((&inside, &pre), &flair)| 0.9 * level(inside, pre, flair)).collect()
        })
    }

    /// CT in a window for the brain: bone is white, the brain is a nearly even grey, fluid is a little darker.
    pub(super) fn ct(&self, rng: &mut Rng) -> Volume {
        let white = self.pre.white();
        let (grey, range, skin) = (rng.range(0.25, 0.5), rng.range(0.05, 0.2), rng.range(0.1, 0.35));
        let (bone, scalp) = (rng.range(4.0, 9.0), rng.range(9.0, 16.0));
        let noise = rng.range(0.01, 0.05);
        let seed = rng.next_u64();
        self.combine(|shape, brain, pre, flair| {
            let mut rng = Rng::new(seed, u64::from(flair[0].to_bits()));
            let inside = shape.fill(brain.iter().map(|&value| value > 0.0).collect());
            let [skull, head] = [bone, scalp].map(|length| shape.dilate(&inside, length));
            let mut pixels = Vec::with_capacity(pre.len());
            for (i, &pre) in pre.iter().enumerate() {
                let t1 = (pre / white).min(1.0);
                pixels.push(match (inside[i], skull[i], head[i]) {
                    (true, ..) => grey + range * (t1 - 0.5) + noise * rng.normal_pair()[0],
                    (_, true, _) => 1.0,
                    (.., true) => skin,
                    _ => 0.0,
                });
            }
            pixels
        })
    }

    /// Calls `level` with each slice of brain, T1 and FLAIR.
    fn combine(&self, mut level: impl FnMut(Shape, &[f32], &[f32], &[f32]) -> Vec<f32>) -> Volume {
        let side = self.flair.side;
        let slices = self.brain.slices.iter().zip(&self.pre.slices).zip(&self.flair.slices);
        let slices = slices.map(|((brain, pre), flair)| level(Shape::square(side), brain, pre, flair)).collect();
        Volume { side, slices }
    }
}

/// The negative of a picture.
pub(super) fn negative(volume: &Volume) -> Volume {
    let white = volume.white();
    let slices = volume.slices.iter().map(|plane| plane.iter().map(|value| (white - value).max(0.0)).collect());
    Volume { side: volume.side, slices: slices.collect() }
}
