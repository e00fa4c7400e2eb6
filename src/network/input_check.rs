//! Whether a case looks like what the network was fitted on, before it draws anything.
//!
//! A network draws a mask on a photograph as readily as on a head. So [`Traits`] are measured of every slice, as it
//! lies on the network's grid, and held against what the slices of the fit were like ([`Seen`], saved in
//! `model.json`): each trait within its range, and all of them together within a Mahalanobis distance, since brightness
//! and shape may each be usual and yet not go together. What this cannot tell is another plane of the same head, or
//! another contrast as grey slices: those look alike to it.

use serde::{Deserialize, Serialize};

use crate::error::ModelFault;
use crate::mask::Mask;
use crate::network::preprocess::normalize::CaseStatistics;
use crate::read::Slice;

/// How many traits there are.
const TRAITS: usize = 16;
/// A head that covers less of the frame than this is too little to judge: the first and last slices of a case.
const LEAST_HEAD: f64 = 0.08;
/// Pixels between the frame's edge and the inner end of its border, of 256.
const BORDER: usize = 10;
/// The share of fitted slices at each end that a trait's range leaves out: single odd slices would widen it for all.
const TAIL: f64 = 0.001;
/// The share of fitted slices within the largest distance.
const WITHIN: f64 = 0.995;
/// The quantiles at which traits are cut before their covariance is taken, for the same reason.
const CUT: [f64; 2] = [0.01, 0.99];

/// How finely a trait can be told at best: ranges are wider by this, and no deviation is smaller. Without it a trait that
/// never varied, such as the air around phantoms, would refuse whatever is off by a pixel.
const GRAIN: f64 = 0.01;

/// What each trait is called in `model.json`, and what is said of a slice that is too low or too high in it.
const NAMES: [(&str, &str, &str); TRAITS] = [
    ("head", "too little of the frame is bright", "too much of the frame is bright"),
    ("border", "the frame's edge is too dark", "the frame's edge is bright, where air should surround the head"),
    ("largest", "what is bright lies in many pieces", "what is bright is one piece throughout"),
    ("filled", "the head is too small in its frame", "the head is too large for its frame"),
    ("aspect", "the head is too narrow", "the head is too broad"),
    ("ellipse", "what is bright has not the shape of a head", "the head is a perfect ellipse"),
    ("mirror", "left and right have different shapes", "left and right have exactly the same shape"),
    ("outside", "what surrounds the head is too dark", "what surrounds the head is too bright"),
    ("rough-pre", "the first channel is too smooth", "the first channel is mostly noise"),
    ("rough-flair", "the FLAIR channel is too smooth", "the FLAIR channel is mostly noise"),
    ("rough-post", "the third channel is too smooth", "the third channel is mostly noise"),
    ("dark", "its darkest tissue is too dark", "nothing in the head is dark"),
    ("middle", "its tissue is too dark", "its tissue is too bright"),
    ("bright", "nothing in the head is bright", "its brightest tissue is too bright"),
    ("symmetry", "left and right are opposites", "left and right are the same picture"),
    ("extent", "the head leaves most of its bounding box empty", "what is bright is a rectangle"),
];

/// What a slice looks like, in 16 numbers in the order of `model.json`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traits([f64; TRAITS]);

