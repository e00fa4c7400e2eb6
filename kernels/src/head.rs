//! The head: a 1x1 convolution to one logit for each pixel of the stem's cell.

use macerator::{Simd, vstore_unaligned};

use crate::feature_map::{FeatureMap, padded};
use crate::matmul::{self, Panels, ROWS};
use crate::vector::{MAX_LANES, lanes};

/// A head with packed weights.
pub struct Head {
    weights: Panels,
    /// One for each output of the panels.
    bias: Vec<f32>,
    stem: usize,
}

impl Head {
    /// `weight` is `[stem², inputs, 1, 1]`, `bias` `[stem²]`.
    ///
    /// # Panics
    /// If the lengths do not match.
    pub fn new(weight: &[f32], bias: &[f32], inputs: usize, stem: usize) -> Self {
        let cells = stem * stem;
        assert!(
            weight.len() == cells * inputs && bias.len() == cells,
            "expected a head of [{cells}, {inputs}, 1, 1], found {} weights and {} biases",
            weight.len(),
            bias.len()
        );
        let mut weights = Panels::new(cells, padded(inputs));
        for (index, value) in weight.iter().enumerate() {
            weights.set(index / inputs, index % inputs, *value);
        }
        Self { bias: weights.pad(bias), weights, stem }
    }

    /// `[height, width, channels]` to `[height * stem, width * stem]`.
    ///
    /// # Panics
    /// If `x` has other channels than the weights, or `logits` the wrong length.
    pub fn run(&self, x: &FeatureMap, logits: &mut [f32]) {
        run(self, x, logits);
    }
}

#[macerator::with_simd]
fn run<'a, S: Simd>(head: &'a Head, x: &'a FeatureMap, logits: &'a mut [f32]) {
    let lanes = lanes::<S>();
    let (inputs, stem) = (x.channels(), head.stem);
    let (width, cells) = (x.width() * stem, stem * stem);
    assert!(head.weights.inputs() == inputs, "expected {} channels, found {inputs}", head.weights.inputs());
    assert!(logits.len() == x.height() * stem * width, "{} logits for {:?}", logits.len(), x.size());
    for (panel, weights) in head.weights.iter().enumerate().take(cells.div_ceil(2 * lanes)) {
        let first = panel * 2 * lanes;
        for (y, left) in (0..x.height()).flat_map(|y| (0..x.width()).step_by(ROWS).map(move |left| (y, left))) {
            // The border holds the pixels that fill up the last block of a row.
            let sums = matmul::multiply_panel::<S>(x.at(y, left), weights, inputs); // [ROWS, panel]
            for (m, sums) in sums.into_iter().enumerate().take(x.width() - left) {
                let mut values = [0.0; 2 * MAX_LANES];
                // SAFETY: `values` has room for two vectors, since a vector has at most `MAX_LANES` numbers (`lanes`).
                unsafe {
                    vstore_unaligned(values.as_mut_ptr(), sums[0]);
                    vstore_unaligned(values.as_mut_ptr().add(lanes), sums[1]);
                }
                for (cell, value) in (first..cells).zip(&values[..2 * lanes]) {
                    let (y, x) = (y * stem + cell / stem, (left + m) * stem + cell % stem);
                    logits[y * width + x] = value + head.bias[cell];
                }
            }
        }
    }
}
