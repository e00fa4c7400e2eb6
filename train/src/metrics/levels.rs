//! How many pixels of each probability are lesion: all that calibration needs to know of any number of slices.

use glioscope::mask::{Mask, Probability};
use glioscope::network::Calibration;

use super::reliability::{Counts, Reliability};

/// Values of a stored probability.
const LEVELS: usize = 1 << 16;

/// How many pixels of each probability are lesion, and how many are not.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    counts: Vec<[u64; 2]>,
}

/// The pixels of one probability.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    pub(crate) probability: f32,
    pub(crate) other: u64,
    pub(crate) lesion: u64,
}

impl Default for Levels {
    fn default() -> Self {
        Self { counts: vec![[0; 2]; LEVELS] }
    }
}

impl Levels {
    /// Adds a slice.
    pub(crate) fn add(&mut self, map: &Probability, reference: &Mask) {
        for (&level, &lesion) in map.values().iter().zip(reference.inside()) {
            self.counts[usize::from(level)][usize::from(lesion)] += 1;
        }
    }

    /// Adds the slices of others.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (own, other) in self.counts.iter_mut().zip(&other.counts) {
            *own = [own[0] + other[0], own[1] + other[1]];
        }
    }

    /// The probabilities that some pixel has, in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Level> {
        let present = self.counts.iter().enumerate().filter(|(_, count)| count[0] + count[1] > 0);
        let one = (LEVELS - 1) as f32;
        present.map(move |(level, &[other, lesion])| Level { probability: level as f32 / one, other, lesion })
    }

    /// How reliable the probabilities of groups of pixels are, each group with its calibration.
    pub(crate) fn reliability<'a>(groups: impl IntoIterator<Item = (&'a Self, &'a Calibration)>) -> Reliability {
        let mut counts = Counts::default();
        for (levels, calibration) in groups {
            for Level { probability, other, lesion } in levels.iter() {
                counts.add_pixels(calibration.probability(probability), other + lesion, lesion);
            }
        }
        counts.finish()
    }
}

/// The map with calibrated probabilities.
pub(crate) fn calibrated(map: &Probability, calibration: &Calibration) -> Probability {
    let values: Vec<f32> = map.to_unit().into_iter().map(|value| calibration.probability(value)).collect();
    Probability::from_unit(map.width(), map.height(), &values).expect("calibrated probabilities are finite")
}