impl Traits {
    /// Measures a slice from the network's input, `[3, side, side]` in standard deviations of the case's head; none
    /// where hardly any head is on it (less than 8 % of the frame).
    ///
    /// # Panics
    /// If `input` is not `3 * side * side` values.
    pub fn of(input: &[f32], side: usize, statistics: &CaseStatistics) -> Option<Self> {
        assert_eq!(input.len(), 3 * side * side, "three channels of {side} x {side}");
        let (flair, plane) = (&input[side * side..2 * side * side], side * side);
        let from = statistics.channels[1].normalised_from() as f32;
        let bright = Mask::new(side, side, flair.iter().map(|&value| value >= from).collect());
        let components = bright.components();
        let largest = components.largest()?;
        let piece = components.sizes()[largest] as f64 / bright.area() as f64;
        let head = fill(components.keep(|label| label == largest).first()?);
        let shape = Shape::of(&head)?;
        if (shape.pixels as f64) < LEAST_HEAD * plane as f64 {
            return None;
        }

        let edge = BORDER * side / 256;
        let on_border = |i: usize| {
            let (x, y) = (i % side, i / side);
            x.min(y) < edge || x.max(y) >= side - edge
        };
        let border = share((0..plane).filter(|&i| on_border(i)).map(|i| bright.inside()[i]));
        let outside = mean((0..plane).filter(|&i| !head.inside()[i]).map(|i| f64::from(flair[i])));

        // Across the vertical through the head's middle.
        let axis = (2.0 * shape.middle[0]).round() as usize;
        let across = |i: usize| axis.checked_sub(i % side).filter(|&x| x < side).map(|x| i - i % side + x);
        let inside = |i: Option<usize>| i.is_some_and(|i| head.inside()[i]);
        let pairs: Vec<[f64; 2]> = (0..plane)
            .filter(|&i| head.inside()[i] && inside(across(i)))
            .filter_map(|i| Some([f64::from(flair[i]), f64::from(flair[across(i)?])]))
            .collect();
        let either = 2 * shape.pixels - pairs.len();

        let mut tissue: Vec<f64> = (0..plane).filter(|&i| head.inside()[i]).map(|i| f64::from(flair[i])).collect();
        tissue.sort_by(f64::total_cmp);
        let rough = [0, 1, 2].map(|channel| roughness(&input[channel * plane..][..plane], &head));
        Some(Self([
            bright.area() as f64 / plane as f64,
            border,
            piece,
            shape.pixels as f64 / plane as f64,
            shape.aspect,
            shape.ellipse,
            pairs.len() as f64 / either as f64,
            outside,
            rough[0],
            rough[1],
            rough[2],
            quantile(&tissue, 0.02),
            quantile(&tissue, 0.5),
            quantile(&tissue, 0.98),
            correlation(&pairs),
            shape.extent,
        ]))
    }
}

/// What the slices of a fit were like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// How many slices were measured.
    pub slices: usize,
    /// The range of each trait: all but 0.1 % of the slices at each end, and a hundredth more.
    pub traits: Vec<Range>,
    /// The inverse of the traits' covariance, row by row, in the order of `traits`.
    pub precision: Vec<Vec<f32>>,
    /// The squared Mahalanobis distance from the centre that 99.5 % of the slices lie within.
    pub distance: f32,
}

/// What one trait was like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Its name, as in [`Traits`]' order.
    pub name: String,
    /// The least that is usual.
    pub low: f32,
    /// The median.
    pub centre: f32,
    /// The most that is usual.
    pub high: f32,
}

/// What is said of a case before its masks are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether it looks like what the network was fitted on.
    pub accepted: bool,
    /// What does not, in whole sentences; empty for a case that is accepted.
    pub reasons: Vec<String>,
}

impl Seen {
    /// What slices are like that have these traits; none where they are too few to say (fewer than ten for each trait).
    pub fn of(slices: &[Traits]) -> Option<Self> {
        if slices.len() < 10 * TRAITS {
            return None;
        }
        let columns: Vec<Vec<f64>> = (0..TRAITS)
            .map(|t| {
                let mut column: Vec<f64> = slices.iter().map(|slice| slice.0[t]).collect();
                column.sort_by(f64::total_cmp);
                column
            })
            .collect();
        let range = |(column, (name, ..)): (&Vec<f64>, &(&str, &str, &str))| Range {
            name: (*name).to_owned(),
            low: (quantile(column, TAIL) - GRAIN) as f32,
            centre: quantile(column, 0.5) as f32,
            high: (quantile(column, 1.0 - TAIL) + GRAIN) as f32,
        };
        let traits: Vec<Range> = columns.iter().zip(&NAMES).map(range).collect();
        let ends: Vec<[f64; 2]> = columns.iter().map(|column| CUT.map(|q| quantile(column, q))).collect();
        let cut: Vec<Vec<f64>> = slices
            .iter()
            .map(|slice| slice.0.iter().zip(&ends).map(|(value, [low, high])| value.clamp(*low, *high)).collect())
            .collect();
        let precision = inverse(covariance(&cut))?;
        let precision = precision.into_iter().map(|row| row.into_iter().map(|value| value as f32).collect()).collect();
        let mut seen = Self { slices: slices.len(), traits, precision, distance: f32::INFINITY };
        let mut distances: Vec<f64> = slices.iter().map(|slice| seen.distance_of(slice)).collect();
        distances.sort_by(f64::total_cmp);
        seen.distance = quantile(&distances, WITHIN) as f32;
        Some(seen)
    }

