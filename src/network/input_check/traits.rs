//! [`Traits`]: what a slice looks like, in numbers.

use super::shape::{Shape, fill};
use super::statistics::{correlation, fraction, mean, quantile};
use crate::mask::Mask;
use crate::network::preprocess::CaseStatistics;
use crate::read::Channels;

/// The number of traits.
pub(super) const COUNT: usize = 16;

/// A slice is not checked if the head covers less than this fraction of it, as on the first and last slices of a case.
pub(super) const MIN_HEAD: f64 = 0.08;

/// The width of the border at the image's edge, in pixels of an image 256 pixels wide.
const BORDER: usize = 10;

/// A trait's name in `model.json`, and what the user reads about a slice below or above its range.
pub(super) struct Trait {
    pub(super) name: &'static str,
    pub(super) below: &'static str,
    pub(super) above: &'static str,
}

/// All traits, in the order of [`Traits`] and of `model.json`.
pub(super) const TRAITS: [Trait; COUNT] = [
    named("head", "too little of the image is bright", "too much of the image is bright"),
    named(
        "border",
        "the edge of the image is too dark",
        "the edge of the image is bright, but air should surround the head",
    ),
    named("largest", "the bright area consists of many pieces", "the bright area is a single piece"),
    named("filled", "the head is too small in the image", "the head is too large in the image"),
    named("aspect", "the head is too narrow", "the head is too wide"),
    named("ellipse", "the bright area is not shaped like a head", "the head is a perfect ellipse"),
    named("mirror", "left and right differ in shape", "left and right have exactly the same shape"),
    named("outside", "the background is too dark", "the background is too bright"),
    named("rough-pre", "the first channel is too smooth", "the first channel is mostly noise"),
    named("rough-flair", "the FLAIR channel is too smooth", "the FLAIR channel is mostly noise"),
    named("rough-post", "the third channel is too smooth", "the third channel is mostly noise"),
    named("dark", "the darkest tissue is too dark", "the darkest tissue is too bright"),
    named("middle", "the tissue is too dark", "the tissue is too bright"),
    named("bright", "the brightest tissue is too dark", "the brightest tissue is too bright"),
    named("symmetry", "left and right have opposite brightness", "left and right are identical"),
    named("extent", "the head fills too little of its bounding box", "the bright area is a rectangle"),
];

const fn named(name: &'static str, below: &'static str, above: &'static str) -> Trait {
    Trait { name, below, above }
}

/// The 16 traits of a slice, in the order of `model.json`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traits(pub(super) [f64; COUNT]);

impl Traits {
    /// Measures a slice from the network's input, `[3, side, side]` in standard deviations of the case's head. `None`
    /// if the head covers less than 8 % of the slice.
    ///
    /// # Panics
    ///
    /// If `input` does not have `3 * side * side` values.
    pub fn of(input: &[f32], side: usize, statistics: &CaseStatistics) -> Option<Self> {
        assert_eq!(input.len(), 3 * side * side, "three channels of {side} x {side}");
        let (flair, plane) = (&input[side * side..2 * side * side], side * side);
        let from = statistics.channels[Channels::FLAIR].normalised_from() as f32;
        let bright = Mask::new(side, side, flair.iter().map(|&value| value >= from).collect());
        let components = bright.components();
        let largest = components.largest()?;
        let piece = components.sizes()[largest] as f64 / bright.area() as f64;
        let head = fill(components.keep(|label| label == largest).first()?);
        let shape = Shape::of(&head)?;
        if (shape.pixels as f64) < MIN_HEAD * plane as f64 {
            return None;
        }

        let edge = BORDER * side / 256;
        let on_border = |i: usize| {
            let (x, y) = (i % side, i / side);
            x.min(y) < edge || x.max(y) >= side - edge
        };
        let border = fraction((0..plane).filter(|&i| on_border(i)).map(|i| bright.inside()[i]));
        let outside = mean((0..plane).filter(|&i| !head.inside()[i]).map(|i| f64::from(flair[i])));

        // Mirrored at the vertical line through the head's centre.
        let axis = (2.0 * shape.centre[0]).round() as usize;
        let mirrored = |i: usize| axis.checked_sub(i % side).filter(|&x| x < side).map(|x| i - i % side + x);
        let inside = |i: Option<usize>| i.is_some_and(|i| head.inside()[i]);
        let pairs: Vec<[f64; 2]> = (0..plane)
            .filter(|&i| head.inside()[i] && inside(mirrored(i)))
            .filter_map(|i| Some([f64::from(flair[i]), f64::from(flair[mirrored(i)?])]))
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

/// The variance between neighbouring pixels of `region` divided by the variance of all: 0 if smooth, about 1 for noise.
fn roughness(plane: &[f32], region: &Mask) -> f64 {
    let width = region.width();
    let inside = region.inside();
    let has_neighbours = |&i: &usize| inside[i] && i % width > 0 && i >= width && inside[i - 1] && inside[i - width];
    let pixels: Vec<usize> = (0..plane.len()).filter(has_neighbours).collect();
    let average = mean(pixels.iter().map(|&i| f64::from(plane[i])));
    let variance = mean(pixels.iter().map(|&i| (f64::from(plane[i]) - average).powi(2)));
    let step = |back: usize| mean(pixels.iter().map(|&i| f64::from(plane[i] - plane[i - back]).powi(2)));
    // The squared difference of two independent values is twice their variance on average.
    (step(1) + step(width)) / (4.0 * (variance + 1e-9))
}
