//! Reliability: of the pixels with a probability of about 0.7, about 70 % should be lesion.

use glioscope::mask::Mask;
use serde::Serialize;

/// Bins of equal width from 0 to 1.
const BINS: usize = 10;

/// The range of uncertain probabilities. The page gives the volume at both ends as a range.
const UNCERTAIN: [f32; 2] = [0.3, 0.7];

/// Counts pixels by probability; [`Counts::finish`] gives the figures.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    bins: [Count; BINS],
    uncertain: Count,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    pixels: u64,
    lesion: u64,
    sum: f64,
}

/// How probabilities and references agree over all pixels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Reliability {
    /// Bins of a tenth, in ascending order, without empty ones.
    pub(crate) bins: Vec<Bin>,
    /// The expected calibration error: the mean over bins of the distance between mean probability and fraction of lesion,
    /// weighted by pixels. It is small because most pixels are near 0; the bins say more.
    pub(crate) expected_error: f64,
    /// The same without the lowest bin, which has most of the pixels.
    pub(crate) expected_error_above_tenth: f64,
    /// Pixels from 0.3 to 0.7.
    pub(crate) uncertain: Bin,
}

/// Pixels with similar probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Bin {
    /// Lower end of the probabilities, included.
    pub(crate) from: f32,
    /// Upper end of the probabilities, excluded except for 1.
    pub(crate) to: f32,
    /// How many pixels there are.
    pub(crate) pixels: u64,
    /// Their mean probability.
    pub(crate) probability: f64,
    /// The fraction of them that is lesion.
    pub(crate) lesion: f64,
}

impl Counts {
    /// Adds a slice: a probability for each pixel of `reference`, row by row.
    pub(crate) fn add(&mut self, probabilities: impl IntoIterator<Item = f32>, reference: &Mask) {
        for (probability, &lesion) in probabilities.into_iter().zip(reference.inside()) {
            self.add_pixels(probability, 1, u64::from(lesion));
        }
    }

    /// Adds pixels of one probability, some of which are lesion.
    pub(crate) fn add_pixels(&mut self, probability: f32, pixels: u64, lesion: u64) {
        let bin = ((probability * BINS as f32) as usize).min(BINS - 1);
        self.bins[bin].add(probability, pixels, lesion);
        if (UNCERTAIN[0]..UNCERTAIN[1]).contains(&probability) {
            self.uncertain.add(probability, pixels, lesion);
        }
    }

    /// The figures of all slices.
    pub(crate) fn finish(&self) -> Reliability {
        let edge = |bin: usize| bin as f32 / BINS as f32;
        let bins = self.bins.iter().enumerate().filter(|(_, count)| count.pixels > 0);
        let bins: Vec<Bin> = bins.map(|(bin, count)| count.bin(edge(bin), edge(bin + 1))).collect();
        let error = |bins: &[Bin]| {
            let pixels: u64 = bins.iter().map(|bin| bin.pixels).sum();
            let off: f64 = bins.iter().map(|bin| bin.pixels as f64 * (bin.probability - bin.lesion).abs()).sum();
            off / pixels.max(1) as f64
        };
        let above = bins.iter().position(|bin| bin.from > 0.0).unwrap_or(bins.len());
        Reliability {
            expected_error: error(&bins),
            expected_error_above_tenth: error(&bins[above..]),
            uncertain: self.uncertain.bin(UNCERTAIN[0], UNCERTAIN[1]),
            bins,
        }
    }
}

impl Count {
    fn add(&mut self, probability: f32, pixels: u64, lesion: u64) {
        self.pixels += pixels;
        self.lesion += lesion;
        self.sum += pixels as f64 * f64::from(probability);
    }

    fn bin(&self, from: f32, to: f32) -> Bin {
        let mean = |sum: f64| sum / self.pixels.max(1) as f64;
        Bin { from, to, pixels: self.pixels, probability: mean(self.sum), lesion: mean(self.lesion as f64) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_the_mean_distance_of_bins_from_the_reference() {
        let mut counts = Counts::default();
        let reference = Mask::new(4, 2, vec![false, false, false, true, true, true, false, true]);
        counts.add([0.0, 0.04, 0.05, 0.55, 0.55, 0.55, 0.55, 1.0], &reference);
        let Reliability { bins, expected_error, expected_error_above_tenth, uncertain } = counts.finish();
        assert_eq!(bins.iter().map(|bin| bin.pixels).collect::<Vec<_>>(), [3, 4, 1]);
        assert_eq!(bins.iter().map(|bin| bin.lesion).collect::<Vec<_>>(), [0.0, 0.75, 1.0]);
        assert!((bins[0].probability - 0.03).abs() < 1e-6 && (bins[1].probability - 0.55).abs() < 1e-6);
        assert!((expected_error - (3.0 * 0.03 + 4.0 * 0.2) / 8.0).abs() < 1e-6, "{expected_error}");
        assert!((expected_error_above_tenth - 4.0 * 0.2 / 5.0).abs() < 1e-6, "{expected_error_above_tenth}");
        assert_eq!((uncertain.pixels, uncertain.lesion), (4, 0.75));
    }
}