    /// Looks at every slice of a case, on a grid of `side` x `side`: it is accepted if at least half of those with enough
    /// of a head on them are like what was seen, and there is one.
    pub fn verdict<'a>(
        &self,
        slices: impl IntoIterator<Item = &'a Slice>,
        statistics: &CaseStatistics,
        side: usize,
    ) -> Verdict {
        let judged: Vec<Option<usize>> = slices
            .into_iter()
            .filter_map(|slice| Traits::of(&statistics.normalise(slice, side), side, statistics))
            .map(|traits| self.oddity(&traits))
            .collect();
        let odd = judged.iter().flatten().count();
        if judged.is_empty() {
            let reason = format!(
                "No slice shows a head: one bright shape on at least {:.0} % of the frame is expected.",
                100.0 * LEAST_HEAD
            );
            return Verdict { accepted: false, reasons: vec![reason] };
        }
        if 2 * odd <= judged.len() {
            return Verdict { accepted: true, reasons: Vec::new() };
        }
        let mut counts = [0; 2 * TRAITS + 1];
        judged.iter().flatten().for_each(|&oddity| counts[oddity] += 1);
        let mut reasons: Vec<(usize, String)> = counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(oddity, count)| (*count, format!("On {count} of {} slices {}.", judged.len(), wording(oddity))))
            .collect();
        reasons.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        Verdict { accepted: false, reasons: reasons.into_iter().take(3).map(|(_, reason)| reason).collect() }
    }

    /// All that it holds.
    /// Checks that every number is finite: too large a number in JSON becomes infinity.
    ///
    /// # Errors
    /// [`ModelFault::Config`] with the number.
    pub fn validate(&self) -> Result<(), ModelFault> {
        match self.numbers().find(|number| !number.is_finite()) {
            Some(found) => {
                Err(ModelFault::Config { reason: format!("expected numbers of single precision, found {found}") })
            }
            None => Ok(()),
        }
    }

    fn numbers(&self) -> impl Iterator<Item = f32> {
        let ranges = self.traits.iter().flat_map(|range| [range.low, range.centre, range.high]);
        ranges.chain(self.precision.iter().flatten().copied()).chain([self.distance])
    }

    /// What is most unusual about a slice: `2 t` and `2 t + 1` for trait `t` too low and too high, `2 TRAITS` for all of
    /// them together; none where it is like what was seen.
    fn oddity(&self, slice: &Traits) -> Option<usize> {
        // How far beyond its range, in widths of it.
        let beyond = |(t, (range, value)): (usize, (&Range, &f64))| {
            let (low, high) = (f64::from(range.low), f64::from(range.high));
            let (below, above) = ((low - value) / (high - low), (value - high) / (high - low));
            (2 * t + usize::from(above > below), below.max(above))
        };
        let worst = self.traits.iter().zip(&slice.0).enumerate().map(beyond).max_by(|a, b| a.1.total_cmp(&b.1));
        match worst {
            Some((oddity, beyond)) if beyond > 0.0 => Some(oddity),
            _ if self.distance_of(slice) <= f64::from(self.distance) => None,
            // Farther, or no number at all.
            _ => Some(2 * TRAITS),
        }
    }

    /// The squared Mahalanobis distance of a slice from the centre.
    fn distance_of(&self, slice: &Traits) -> f64 {
        let off: Vec<f64> =
            slice.0.iter().zip(&self.traits).map(|(value, range)| value - f64::from(range.centre)).collect();
        let row = |row: &Vec<f32>| row.iter().zip(&off).map(|(&p, o)| f64::from(p) * o).sum::<f64>();
        self.precision.iter().zip(&off).map(|(precision, o)| row(precision) * o).sum()
    }
}

