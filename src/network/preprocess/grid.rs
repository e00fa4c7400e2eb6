//! [`Grid`]: slices → the network's square grid, and probabilities back to the slices' pixels.

use image::imageops::{FilterType, resize};
use image::{ImageBuffer, Luma, Rgb};

use super::line::{Line, resample};
use crate::read::{Channels, Slice};
use crate::volume::PIXEL;

/// Samples are divided by this for `image`, which clamps floating-point samples to 0 to 1. Division by a power of two
/// is exact.
const UNIT: f32 = 65_536.0;

/// The position of a slice on the network's square grid.
///
/// A slice of a volume is scaled to the [pixel size](PIXEL) of the training data and centred. If it does not fit, the centre of
/// brightness of its volume is in the middle, and the rest is cut off. Any other slice is scaled so that its longer side fills the
/// grid, and centred between empty margins. A slice with the size of the grid is then not scaled.
///
/// Scaling uses a triangle filter. Its support grows with the reduction, so that large slices are averaged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    side: usize,
    /// The size of the slice.
    width: usize,
    height: usize,
    fit: Fit,
}

/// How a slice is scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fit {
    /// To a size in pixels of the grid, with columns to the left of the slice and rows above it.
    Whole { scaled: [usize; 2], margin: [usize; 2] },
    /// By its size in millimetres.
    Millimetres([Line; 2]),
}

impl Grid {
    /// Places a slice of `width` x `height` pixels on a square of `side` x `side`.
    ///
    /// # Panics
    ///
    /// If one of the three is 0.
    pub fn new(side: usize, width: usize, height: usize) -> Self {
        assert!(side > 0 && width > 0 && height > 0, "a grid of {side} for {width} x {height} pixels");
        let longest = width.max(height);
        // In 64 bits: the product does not fit in a `usize` of wasm32.
        let (wide, half) = (longest as u64, longest as u64 / 2);
        let scale = |length: usize| ((length as u64 * side as u64 + half) / wide).max(1) as usize;
        let scaled = [scale(width), scale(height)];
        let margin = scaled.map(|length| (side - length) / 2);
        Self { side, width, height, fit: Fit::Whole { scaled, margin } }
    }

    /// Places a slice on a square of `side` x `side`.
    ///
    /// # Panics
    ///
    /// If `side` is 0.
    pub fn of(slice: &Slice, side: usize) -> Self {
        let (width, height) = (slice.width(), slice.height());
        let whole = Self::new(side, width, height);
        let Some(scan) = slice.scan() else { return whole };
        let ([x, y, _], centre) = (scan.upright().spacing(), scan.centre());
        let lines = [Line::new(width, x / PIXEL, side, centre[0]), Line::new(height, y / PIXEL, side, centre[1])];
        Self { fit: Fit::Millimetres(lines), ..whole }
    }

    /// Whether the slice is on the grid already, pixel by pixel.
    pub fn is_same(&self) -> bool {
        [self.width, self.height] == [self.side; 2] && matches!(self.fit, Fit::Whole { .. })
    }

    /// The stored samples on the grid, `[3, side, side]`; grey slices in all three channels, margins 0.
    ///
    /// # Panics
    ///
    /// If the slice does not have the size that the grid was made for.
    pub fn place(&self, slice: &Slice) -> Vec<f32> {
        assert_eq!((self.width, self.height), (slice.width(), slice.height()), "the size of the slice on this grid");
        match self.fit {
            Fit::Whole { scaled, margin } => self.place_whole(slice, scaled, margin),
            Fit::Millimetres([x, y]) => {
                let (across, down) = (x.place(), y.place());
                let channels = slice.channels().count();
                let plane = |channel: usize| {
                    let samples = slice.samples().iter().skip(channel).step_by(channels).map(f32::from);
                    resample(&samples.collect::<Vec<f32>>(), self.width, &across, &down)
                };
                match slice.channels() {
                    Channels::Rgb => (0..3).flat_map(plane).collect(),
                    Channels::Grey => plane(0).repeat(3),
                }
            }
        }
    }

    fn place_whole(&self, slice: &Slice, scaled: [usize; 2], margin: [usize; 2]) -> Vec<f32> {
        let samples = slice.samples().iter().map(|sample| f32::from(sample) / UNIT);
        let pixels: Vec<f32> = match slice.channels() {
            Channels::Rgb => samples.collect(),
            Channels::Grey => samples.flat_map(|value| [value; 3]).collect(),
        };
        let pixels: Vec<f32> = if scaled == [self.width, self.height] {
            pixels
        } else {
            let [width, height] = scaled.map(|length| length as u32);
            ImageBuffer::<Rgb<f32>, _>::from_raw(self.width as u32, self.height as u32, pixels)
                .map(|image| resize(&image, width, height, FilterType::Triangle).into_raw())
                .expect("a slice has `width * height` pixels, each of which is three values here")
        };
        let mut planes = vec![0.0; 3 * self.side * self.side]; // [3, side, side]
        for (at, pixel) in self.positions(scaled, margin).zip(pixels.chunks_exact(3)) {
            for (channel, &value) in pixel.iter().enumerate() {
                planes[channel * self.side * self.side + at] = value * UNIT;
            }
        }
        planes
    }

