//! [`Mask`]: which pixels of a slice are lesion.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Probability, level};
use crate::read::{Channels, ReadNote, Samples, Slice};

/// A binary image with the pixels of a slice, row by row from the top left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    width: usize,
    height: usize,
    inside: Vec<bool>,
}

impl Mask {
    /// A mask of `width` x `height` pixels; `inside[y * width + x]` is the pixel in column `x` and row `y`.
    ///
    /// # Panics
    ///
    /// If `inside` does not have `width * height` values. No file can cause this.
    pub fn new(width: usize, height: usize, inside: Vec<bool>) -> Self {
        assert_eq!(inside.len(), width * height, "a mask of {width}x{height} pixels");
        Self { width, height, inside }
    }

    /// A mask with no pixel inside.
    pub fn empty(width: usize, height: usize) -> Self {
        Self { width, height, inside: vec![false; width * height] }
    }

    /// Inside where the probability is at least `threshold`, from 0 to 1, rounded to a multiple of 1/65535.
    pub fn from_probability(probability: &Probability, threshold: f32) -> Self {
        let level = level(threshold);
        let inside = probability.values().iter().map(|&value| u32::from(value) >= level).collect();
        Self::new(probability.width(), probability.height(), inside)
    }

    /// A reference mask from a file.
    ///
    /// [Labels](Slice::labels) above 0 are inside. Without labels, samples decide.
    ///
    /// Samples with few values, at most 16 and at most one for 8 pixels, are labels: every sample above 0 is inside. Other
    /// samples are inside above half of their range, that is at least 128 for 8 bits and 32768 for 16 bits; if none is that
    /// high, they are labels too. Numbers below 0 are inside only where no number is above 0. Three equal channels are one.
    ///
    /// In other colours, every pixel that does not have the background's colour is inside: the most frequent one at the
    /// border. Lossy compression changes colours and values, so there every pixel is inside that differs by more than half
    /// of the largest difference, and few values are not labels.
    pub fn from_slice(slice: &Slice) -> Self {
        if let Some(labels) = slice.labels() {
            return Self::new(slice.width(), slice.height(), labels.iter().map(|label| *label > 0).collect());
        }
        if let Some(inside) = signed(slice) {
            return Self::new(slice.width(), slice.height(), inside);
        }
        let lossy = slice.notes().contains(&ReadNote::Lossy);
        let inside = match slice.channels() {
            Channels::Grey => labelled(slice.samples(), lossy),
            Channels::Rgb => {
                let values: Vec<u16> = slice.samples().iter().collect();
                let colours = values.as_chunks::<3>().0;
                if colours.iter().all(|[red, green, blue]| red == green && green == blue) {
                    labelled(slice.flair().samples(), lossy)
                } else {
                    coloured(colours, slice.width(), lossy)
                }
            }
        };
        Self::new(slice.width(), slice.height(), inside)
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels, row by row; `true` is inside.
    pub fn inside(&self) -> &[bool] {
        &self.inside
    }

    /// All pixels as bytes, row by row; 1 is inside.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.inside.iter().map(|&inside| u8::from(inside)).collect()
    }

    /// Whether the pixel in column `x` and row `y` is inside; `false` outside the image.
    pub fn contains(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.height && self.inside[y * self.width + x]
    }

    /// The pixels inside this mask and outside `other`.
    ///
    /// # Panics
    ///
    /// If the masks differ in width or height.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        assert_eq!([self.width, self.height], [other.width, other.height], "masks of the same size");
        let inside = self.inside.iter().zip(&other.inside).map(|(own, other)| own & !other).collect();
        Self::new(self.width, self.height, inside)
    }

    /// The number of pixels inside.
    pub fn area(&self) -> usize {
        self.inside.iter().filter(|&&inside| inside).count()
    }

    /// Whether no pixel is inside.
    pub fn is_empty(&self) -> bool {
        !self.inside.contains(&true)
    }
}

