//! Case statistics → the network's input: the one copy of the preprocessing that fitting, `train` and
//! the page share.
//!
//! Intensities of MR images have no unit: they differ between scanners, patients and contrasts by
//! factors. Each channel is therefore brought to mean 0 and deviation 1 over the head of the whole
//! case; a single slice is too little to tell dark tissue from a dark scan.

use serde::{Deserialize, Serialize};

use crate::grid::Grid;
use crate::image::{Channels, Samples, Slice};

/// Which preprocessing a network was fitted with; saved in `model.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Normalisation {
    /// [`CaseStatistics`] of this module.
    #[serde(rename = "head-z-score")]
    HeadZScore,
}

/// A channel's pixels above this share of its [`BRIGHT`] percentile are the head; air, and the fluid
/// that is as dark, are not. Looked at on fitted patients: it follows the scalp there, also over the
/// grey background (19 of 255) that some of them have.
const HEAD: f64 = 0.2;
/// The percentile that stands for the brightest tissue: above it lie a few pixels of fat and vessels.
const BRIGHT: f64 = 0.995;
/// Normalised values are cut here: beyond lie only single pixels of fat, vessels and artefacts.
const CUT: f32 = 8.0;
/// One count for each value that 16 bits can hold.
const VALUES: usize = 1 << 16;

/// Mean and deviation of each channel over the head of a case.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseStatistics {
    /// Pre-contrast, FLAIR, post-contrast. In units of the samples, 8-bit ones times 257 where the case has 16-bit
    /// ones too.
    pub channels: [ChannelStatistics; 3],
    /// The largest value of the samples' type, 255 or 65535, that the statistics are in units of.
    pub full_scale: u16,
}

/// Mean and standard deviation of one channel's head.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelStatistics {
    /// Mean over the head's pixels.
    pub mean: f64,
    /// Standard deviation over the head's pixels; 1 where they are all alike.
    pub deviation: f64,
    /// The head's pixels, a share of all, 0.0 to 1.0.
    pub head: f64,
    /// The least sample that counts as head.
    pub from: u16,
}

impl CaseStatistics {
    /// The statistics of a case, whatever the order of its slices: they are counted, not summed.
    pub fn of<'a>(slices: impl IntoIterator<Item = &'a Slice>) -> Self {
        let mut counts: [Vec<u64>; 3] = core::array::from_fn(|_| Vec::new());
        let mut full_scale = u8::MAX.into();
        for slice in slices {
            if slice.samples().max() > full_scale {
                full_scale = slice.samples().max();
                counts.iter_mut().for_each(widen);
            }
            count(slice, full_scale, &mut counts);
        }
        Self { channels: counts.map(|counts| ChannelStatistics::of(&counts)), full_scale }
    }

    /// The network's input for one slice, `[3, side, side]`: grey slices serve as FLAIR in all three channels.
    pub fn normalise(&self, slice: &Slice, side: usize) -> Vec<f32> {
        let unit = f32::from(self.full_scale / slice.samples().max());
        let mut planes = Grid::new(side, slice.width(), slice.height()).place(slice); // [3, side, side]
        for (plane, statistics) in planes.chunks_exact_mut(side * side).zip(self.channels) {
            let normalise = statistics.normaliser();
            for value in plane {
                *value = normalise(*value * unit);
            }
        }
        planes
    }

    /// The normalised value of black (a sample of 0) in each channel: the value of pixels outside the slice.
    pub fn black(&self) -> [f32; 3] {
        self.channels.map(|statistics| statistics.normaliser()(0.0))
    }
}

impl ChannelStatistics {
    /// The least normalised value that counts as head.
    pub(crate) fn normalised_from(&self) -> f64 {
        (f64::from(self.from) - self.mean) / self.deviation
    }

    /// Sample (in units of [`CaseStatistics::full_scale`]) to normalised value.
    fn normaliser(&self) -> impl Fn(f32) -> f32 + use<> {
        let (mean, scale) = (self.mean as f32, (1.0 / self.deviation) as f32);
        move |sample| ((sample - mean) * scale).clamp(-CUT, CUT)
    }

    fn of(counts: &[u64]) -> Self {
        let total: u64 = counts.iter().sum();
        let rank = (BRIGHT * total as f64) as u64;
        let mut below = 0;
        let bright = counts.iter().position(|&count| {
            below += count;
            below > rank
        });
        let from = (HEAD * bright.unwrap_or(0) as f64) as usize + 1;
        let head = || counts.iter().enumerate().skip(from).filter(|(_, count)| **count > 0);
        let pixels: u64 = head().map(|(_, count)| count).sum();
        if pixels == 0 {
            return Self { mean: 0.0, deviation: 1.0, head: 0.0, from: from as u16 };
        }
        let mean = head().map(|(value, &count)| value as f64 * count as f64).sum::<f64>() / pixels as f64;
        let squares = head().map(|(value, &count)| (value as f64 - mean).powi(2) * count as f64).sum::<f64>();
        let deviation = (squares / pixels as f64).sqrt();
        let deviation = if deviation > 0.0 { deviation } else { 1.0 };
        Self { mean, deviation, head: pixels as f64 / total as f64, from: from as u16 }
    }
}

