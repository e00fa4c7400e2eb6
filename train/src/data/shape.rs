//! [`Shape`]: operations on the pixels of a slice.

use glioscope::mask::{Mask, largest_component};
use glioscope::read::Slice;

/// The size of the dataset's slices. In other sizes all lengths are scaled.
const SIDE: f32 = 256.0;

/// The size of a slice, with the operations on its pixels. Neighbours share an edge; lengths count steps between them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Pixels of this slice in a pixel of [`SIDE`].
    pub(super) unit: f32,
}

impl Shape {
    pub(super) fn of(slice: &Slice) -> Self {
        let (width, height) = (slice.width(), slice.height());
        Self { width, height, unit: width.max(height) as f32 / SIDE }
    }

    /// That of a square slice.
    pub(crate) fn square(side: usize) -> Self {
        Self { width: side, height: side, unit: side as f32 / SIDE }
    }

    /// A length in pixels of this slice.
    pub(super) fn length(self, length: f32) -> u32 {
        (length * self.unit).round() as u32
    }

    /// The mean over 5 x 5 pixels with binomial weights, which are nearly Gaussian with a standard deviation of 1 pixel.
    pub(super) fn smooth(self, mut values: Vec<f32>) -> Vec<f32> {
        for (stride, length) in [(1, self.width), (self.width, self.height)].repeat(2) {
            let place = |i: usize| i / stride % length;
            let mean = |i: usize| {
                let before = if place(i) == 0 { i } else { i - stride };
                let after = if place(i) + 1 == length { i } else { i + stride };
                (values[before] + 2.0 * values[i] + values[after]) / 4.0
            };
            values = (0..values.len()).map(mean).collect();
        }
        values
    }

    /// Steps from each pixel to the nearest one for which `from` is true. With `border` the pixels beyond the slice are such
    /// pixels too.
    pub(super) fn steps(self, from: impl Fn(usize) -> bool, border: bool) -> Vec<u32> {
        let Self { width, height, .. } = self;
        let far = (width + height) as u32;
        let edge = if border { 1 } else { far };
        let mut steps: Vec<u32> = (0..width * height).map(|i| if from(i) { 0 } else { far }).collect();
        for i in 0..width * height {
            let left = if i % width == 0 { edge } else { steps[i - 1] + 1 };
            let above = if i < width { edge } else { steps[i - width] + 1 };
            steps[i] = steps[i].min(left).min(above);
        }
        for i in (0..width * height).rev() {
            let right = if i % width + 1 == width { edge } else { steps[i + 1] + 1 };
            let below = if i / width + 1 == height { edge } else { steps[i + width] + 1 };
            steps[i] = steps[i].min(right).min(below);
        }
        steps
    }

    pub(crate) fn erode(self, inside: &[bool], length: f32) -> Vec<bool> {
        let length = self.length(length);
        self.steps(|i| !inside[i], true).into_iter().map(|steps| steps > length).collect()
    }

    /// The region with all pixels that are within a length of it.
    pub(crate) fn dilate(self, inside: &[bool], length: f32) -> Vec<bool> {
        let length = self.length(length);
        self.steps(|i| inside[i], false).into_iter().map(|steps| steps <= length).collect()
    }

    /// Fills what the border of the slice does not reach.
    pub(crate) fn fill(self, mut inside: Vec<bool>) -> Vec<bool> {
        let Self { width, height, .. } = self;
        let on_border = |&i: &usize| {
            let (x, y) = (i % width, i / width);
            x == 0 || y == 0 || x + 1 == width || y + 1 == height
        };
        let mut next: Vec<usize> = (0..width * height).filter(on_border).filter(|&i| !inside[i]).collect();
        let mut outside = vec![false; inside.len()];
        while let Some(i) = next.pop() {
            if inside[i] || std::mem::replace(&mut outside[i], true) {
                continue;
            }
            let (x, y) = (i % width, i / width);
            next.extend((x > 0).then(|| i - 1));
            next.extend((x + 1 < width).then(|| i + 1));
            next.extend((y > 0).then(|| i - width));
            next.extend((y + 1 < height).then(|| i + width));
        }
        inside.iter_mut().zip(outside).for_each(|(inside, outside)| *inside = !outside);
        inside
    }

    fn mask(self, inside: &[bool]) -> Mask {
        Mask::new(self.width, self.height, inside.to_vec())
    }

    pub(super) fn largest(self, inside: &[bool]) -> Vec<bool> {
        largest_component(&[self.mask(inside)]).swap_remove(0).inside().to_vec()
    }

    /// The connected component with the largest sum of depths.
    pub(super) fn deepest(self, inside: &[bool], depth: &[u32]) -> Vec<bool> {
        let components = self.mask(inside).components();
        let only = |label: usize| components.keep(|other| other == label).swap_remove(0).inside().to_vec();
        let sum = |inside: &Vec<bool>| {
            inside.iter().zip(depth).filter(|(inside, _)| **inside).map(|(_, &d)| u64::from(d)).sum::<u64>()
        };
        (0..components.count()).map(only).max_by_key(sum).unwrap_or_else(|| vec![false; inside.len()])
    }
}