/// Few values are labels: at most so many, and one for so many pixels.
const LABELS: usize = 16;
const PIXELS_OF_A_LABEL: usize = 8;

/// Which numbers are inside if some are below 0; `None` if none is. Some programs store 255 as -1.
fn signed(slice: &Slice) -> Option<Vec<bool>> {
    let numbers = slice.numbers().filter(|numbers| numbers.iter().any(|&number| number < 0.0))?;
    let above = numbers.iter().any(|&number| number > 0.0);
    let inside = |number: &f32| if above { *number > 0.0 } else { *number < 0.0 };
    let pixels = numbers.chunks_exact(slice.channels().count());
    Some(pixels.map(|pixel| pixel.iter().any(inside)).collect())
}

/// Which samples are inside, see [`Mask::from_slice`].
fn labelled(samples: &Samples, lossy: bool) -> Vec<bool> {
    let half = samples.max() / 2;
    let mut values = BTreeSet::new();
    let few = samples.iter().all(|sample| {
        values.insert(sample);
        values.len() <= LABELS
    });
    let labels = few && !lossy && values.len() * PIXELS_OF_A_LABEL <= samples.len();
    let level = if !labels && samples.iter().any(|sample| sample > half) { half } else { 0 };
    samples.iter().map(|sample| sample > level).collect()
}

/// Which colours are inside, see [`Mask::from_slice`].
fn coloured(colours: &[[u16; 3]], width: usize, lossy: bool) -> Vec<bool> {
    let last = colours.len() - 1;
    let is_border =
        |&(at, _): &(usize, &[u16; 3])| at < width || at + width > last || at % width == 0 || at % width == width - 1;
    let border = colours.iter().enumerate().filter(is_border).map(|(_, &colour)| colour);
    let background = most_frequent(border).unwrap_or_default();
    let difference =
        |colour: &[u16; 3]| colour.iter().zip(background).map(|(&a, b)| a.abs_diff(b)).max().unwrap_or_default();
    let least = if lossy { colours.iter().map(difference).max().unwrap_or_default() / 2 } else { 0 };
    colours.iter().map(|colour| difference(colour) > least).collect()
}