/// Counts of 8-bit values become counts of 16-bit ones: 255 times 257 is 65535.
fn widen(counts: &mut Vec<u64>) {
    if counts.is_empty() {
        return;
    }
    let mut wide = vec![0; VALUES];
    for (value, &count) in counts.iter().enumerate() {
        wide[value * 257] = count;
    }
    *counts = wide;
}

fn count(slice: &Slice, full_scale: u16, counts: &mut [Vec<u64>; 3]) {
    for counts in counts.iter_mut() {
        counts.resize(usize::from(full_scale) + 1, 0);
    }
    let unit = usize::from(full_scale / slice.samples().max());
    let mut add = |index: usize, value: usize| match slice.channels() {
        Channels::Rgb => counts[index % 3][value * unit] += 1,
        Channels::Grey => counts.iter_mut().for_each(|counts| counts[value * unit] += 1),
    };
    match slice.samples() {
        Samples::U8(values) => values.iter().enumerate().for_each(|(i, &value)| add(i, value.into())),
        Samples::U16(values) => values.iter().enumerate().for_each(|(i, &value)| add(i, value.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(samples: Samples) -> Slice {
        let side = (samples.len() / 3).isqrt();
        Slice::new("rgb", side, side, Channels::Rgb, samples).expect("valid")
    }

    /// A dark frame around a bright square, with another contrast in each channel.
    fn head(side: usize, gain: u8) -> Vec<u8> {
        let mut samples = Vec::new();
        for i in 0..side * side {
            let (x, y) = (i % side, i / side);
            let inside = (side / 4..side * 3 / 4).contains(&x) && (side / 4..side * 3 / 4).contains(&y);
            let value = if inside { 20 + (x * 7 + y * 3) % 20 } else { 1 } as u8;
            samples.extend([value * gain, value, value / 2 + 20 * u8::from(inside)]);
        }
        samples
    }

    #[test]
    fn the_heads_mean_is_0_and_its_deviation_1() {
        let slice = rgb(Samples::U8(head(32, 3)));
        let statistics = CaseStatistics::of([&slice]);
        let planes = statistics.normalise(&slice, 32);
        for (c, plane) in planes.chunks(32 * 32).enumerate() {
            let inside: Vec<f64> = (0..32 * 32)
                .filter(|i| (8..24).contains(&(i % 32)) && (8..24).contains(&(i / 32)))
                .map(|i| f64::from(plane[i]))
                .collect();
            let mean = inside.iter().sum::<f64>() / inside.len() as f64;
            let variance = inside.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / inside.len() as f64;
            assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-3, "channel {c}: {mean} {variance}");
            assert_eq!(statistics.channels[c].head, 0.25);
        }
    }

    #[test]
    fn neither_gain_nor_depth_nor_order_matter() {
        let (a, b) = (rgb(Samples::U8(head(32, 1))), rgb(Samples::U8(head(16, 3))));
        let wide = |slice: &Slice| rgb(Samples::U16(slice.samples().iter().map(|v| v * 257).collect()));
        let plain = CaseStatistics::of([&a, &b]);
        assert_eq!(plain, CaseStatistics::of([&b, &a]));
        let mixed = CaseStatistics::of([&a, &wide(&b)]);
        for slice in [&a, &wide(&a)] {
            let (found, expected) = (mixed.normalise(slice, 32), plain.normalise(&a, 32));
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-3));
        }
    }

    #[test]
    fn a_blank_slice_is_finite() {
        for value in [0, 200] {
            let slice = rgb(Samples::U8(vec![value; 3 * 64]));
            let planes = CaseStatistics::of([&slice]).normalise(&slice, 8);
            assert!(planes.iter().all(|value| *value == 0.0));
        }
    }

    #[test]
    fn black_is_what_a_black_pixel_normalises_to() {
        let uniform = vec![200, 200, 200, 201, 201, 201, 200, 200, 200, 201, 201, 201];
        let mut black = Vec::new();
        for samples in [head(32, 3), head(16, 1), uniform] {
            let statistics = CaseStatistics::of([&rgb(Samples::U8(samples))]);
            for empty in [Samples::U8(vec![0; 12]), Samples::U16(vec![0; 12])] {
                let planes = match &empty {
                    Samples::U8(_) => statistics,
                    Samples::U16(_) => CaseStatistics { full_scale: u16::MAX, ..statistics },
                }
                .normalise(&rgb(empty), 2);
                assert_eq!(planes.iter().step_by(4).copied().collect::<Vec<_>>(), statistics.black());
            }
            black.push(statistics.black());
        }
        // The last case needs the cut: its mean is 401 standard deviations above 0.
        assert_eq!(black[2], [-CUT; 3]);
        assert!(black[0].iter().all(|value| (-CUT..0.0).contains(value)), "{black:?}");
    }

    #[test]
    fn grey_serves_all_three_channels() {
        let samples: Vec<u8> = (0..64).collect();
        let grey = Slice::new("grey", 8, 8, Channels::Grey, Samples::U8(samples.clone())).expect("valid");
        let colour = rgb(Samples::U8(samples.iter().flat_map(|&v| [v; 3]).collect()));
        let statistics = CaseStatistics::of([&grey]);
        assert_eq!(statistics, CaseStatistics::of([&colour]));
        assert_eq!(statistics.normalise(&grey, 8), statistics.normalise(&colour, 8));
    }
}
