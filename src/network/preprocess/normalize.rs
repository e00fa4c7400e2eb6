//! [`CaseStatistics`]: how the intensities of a case are normalised.
//!
//! MR intensities have no unit. They differ by factors between scanners, patients and contrasts. Each channel is
//! therefore scaled to mean 0 and standard deviation 1 over the head of the whole case. A single slice is not enough to
//! tell dark tissue from a dark scan.

use serde::{Deserialize, Serialize};

use super::Grid;
use crate::read::{Channels, Samples, Slice};

/// The preprocessing that a network was trained with, as `model.json` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Normalisation {
    /// [`CaseStatistics`].
    #[serde(rename = "head-z-score")]
    HeadZScore,
}

/// Pixels above this fraction of a channel's [`BRIGHT`] percentile are head; air and equally dark fluid are not. Chosen
/// on patients of the training data: it follows the scalp, also over the grey background (19 of 255) of some of them.
const HEAD: f64 = 0.2;
/// The percentile of the brightest tissue. Only a few pixels of fat and vessels lie above it.
const BRIGHT: f64 = 0.995;
/// Normalised values are clamped to ±8. Only single pixels of fat, vessels and artefacts lie beyond.
const CLAMP: f32 = 8.0;

/// Mean and standard deviation of each channel over the head of a case.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseStatistics {
    /// Pre-contrast, FLAIR and post-contrast, in sample units. If a case has 16-bit samples, its 8-bit samples are
    /// multiplied by 257.
    pub channels: [ChannelStatistics; 3],
    /// The largest sample value in these units: 255 or 65535.
    pub full_scale: u16,
}

/// Mean and standard deviation of one channel over the head.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelStatistics {
    /// The mean.
    pub mean: f64,
    /// The standard deviation, or 1 if all pixels are equal.
    pub deviation: f64,
    /// The fraction of all pixels that are head, 0 to 1.
    pub head: f64,
    /// The lowest sample that counts as head.
    pub from: u16,
}

