//! [`Shape`]: the outline of a head in numbers.

use super::statistics::mean;
use crate::mask::Mask;

/// The shape of a region.
pub(super) struct Shape {
    pub(super) pixels: usize,
    /// Column and row of the centre of mass.
    pub(super) middle: [f64; 2],
    /// Width of the bounding box over its height.
    pub(super) aspect: f64,
    /// The share of the bounding box that is inside.
    pub(super) extent: f64,
    /// Intersection over union with the ellipse of equal second moments.
    pub(super) ellipse: f64,
}

impl Shape {
    pub(super) fn of(region: &Mask) -> Option<Self> {
        let width = region.width();
        let at = |i: usize| [(i % width) as f64, (i / width) as f64];
        let inside: Vec<usize> = (0..region.inside().len()).filter(|&i| region.inside()[i]).collect();
        let pixels = inside.len();
        let middle = [0, 1].map(|axis| mean(inside.iter().map(|&i| at(i)[axis])));
        let moment = |a: usize, b: usize| mean(inside.iter().map(|&i| (at(i)[a] - middle[a]) * (at(i)[b] - middle[b])));
        let (xx, xy, yy) = (moment(0, 0), moment(0, 1), moment(1, 1));
        let determinant = xx * yy - xy * xy;
        // A line or a point.
        if determinant.is_nan() || determinant <= 1.0 {
            return None;
        }
        let within = |i: usize| {
            let [x, y] = [at(i)[0] - middle[0], at(i)[1] - middle[1]];
            // An ellipse's points lie within twice its deviations.
            (yy * x * x - 2.0 * xy * x * y + xx * y * y) / determinant <= 4.0
        };
        let ellipse = (0..region.inside().len()).filter(|&i| within(i)).count();
        let both = inside.iter().filter(|&&i| within(i)).count();
        let span = [0, 1].map(|axis| {
            let along = inside.iter().map(|&i| at(i)[axis]);
            along.clone().fold(0.0, f64::max) - along.fold(f64::INFINITY, f64::min) + 1.0
        });
        Some(Self {
            pixels,
            middle,
            aspect: span[0] / span[1],
            extent: pixels as f64 / (span[0] * span[1]),
            ellipse: both as f64 / (pixels + ellipse - both) as f64,
        })
    }
}

/// The region with its holes: all that cannot be reached from the frame's edge without crossing it.
pub(super) fn fill(region: &Mask) -> Mask {
    let (width, height) = (region.width(), region.height());
    let mut inside = vec![true; width * height];
    let mut reached: Vec<usize> = (0..width * height)
        .filter(|i| i % width == 0 || i % width == width - 1 || i / width == 0 || i / width == height - 1)
        .collect();
    while let Some(i) = reached.pop() {
        if !inside[i] || region.inside()[i] {
            continue;
        }
        inside[i] = false;
        let (x, y) = (i % width, i / width);
        let neighbours = [(x > 0, 1, 0), (x + 1 < width, 0, 1), (y > 0, width, 0), (y + 1 < height, 0, width)];
        reached.extend(neighbours.into_iter().filter(|step| step.0).map(|(_, less, more)| i + more - less));
    }
    Mask::new(width, height, inside)
}