/// The most frequent colour; of several, the darkest.
fn most_frequent(colours: impl Iterator<Item = [u16; 3]>) -> Option<[u16; 3]> {
    let mut counts: BTreeMap<[u16; 3], usize> = BTreeMap::new();
    for colour in colours {
        *counts.entry(colour).or_default() += 1;
    }
    counts.into_iter().max_by_key(|&(colour, count)| (count, Reverse(colour))).map(|(colour, _)| colour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Result;

    #[test]
    fn a_probability_at_the_threshold_is_inside_and_nan_is_not() {
        let map = Probability::from_unit(2, 2, &[0.5, 0.499_98, 0.0, 1.0]).expect("finite");
        let mask = Mask::from_probability(&map, 0.5);
        assert_eq!(mask.inside(), [true, false, false, true]);
        assert_eq!(mask.area(), 2);
        assert!(!mask.is_empty());
        assert!(mask.contains(1, 1));
        assert!(!mask.contains(2, 0));
    }

    #[test]
    fn a_reference_is_inside_above_half_of_its_type() -> Result<()> {
        let eight = Slice::new("a_mask.tif", 2, 2, Channels::Grey, Samples::U8(vec![0, 127, 128, 255]))?;
        assert_eq!(Mask::from_slice(&eight).inside(), [false, false, true, true]);
        let sixteen = Slice::new("b_mask.tif", 2, 2, Channels::Grey, Samples::U16(vec![255, 32_767, 32_768, 65_535]))?;
        assert_eq!(Mask::from_slice(&sixteen).inside(), [false, false, true, true]);
        Ok(())
    }

    #[test]
    fn a_reference_of_labels_is_inside_above_zero() -> Result<()> {
        for samples in [
            Samples::U8(vec![0, 1, 0, 1]),
            Samples::U8(vec![0, 4, 0, 127]),
            Samples::U16(vec![0, 255, 0, 255]),
            Samples::U16(vec![0, 1, 0, 32_767]),
        ] {
            let labels = Slice::new("a_mask.png", 2, 2, Channels::Grey, samples)?;
            assert_eq!(Mask::from_slice(&labels).inside(), [false, true, false, true], "{labels:?}");
        }
        let nothing = Slice::new("a_mask.png", 2, 2, Channels::Grey, Samples::U16(vec![0; 4]))?;
        assert!(Mask::from_slice(&nothing).is_empty());
        Ok(())
    }

    #[test]
    fn few_values_are_labels_also_above_half() -> Result<()> {
        let values = (0..32).map(|pixel| [0, 0, 85, 255][pixel / 8]).collect();
        let labels = Slice::new("a_mask.png", 8, 4, Channels::Grey, Samples::U8(values))?;
        assert_eq!(Mask::from_slice(&labels).area(), 16);
        Ok(())
    }

    #[test]
    fn numbers_below_0_are_inside_where_none_is_above() -> Result<()> {
        for (numbers, inside) in [(vec![0.0, -1.0], [false, true]), (vec![-1.0, 2.0], [false, true])] {
            let slice = Slice::of_numbers("a_mask.tif", 2, 1, Channels::Grey, numbers)?;
            assert_eq!(Mask::from_slice(&slice).inside(), inside);
        }
        Ok(())
    }

    #[test]
    fn a_lossy_reference_is_inside_where_it_is_close_to_the_lesion() -> Result<()> {
        let mut grey = Slice::new("a_mask.jpg", 24, 1, Channels::Grey, Samples::U8([[0, 3, 252].repeat(8)].concat()))?;
        let mut red: Vec<u8> = [[0; 3], [9, 1, 0]].repeat(12).concat();
        red[36..39].copy_from_slice(&[240, 9, 3]);
        let mut colour = Slice::new("a_mask.jpg", 8, 3, Channels::Rgb, Samples::U8(red))?;
        assert_eq!([&grey, &colour].map(|slice| Mask::from_slice(slice).area()), [16, 13]);
        grey.note(ReadNote::Lossy);
        colour.note(ReadNote::Lossy);
        assert_eq!([&grey, &colour].map(|slice| Mask::from_slice(slice).area()), [8, 1]);
        Ok(())
    }

    #[test]
    fn the_background_is_at_the_border() -> Result<()> {
        let pixels =
            (0..64).map(|at| if (1..7).contains(&(at % 8)) && (8..56).contains(&at) { [0, 255, 0] } else { [0; 3] });
        let slice = Slice::new("c", 8, 8, Channels::Rgb, Samples::U8(pixels.flatten().collect()))?;
        assert_eq!(Mask::from_slice(&slice).area(), 36);
        Ok(())
    }

    #[test]
    fn a_reference_in_colour_is_inside_where_it_is_not_the_background() -> Result<()> {
        let (white, red, green) = ([255; 3], [255, 0, 0], [0, 255, 0]);
        let colour = |pixels: [[u8; 3]; 4]| Slice::new("c", 2, 2, Channels::Rgb, Samples::U8(pixels.concat()));
        assert_eq!(Mask::from_slice(&colour([white, red, green, white])?).inside(), [false, true, true, false]);
        // Equal channels are one channel.
        assert_eq!(Mask::from_slice(&colour([white, [0; 3], white, white])?).inside(), [true, false, true, true]);
        Ok(())
    }

    #[test]
    fn without_removes_the_pixels_of_the_other_mask() {
        let mask = |inside: [u8; 4]| Mask::new(2, 2, inside.map(|value| value == 1).into());
        assert_eq!(mask([1, 1, 0, 0]).without(&mask([0, 1, 1, 0])), mask([1, 0, 0, 0]));
    }

    #[test]
    #[should_panic(expected = "a mask of 2x2 pixels")]
    fn a_wrong_length_panics() {
        Mask::new(2, 2, vec![true; 3]);
    }
}