    /// Values from 0 to 1 on the grid, `[side, side]`, resampled to the pixels of the slice, `[height, width]`.
    ///
    /// Pixels outside of the grid are 0.
    ///
    /// # Panics
    ///
    /// If there are not `side * side` values.
    pub fn restore(&self, values: &[f32]) -> Vec<f32> {
        assert_eq!(values.len(), self.side * self.side, "values on a grid of {0} x {0}", self.side);
        let (scaled, margin) = match self.fit {
            Fit::Whole { scaled, margin } => (scaled, margin),
            Fit::Millimetres([x, y]) => return resample(values, self.side, &x.restore(), &y.restore()),
        };
        let inside: Vec<f32> = self.positions(scaled, margin).map(|at| values[at]).collect();
        if scaled == [self.width, self.height] {
            return inside;
        }
        let [width, height] = scaled.map(|length| length as u32);
        ImageBuffer::<Luma<f32>, _>::from_raw(width, height, inside)
            .map(|image| resize(&image, self.width as u32, self.height as u32, FilterType::Triangle).into_raw())
            .expect("`positions` has as many entries as the scaled slice has pixels")
    }

    /// The grid indices of the pixels of a scaled slice, row by row.
    fn positions(&self, [width, height]: [usize; 2], [left, top]: [usize; 2]) -> impl Iterator<Item = usize> + use<> {
        let side = self.side;
        (0..height).flat_map(move |y| (0..width).map(move |x| (top + y) * side + left + x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Samples;

    fn grey(width: usize, height: usize, f: impl Fn(usize, usize) -> u16) -> Slice {
        let samples = (0..width * height).map(|i| f(i % width, i / width)).collect();
        Slice::new("grey", width, height, Channels::Grey, Samples::U16(samples)).expect("valid")
    }

    #[test]
    fn a_slice_with_the_size_of_the_grid_is_not_changed() {
        let slice = grey(8, 8, |x, y| (x * 10 + y) as u16);
        let grid = Grid::new(8, 8, 8);
        let planes = grid.place(&slice);
        let expected: Vec<f32> = slice.samples().iter().map(f32::from).collect();
        assert_eq!(planes, [expected.clone(), expected.clone(), expected.clone()].concat());
        assert_eq!(grid.restore(&expected), expected);
    }

    #[test]
    fn the_aspect_ratio_is_kept_and_the_margins_are_empty() {
        let grid = Grid::new(16, 64, 32);
        assert_eq!(grid.fit, Fit::Whole { scaled: [16, 8], margin: [0, 4] });
        let planes = grid.place(&grey(64, 32, |_, _| 7));
        for (i, &value) in planes.iter().enumerate() {
            let y = i / 16 % 16;
            assert_eq!(value, if (4..12).contains(&y) { 7.0 } else { 0.0 }, "at {i}");
        }
        assert_eq!(grid.restore(&planes[..256]).len(), 64 * 32);
    }

    #[test]
    fn extreme_shapes_have_at_least_one_pixel() {
        let scaled = |width: usize, height: usize| match Grid::new(256, width, height).fit {
            Fit::Whole { scaled, .. } => scaled,
            Fit::Millimetres(_) => unreachable!("no size in millimetres"),
        };
        assert_eq!(scaled(65_535, 1), [256, 1]);
        // 16,777,216 x 256 is 2^32, which does not fit in a `usize` of wasm32.
        assert_eq!(scaled(16_777_216, 1), [256, 1]);
        assert_eq!(scaled(1, 16_777_216), [1, 256]);
        assert_eq!(scaled(1, 1), [256, 256]);
    }

    #[test]
    fn a_smooth_slice_survives_the_round_trip() {
        for (width, height) in [(512, 512), (320, 260), (100, 180)] {
            let ramp = |x: usize, y: usize| (1000 + 3 * x + 2 * y) as u16;
            let slice = grey(width, height, ramp);
            let grid = Grid::new(256, width, height);
            // `restore` expects values from 0 to 1.
            let placed: Vec<f32> = grid.place(&slice)[..256 * 256].iter().map(|value| value / 4096.0).collect();
            let back = grid.restore(&placed);
            for y in 4..height - 4 {
                for x in 4..width - 4 {
                    let (found, expected) = (4096.0 * back[y * width + x], f32::from(ramp(x, y)));
                    assert!((found - expected).abs() < 8.0, "{width}x{height} at {x},{y}: {found} for {expected}");
                }
            }
        }
    }
}
