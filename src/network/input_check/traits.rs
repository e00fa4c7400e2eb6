//! [`Traits`]: what a slice looks like, in numbers.

use super::shape::{Shape, fill};
use super::statistics::{correlation, mean, quantile, share};
use crate::mask::Mask;
use crate::network::preprocess::CaseStatistics;

/// How many traits there are.
pub(super) const TRAITS: usize = 16;
/// A head that covers less of the frame than this is too little to judge: the first and last slices of a case.
pub(super) const LEAST_HEAD: f64 = 0.08;
/// Pixels between the frame's edge and the inner end of its border, of 256.
const BORDER: usize = 10;
/// What each trait is called in `model.json`, and what is said of a slice that is too low or too high in it.
pub(super) const NAMES: [(&str, &str, &str); TRAITS] = [
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
pub struct Traits(pub(super) [f64; TRAITS]);

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
