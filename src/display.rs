//! A case's samples → 8-bit pictures for the eye. Nothing drawn here reaches the network.
//!
//! Intensities of MR images have no unit, and 16-bit files seldom use their range: shown as stored, most slices are
//! nearly black. A [`Window`] gives all slices of a case the same brightness, so that they can be compared.

use crate::image::{Channels, Slice};
use crate::normalize::CaseStatistics;

/// How many deviations above the mean of the head are shown white. Looked at on fitted patients: lesions stay apart
/// from each other there, and only fat and vessels are white.
const WHITE: f64 = 3.0;

/// What is shown white in each channel of a case; 0 is black.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// In units of the statistics' full scale, above 0.
    white: [f64; 3],
    full_scale: u16,
}

impl Window {
    /// The window of a case.
    pub fn of(statistics: &CaseStatistics) -> Self {
        let full = f64::from(statistics.full_scale);
        let white = statistics.channels.map(|channel| {
            // A case without a head has nothing to go by.
            if channel.head > 0.0 { (channel.mean + WHITE * channel.deviation).clamp(1.0, full) } else { full }
        });
        Self { white, full_scale: statistics.full_scale }
    }

    /// What is shown white in a channel (0, 1 or 2), in units of the statistics' full scale.
    pub fn white(&self, channel: usize) -> f64 {
        self.white[channel]
    }

    /// The slice as red, green, blue and opaque alpha, 0 to 255, row by row: `4 * width * height` bytes. Grey slices
    /// are grey.
    pub fn rgba(&self, slice: &Slice) -> Vec<u8> {
        let unit = f64::from(self.full_scale / slice.samples().max());
        // 8-bit samples have 256 answers and 16-bit ones 65,536: all are known before the pixels are walked.
        let levels: [Vec<u8>; 3] = self.white.map(|white| {
            (0..=slice.samples().max()).map(|value| (f64::from(value) * unit * 255.0 / white).round() as u8).collect()
        });
        let samples: Vec<u16> = slice.samples().iter().collect();
        let level = |channel: usize, value: u16| levels[channel][usize::from(value)];
        match slice.channels() {
            Channels::Grey => samples.iter().flat_map(|&v| [level(0, v), level(0, v), level(0, v), u8::MAX]).collect(),
            Channels::Rgb => samples
                .as_chunks::<3>()
                .0
                .iter()
                .flat_map(|&[r, g, b]| [level(0, r), level(1, g), level(2, b), u8::MAX])
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Samples;
    use crate::normalize::ChannelStatistics;

    fn statistics(full_scale: u16, mean: f64, deviation: f64) -> CaseStatistics {
        CaseStatistics { channels: [ChannelStatistics { mean, deviation, head: 0.4, from: 1 }; 3], full_scale }
    }

    #[test]
    fn three_deviations_above_the_head_are_white_and_nothing_wraps() {
        let window = Window::of(&statistics(255, 40.0, 20.0));
        let slice = Slice::new("s", 4, 1, Channels::Grey, Samples::U8(vec![0, 50, 100, 255])).expect("valid");
        let shown: Vec<u8> = window.rgba(&slice).chunks_exact(4).map(|pixel| pixel[0]).collect();
        assert_eq!(shown, [0, 128, 255, 255]);
    }

    #[test]
    fn depths_of_one_case_are_equally_bright() {
        let window = Window::of(&statistics(65_535, 8_000.0, 4_000.0));
        let eight = Slice::new("a", 1, 1, Channels::Rgb, Samples::U8(vec![10, 20, 30])).expect("valid");
        let wide = vec![10 * 257, 20 * 257, 30 * 257];
        let sixteen = Slice::new("b", 1, 1, Channels::Rgb, Samples::U16(wide)).expect("valid");
        assert_eq!(window.rgba(&eight), window.rgba(&sixteen));
        assert_eq!(window.rgba(&eight)[3], 255);
    }

    #[test]
    fn an_empty_case_is_shown_as_stored() {
        let slice = Slice::new("s", 2, 1, Channels::Grey, Samples::U8(vec![0, 0])).expect("valid");
        let window = Window::of(&CaseStatistics::of([&slice]));
        assert_eq!(window.white, [255.0; 3]);
        assert_eq!(window.rgba(&slice), [0, 0, 0, 255, 0, 0, 0, 255]);
    }
}