impl CaseStatistics {
    /// The statistics of a case. The order of its slices does not matter.
    ///
    /// Grey slices count as FLAIR. In a case without colour slices they count as all three channels.
    pub fn of<'a>(slices: impl IntoIterator<Item = &'a Slice>) -> Self {
        let mut histograms = Histograms::default();
        slices.into_iter().for_each(|slice| histograms.add(slice));
        let full_scale = histograms.full_scale;
        Self { channels: histograms.channels().map(|counts| ChannelStatistics::of(&counts)), full_scale }
    }

    /// The network's input for one slice, `[3, side, side]`. A grey slice fills all three channels, normalised as
    /// FLAIR.
    pub fn normalise(&self, slice: &Slice, side: usize) -> Vec<f32> {
        let unit = f32::from(self.full_scale / slice.samples().max());
        let statistics = match slice.channels() {
            Channels::Rgb => self.channels,
            Channels::Grey => [self.channels[Channels::FLAIR]; 3],
        };
        let mut planes = Grid::of(slice, side).place(slice); // [3, side, side]
        for (plane, statistics) in planes.chunks_exact_mut(side * side).zip(statistics) {
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
    /// The lowest normalised value that counts as head.
    #[cfg(feature = "cpu")]
    pub(crate) fn normalised_from(&self) -> f64 {
        (f64::from(self.from) - self.mean) / self.deviation
    }

    /// Sample (in units of [`CaseStatistics::full_scale`]) to normalised value.
    fn normaliser(&self) -> impl Fn(f32) -> f32 + use<> {
        let (mean, scale) = (self.mean as f32, (1.0 / self.deviation) as f32);
        move |sample| ((sample - mean) * scale).clamp(-CLAMP, CLAMP)
    }

    /// From the number of pixels of each value.
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

/// The number of pixels of each sample value: integers, so that the order of the slices does not matter.
struct Histograms {
    /// Of the three channels of colour slices; empty without one.
    colour: [Vec<u64>; 3],
    /// Of grey slices; empty without one.
    grey: Vec<u64>,
    /// 255 or 65535.
    full_scale: u16,
}

impl Default for Histograms {
    fn default() -> Self {
        Self { colour: Default::default(), grey: Vec::new(), full_scale: u8::MAX.into() }
    }
}

impl Histograms {
    fn add(&mut self, slice: &Slice) {
        if slice.samples().max() > self.full_scale {
            self.full_scale = slice.samples().max();
            self.colour.iter_mut().chain([&mut self.grey]).for_each(widen);
        }
        let unit = usize::from(self.full_scale / slice.samples().max());
        match slice.channels() {
            Channels::Rgb => {
                self.colour.iter_mut().for_each(|counts| counts.resize(usize::from(self.full_scale) + 1, 0));
                each(slice.samples(), |index, value| self.colour[index % 3][value * unit] += 1);
            }
            Channels::Grey => {
                self.grey.resize(usize::from(self.full_scale) + 1, 0);
                each(slice.samples(), |_, value| self.grey[value * unit] += 1);
            }
        }
    }

    /// The histograms of the three channels.
    fn channels(self) -> [Vec<u64>; 3] {
        let Self { mut colour, grey, .. } = self;
        if colour[Channels::FLAIR].is_empty() {
            return [grey.clone(), grey.clone(), grey];
        }
        colour[Channels::FLAIR].iter_mut().zip(grey).for_each(|(count, grey)| *count += grey);
        colour
    }
}

/// Turns a histogram of 8-bit values into one of 16-bit values: 255 times 257 is 65535.
fn widen(counts: &mut Vec<u64>) {
    if counts.is_empty() {
        return;
    }
    let mut wide = vec![0; usize::from(u16::MAX) + 1];
    for (value, &count) in counts.iter().enumerate() {
        wide[value * 257] = count;
    }
    *counts = wide;
}

/// Calls `f` with the index and value of each sample.
fn each(samples: &Samples, mut f: impl FnMut(usize, usize)) {
    match samples {
        Samples::U8(values) => values.iter().enumerate().for_each(|(i, &value)| f(i, value.into())),
        Samples::U16(values) => values.iter().enumerate().for_each(|(i, &value)| f(i, value.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(samples: Samples) -> Slice {
        let side = (samples.len() / 3).isqrt();
        Slice::new("rgb", side, side, Channels::Rgb, samples).expect("valid")
    }

    /// A bright square in a dark frame, with a different contrast in each channel.
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
    fn the_head_has_mean_0_and_deviation_1() {
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
    fn gain_bit_depth_and_slice_order_do_not_matter() {
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
    fn a_blank_slice_gives_zeros() {
        for value in [0, 200] {
            let slice = rgb(Samples::U8(vec![value; 3 * 64]));
            let planes = CaseStatistics::of([&slice]).normalise(&slice, 8);
            assert!(planes.iter().all(|value| *value == 0.0));
        }
    }

    #[test]
    fn a_grey_case_fills_all_three_channels() {
        let samples: Vec<u8> = (0..64).collect();
        let grey = Slice::new("grey", 8, 8, Channels::Grey, Samples::U8(samples.clone())).expect("valid");
        let colour = rgb(Samples::U8(samples.iter().flat_map(|&v| [v; 3]).collect()));
        let statistics = CaseStatistics::of([&grey]);
        assert_eq!(statistics, CaseStatistics::of([&colour]));
        assert_eq!(statistics.normalise(&grey, 8), statistics.normalise(&colour, 8));
    }

    #[test]
    fn grey_slices_of_a_colour_case_count_into_flair_only() {
        let colour = rgb(Samples::U8(head(32, 3)));
        let grey = Slice::new("grey", 8, 8, Channels::Grey, Samples::U8((100..164).collect())).expect("valid");
        let wide: Vec<u16> = grey.samples().iter().map(|value| value * 257).collect();
        let wide = Slice::new("wide", 8, 8, Channels::Grey, Samples::U16(wide)).expect("valid");
        let alone = CaseStatistics::of([&colour]);
        let flair = CaseStatistics::of([&colour.flair(), &grey]);
        for slices in [[&colour, &grey], [&grey, &colour]] {
            let mixed = CaseStatistics::of(slices);
            assert_eq!(mixed.channels, [alone.channels[0], flair.channels[1], alone.channels[2]]);
        }
        let scaled = CaseStatistics::of([&colour, &wide]).channels[0];
        assert!((scaled.mean - 257.0 * alone.channels[0].mean).abs() < 1e-6, "{scaled:?}");
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
        assert_eq!(black[2], [-CLAMP; 3]);
        assert!(black[0].iter().all(|value| (-CLAMP..0.0).contains(value)), "{black:?}");
    }

    #[test]
    fn grey_slices_of_a_colour_case_are_normalised_as_flair() {
        let colour = rgb(Samples::U8(head(32, 3)));
        let grey = colour.flair();
        let planes = CaseStatistics::of([&colour, &grey]).normalise(&grey, 32);
        let [pre, flair, post] = [0, 1, 2].map(|channel| &planes[channel * 32 * 32..][..32 * 32]);
        assert!(pre == flair && post == flair, "{} {} {}", pre[0], flair[0], post[0]);
    }
}
