//! The samples of a case → levels for display. The network does not see them.
//!
//! Intensities of MR images have no unit, and 16-bit files rarely use their range: shown as stored, most slices are nearly
//! black. A [`Window`] gives all slices of a case the same scale, so that they can be compared.

use crate::network::preprocess::CaseStatistics;
use crate::read::{Channels, Slice};

/// How many standard deviations above the mean of the head are white. Chosen by eye on training patients: lesions keep their
/// structure, and only fat and vessels are white.
const WHITE: f64 = 3.0;

/// The level of white, as on a screen of 8 bits.
pub const WHITE_LEVEL: u16 = 255;

/// Steps of a level: enough for a smooth narrow window of a 16-bit slice, and few enough for 16 bits to hold four times white.
pub const STEPS: u16 = 64;

/// The value that is white in each channel of a case; 0 is black.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// In units of the statistics' full scale, above 0.
    white: [f64; 3],
    full_scale: u16,
    /// In steps of a level.
    brightest: u16,
}

impl Window {
    /// The window of a case.
    pub fn of(statistics: &CaseStatistics) -> Self {
        let full = f64::from(statistics.full_scale);
        let white = statistics.channels.map(|channel| {
            // Without a head there are no statistics.
            if channel.head > 0.0 { (channel.mean + WHITE * channel.deviation).clamp(1.0, full) } else { full }
        });
        Self { white, full_scale: statistics.full_scale, brightest: WHITE_LEVEL * STEPS }
    }

    /// The same window with the [`brightest`](Self::brightest) level of these slices.
    #[must_use]
    pub fn over<'a>(mut self, slices: impl IntoIterator<Item = &'a Slice>) -> Self {
        for slice in slices {
            let channels = slice.channels().count();
            let mut most = [0; 3];
            for (index, value) in slice.samples().iter().enumerate() {
                let most = &mut most[index % channels];
                *most = value.max(*most);
            }
            for (channel, &most) in most.iter().enumerate().take(channels) {
                let channel = if slice.channels() == Channels::Grey { Channels::FLAIR } else { channel };
                self.brightest = self.brightest.max(self.level(slice, channel, most));
            }
        }
        self
    }

    /// The value that is white in a channel (0, 1 or 2), in units of the statistics' full scale.
    pub fn white(&self, channel: usize) -> f64 {
        self.white[channel]
    }

    /// The highest level of the case in [`STEPS`], from white to 65,535.
    pub fn brightest(&self) -> u16 {
        self.brightest
    }

    /// The levels of a slice in red, green and blue, in [`STEPS`], row by row: `3 * width * height` values. A grey slice has the
    /// same level in all three. White is [`WHITE_LEVEL`]; brighter pixels have higher levels, for other windows.
    pub fn levels(&self, slice: &Slice) -> Vec<u16> {
        let tables = self.tables(slice);
        let level = |channel: usize, value: u16| tables[channel][usize::from(value)];
        let samples = slice.samples().iter();
        match slice.channels() {
            Channels::Grey => samples.flat_map(|value| [level(Channels::FLAIR, value); 3]).collect(),
            Channels::Rgb => samples.enumerate().map(|(index, value)| level(index % 3, value)).collect(),
        }
    }

    /// The slice as red, green and blue, 0 to 255, row by row. Pixels brighter than white are white.
    pub fn rgb(&self, slice: &Slice) -> Vec<[u8; 3]> {
        let shown = |level: u16| level.saturating_add(STEPS / 2).div_euclid(STEPS).min(WHITE_LEVEL) as u8;
        self.levels(slice).as_chunks::<3>().0.iter().map(|levels| levels.map(shown)).collect()
    }

    /// The level of every value of a sample, for each channel: a look-up for each pixel is faster than the arithmetic.
    fn tables(&self, slice: &Slice) -> [Vec<u16>; 3] {
        [0, 1, 2].map(|channel| (0..=slice.samples().max()).map(|value| self.level(slice, channel, value)).collect())
    }

    /// The level of a sample of `slice`, in [`STEPS`], at most 65,535.
    fn level(&self, slice: &Slice, channel: usize, value: u16) -> u16 {
        let unit = f64::from(self.full_scale / slice.samples().max()) * f64::from(WHITE_LEVEL * STEPS);
        (f64::from(value) * unit / self.white[channel]).round() as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::preprocess::ChannelStatistics;
    use crate::read::Samples;

    fn statistics(full_scale: u16, mean: f64, deviation: f64) -> CaseStatistics {
        CaseStatistics { channels: [ChannelStatistics { mean, deviation, head: 0.4, from: 1 }; 3], full_scale }
    }

    #[test]
    fn three_deviations_above_the_head_are_white_and_nothing_wraps() {
        let window = Window::of(&statistics(255, 40.0, 20.0));
        let slice = Slice::new("s", 4, 1, Channels::Grey, Samples::U8(vec![0, 50, 100, 255])).expect("valid");
        assert_eq!(window.rgb(&slice), [0, 128, 255, 255].map(|level| [level; 3]));
        // Levels go on beyond white, up to four times as high.
        let levels: Vec<u16> = window.levels(&slice).into_iter().step_by(3).collect();
        assert_eq!(levels, [0, 8160, 16_320, 41_616]);
        assert_eq!((window.brightest(), window.over([&slice]).brightest()), (16_320, 41_616));
        let dim = Window::of(&statistics(255, 4.0, 2.0)).over([&slice]);
        assert_eq!((dim.levels(&slice)[9], dim.brightest()), (u16::MAX, u16::MAX));
    }

    #[test]
    fn depths_of_one_case_are_equally_bright() {
        let window = Window::of(&statistics(65_535, 8_000.0, 4_000.0));
        let eight = Slice::new("a", 1, 1, Channels::Rgb, Samples::U8(vec![10, 20, 30])).expect("valid");
        let wide = vec![10 * 257, 20 * 257, 30 * 257];
        let sixteen = Slice::new("b", 1, 1, Channels::Rgb, Samples::U16(wide)).expect("valid");
        assert_eq!(window.levels(&eight), window.levels(&sixteen));
    }

    #[test]
    fn grey_slices_of_a_colour_case_are_as_bright_as_its_flair() {
        let colour = vec![10, 40, 20, 10, 50, 30, 10, 60, 20, 10, 70, 30];
        let colour = Slice::new("a", 2, 2, Channels::Rgb, Samples::U8(colour)).expect("valid");
        let grey = colour.flair();
        let slices = [&colour, &grey];
        let window = Window::of(&CaseStatistics::of(slices)).over(slices);
        let flair: Vec<u16> =
            window.levels(&colour).into_iter().skip(1).step_by(3).flat_map(|level| [level; 3]).collect();
        assert_eq!(window.levels(&grey), flair);
        assert_eq!(window.brightest(), Window::of(&CaseStatistics::of(slices)).over([&colour]).brightest());
    }

    #[test]
    fn an_empty_case_is_shown_as_stored() {
        let slice = Slice::new("s", 2, 1, Channels::Grey, Samples::U8(vec![0, 0])).expect("valid");
        let window = Window::of(&CaseStatistics::of([&slice]));
        assert_eq!(window.white, [255.0; 3]);
        assert_eq!(window.rgb(&slice), [[0; 3]; 2]);
    }
}
