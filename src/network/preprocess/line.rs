//! [`Line`]: one axis of a slice with a size in millimetres ↔ the same axis of the network's grid.
//!
//! Own code: `image` scales whole images to whole numbers of pixels, so it has neither a given scale nor a part of an image.

/// The place of a row of pixels on a row of the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// Pixels of the slice, and of the grid.
    pixels: usize,
    side: usize,
    /// Pixels of the grid for one of the slice.
    step: f64,
    /// The edge of the first pixel of the slice, in pixels of the grid.
    start: f64,
}

/// What one output pixel is made of: weights of the input pixels from `first` on, which add up to 1. None outside of the input.
#[derive(Debug)]
pub(super) struct Taps {
    first: usize,
    weights: Vec<f32>,
}

impl Line {
    /// Places `pixels` pixels, each `step` pixels of the grid wide, on `side` pixels of the grid. They are centred. If they do not
    /// fit, the pixel `centre` is in the middle, as far as no part of the grid becomes empty.
    pub(super) fn new(pixels: usize, step: f64, side: usize, centre: f64) -> Self {
        let (extent, wide) = (pixels as f64 * step, side as f64);
        let start = if extent <= wide {
            (wide - extent) / 2.0
        } else {
            (wide / 2.0 - (centre + 0.5) * step).clamp(wide - extent, 0.0)
        };
        Self { pixels, side, step, start }
    }

    /// From the slice to the grid.
    pub(super) fn place(&self) -> Vec<Taps> {
        taps(self.side, self.pixels, 1.0 / self.step, -self.start / self.step)
    }

    /// From the grid to the slice.
    pub(super) fn restore(&self) -> Vec<Taps> {
        taps(self.pixels, self.side, self.step, self.start)
    }
}

/// The taps of a triangle filter. Output pixel 0 begins at `start` in the input, and each is `ratio` input pixels wide. The filter
/// is as wide as two pixels of the coarser side.
fn taps(outputs: usize, inputs: usize, ratio: f64, start: f64) -> Vec<Taps> {
    let reach = ratio.max(1.0);
    let edge = inputs as f64;
    let tap = |output: usize| {
        let centre = start + (output as f64 + 0.5) * ratio;
        if !(0.0..=edge).contains(&centre) {
            return Taps { first: 0, weights: Vec::new() };
        }
        let first = (centre - reach).max(0.0).floor() as usize;
        let last = (centre + reach).min(edge).ceil() as usize;
        let weight = |input: usize| (1.0 - (input as f64 + 0.5 - centre).abs() / reach).max(0.0);
        let sum: f64 = (first..last).map(weight).sum();
        Taps { first, weights: (first..last).map(|input| (weight(input) / sum) as f32).collect() }
    };
    (0..outputs).map(tap).collect()
}

/// An image whose rows are `width` values long, resampled along both axes; 0 outside of it.
pub(super) fn resample(values: &[f32], width: usize, across: &[Taps], down: &[Taps]) -> Vec<f32> {
    let rows: Vec<f32> = values.chunks_exact(width).flat_map(|row| across.iter().map(|taps| taps.of(row, 1))).collect();
    let columns = across.len();
    down.iter().flat_map(|taps| (0..columns).map(|x| taps.of(&rows[x..], columns))).collect()
}

impl Taps {
    /// The value from every `stride`th of `values`.
    fn of(&self, values: &[f32], stride: usize) -> f32 {
        let values = values.iter().step_by(stride).skip(self.first);
        self.weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_of_the_same_size_is_copied() {
        let values: Vec<f32> = (0..12).map(|value| value as f32).collect();
        let [x, y] = [Line::new(4, 1.0, 6, 0.0), Line::new(3, 1.0, 5, 0.0)];
        let placed = resample(&values, 4, &x.place(), &y.place());
        assert_eq!(placed[..6], [0.0; 6]);
        assert_eq!(placed[6..12], [0.0, 0.0, 1.0, 2.0, 3.0, 0.0]);
        assert_eq!(resample(&placed, 6, &x.restore(), &y.restore()), values);
    }

    #[test]
    fn a_line_that_does_not_fit_is_centred_on_a_pixel_without_empty_parts() {
        let start = |centre: f64| Line::new(100, 0.5, 30, centre).start;
        assert_eq!([start(49.5), start(59.5), start(0.0), start(99.0)], [-10.0, -15.0, 0.0, -20.0]);
        // What lies outside of the grid has no probability.
        let line = Line::new(100, 0.5, 30, 49.5);
        let back = resample(&[1.0; 30], 30, &line.restore(), &Line::new(1, 1.0, 1, 0.0).restore());
        let inside = back.iter().filter(|value| (*value - 1.0).abs() < 1e-5).count();
        assert_eq!((inside, back[0], back[99]), (60, 0.0, 0.0));
    }

    #[test]
    fn a_finer_slice_is_averaged_and_a_ramp_comes_back() {
        let ramp: Vec<f32> = (0..300).map(|value| value as f32).collect();
        for step in [0.37, 0.8, 1.3] {
            let line = Line::new(300, step, 400, 149.5);
            let one = Line::new(1, 1.0, 1, 0.0);
            let placed = resample(&ramp, 300, &line.place(), &one.place());
            let back = resample(&placed, 400, &line.restore(), &one.restore());
            for x in 8..292 {
                assert!((back[x] - ramp[x]).abs() < 0.1, "{step} {x}: {}", back[x]);
            }
        }
    }

    #[test]
    fn extreme_steps_take_no_more_than_the_pixels() {
        for step in [1e-300, 1e-9, 1e9, 1e300] {
            let line = Line::new(7, step, 16, 3.0);
            for taps in [line.place(), line.restore()] {
                assert!(taps.iter().all(|taps| taps.weights.len() <= 16 && taps.weights.iter().all(|w| w.is_finite())));
            }
        }
    }
}