fn wording(oddity: usize) -> &'static str {
    match NAMES.get(oddity / 2) {
        Some((_, low, high)) => [low, high][oddity % 2],
        None => "shape and brightness do not go together as on the slices of the fit",
    }
}

/// The shape of a region.
struct Shape {
    pixels: usize,
    /// Column and row of the centre of mass.
    middle: [f64; 2],
    /// Width of the bounding box over its height.
    aspect: f64,
    /// The share of the bounding box that is inside.
    extent: f64,
    /// Intersection over union with the ellipse of equal second moments.
    ellipse: f64,
}

impl Shape {
    fn of(region: &Mask) -> Option<Self> {
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
fn fill(region: &Mask) -> Mask {
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

/// How much neighbouring pixels of the region differ, for how much all do: 0 smooth, about 1 for noise.
fn roughness(plane: &[f32], region: &Mask) -> f64 {
    let width = region.width();
    let inside = region.inside();
    let whole = |&i: &usize| inside[i] && i % width > 0 && i >= width && inside[i - 1] && inside[i - width];
    let pixels: Vec<usize> = (0..plane.len()).filter(whole).collect();
    let average = mean(pixels.iter().map(|&i| f64::from(plane[i])));
    let variance = mean(pixels.iter().map(|&i| (f64::from(plane[i]) - average).powi(2)));
    let step = |back: usize| mean(pixels.iter().map(|&i| f64::from(plane[i] - plane[i - back]).powi(2)));
    // The square of the difference of two independent values is twice their variance.
    (step(1) + step(width)) / (4.0 * (variance + 1e-9))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values {
        sum += value;
        count += 1;
    }
    if count == 0 { 0.0 } else { sum / count as f64 }
}

fn share(values: impl Iterator<Item = bool>) -> f64 {
    mean(values.map(|value| f64::from(u8::from(value))))
}

/// Of sorted values, by the nearest rank.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((share * last as f64).round() as usize).copied().unwrap_or(0.0)
}

/// Pearson's, 1 where one side never varies: both are then a flat picture.
fn correlation(pairs: &[[f64; 2]]) -> f64 {
    let average = [0, 1].map(|side| mean(pairs.iter().map(|pair| pair[side])));
    let moment = |a: usize, b: usize| mean(pairs.iter().map(|pair| (pair[a] - average[a]) * (pair[b] - average[b])));
    let scale = (moment(0, 0) * moment(1, 1)).sqrt();
    if scale > 0.0 { moment(0, 1) / scale } else { 1.0 }
}

/// The covariance of the columns of `rows`, and [`GRAIN`].
fn covariance(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let average: Vec<f64> = (0..TRAITS).map(|t| mean(rows.iter().map(|row| row[t]))).collect();
    let entry = |a: usize, b: usize| mean(rows.iter().map(|row| (row[a] - average[a]) * (row[b] - average[b])));
    let least = |a, b| if a == b { GRAIN * GRAIN } else { 0.0 };
    (0..TRAITS).map(|a| (0..TRAITS).map(|b| entry(a, b) + least(a, b)).collect()).collect()
}

/// The inverse of a symmetric positive matrix, by Gauss and Jordan; none where it has none.
fn inverse(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    for (i, row) in matrix.iter_mut().enumerate() {
        row.extend((0..size).map(|j| f64::from(u8::from(i == j))));
    }
    for pivot in 0..size {
        let best = (pivot..size).max_by(|&a, &b| matrix[a][pivot].abs().total_cmp(&matrix[b][pivot].abs()))?;
        matrix.swap(pivot, best);
        let divisor = matrix[pivot][pivot];
        if divisor.is_nan() || divisor.abs() <= 1e-12 {
            return None;
        }
        matrix[pivot].iter_mut().for_each(|value| *value /= divisor);
        let row = matrix[pivot].clone();
        for (i, other) in matrix.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
            let factor = other[pivot];
            debug_assert_ne!(i, pivot);
            other.iter_mut().zip(&row).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    Some(matrix.into_iter().map(|row| row[size..].to_vec()).collect())
}
