//! The gradients of the up-convolution: two matrix products.

use macerator::Simd;

use crate::feature_map::{FeatureMap, padded};
use crate::matmul::{self, Panels, ROWS};
use crate::vector::{lanes, selected_lanes};

/// An up-convolution with weights packed for the gradient of its input.
pub struct UpGradient {
    /// `[inputs, 4 * outputs]`, the outputs of each pixel of the square padded.
    weights: Panels,
    inputs: usize,
    outputs: usize,
}

impl UpGradient {
    /// `weight` is `[inputs, outputs, 2, 2]`.
    ///
    /// # Panics
    /// If `inputs` or `outputs` is 0.
    pub fn new(weight: &[f32], [inputs, outputs]: [usize; 2]) -> Self {
        let mut weights = Panels::new(inputs, 4 * padded(outputs));
        for (index, value) in weight.iter().enumerate() {
            let (pixel, output, input) = (index % 4, index / 4 % outputs, index / 4 / outputs);
            weights.set(input, pixel * padded(outputs) + output, *value);
        }
        Self { weights, inputs, outputs }
    }

    /// Sums of the gradient of the weights, `[4 * outputs, pitch]`, with padded outputs.
    pub fn sums(&self) -> Vec<f32> {
        vec![0.0; 4 * padded(self.outputs) * self.pitch()]
    }

    fn pitch(&self) -> usize {
        padded(self.inputs).next_multiple_of(2 * selected_lanes())
    }

    /// Writes the gradient of `x` to `of_x`, from the channels of `gradient` from `first` on. Adds the gradient of the weights
    /// to `sums`, and returns that of the bias.
    ///
    /// # Panics
    /// If `gradient` is not twice as high and wide as `x` and `of_x`, a feature map lacks the channels of the weights, or `sums` is
    /// too short.
    pub fn run(
        &self,
        x: &FeatureMap,
        gradient: &FeatureMap,
        first: usize,
        of_x: &mut FeatureMap,
        sums: &mut [f32],
    ) -> Vec<f64> {
        run(self, [x, gradient], first, of_x, sums)
    }

    /// The gradient of the weights, `[inputs, outputs, 2, 2]`, from its sums.
    ///
    /// # Panics
    /// If `sums` is too short.
    pub fn weight(&self, sums: &[f32]) -> Vec<f32> {
        let (pitch, outputs) = (self.pitch(), self.outputs);
        let value = |index: usize| {
            let (pixel, output, input) = (index % 4, index / 4 % outputs, index / 4 / outputs);
            sums[(pixel * padded(outputs) + output) * pitch + input]
        };
        (0..self.inputs * outputs * 4).map(value).collect()
    }
}

#[macerator::with_simd]
fn run<'a, S: Simd>(
    up: &'a UpGradient,
    maps: [&'a FeatureMap; 2],
    first: usize,
    of_x: &'a mut FeatureMap,
    sums: &'a mut [f32],
) -> Vec<f64> {
    let [x, gradient] = maps;
    let (inputs, outputs, pitch) = (x.channels(), padded(up.outputs), up.pitch());
    assert!(pitch.is_multiple_of(2 * lanes::<S>()), "a pitch of {pitch} for vectors of {}", lanes::<S>());
    assert!(inputs == padded(up.inputs) && of_x.channels() == inputs, "{inputs} channels for {} inputs", up.inputs);
    assert!(first + outputs <= gradient.channels(), "{outputs} of {} channels from {first}", gradient.channels());
    assert!(gradient.size() == x.size().map(|side| 2 * side) && of_x.size() == x.size(), "sizes differ");
    let (width, pixels) = (x.width(), x.width() * x.height());
    let rows = pixels.next_multiple_of(ROWS);
    let mut squares = vec![0.0; rows * 4 * outputs]; // [pixels, 4, outputs]
    for (row, from) in gradient.rows().enumerate() {
        let to = &mut squares[row / 2 * width * 4 * outputs..];
        for (column, from) in from.chunks_exact(gradient.channels()).enumerate() {
            let pixel = row % 2 * 2 + column % 2;
            to[(column / 2 * 4 + pixel) * outputs..][..outputs].copy_from_slice(&from[first..][..outputs]);
        }
    }
    // The last row of `accumulate` reads `pitch` numbers.
    let mut values: Vec<f32> = Vec::with_capacity(pixels * inputs + pitch); // [pixels, inputs]
    x.rows().for_each(|row| values.extend_from_slice(row));
    values.resize(pixels * inputs + pitch, 0.0);
    matmul::accumulate::<S>([&squares, &values], [4 * outputs, inputs], pixels, sums, pitch);

    let columns = up.weights.outputs();
    let mut products = vec![0.0; rows * columns]; // [pixels, inputs]
    matmul::multiply::<S>(&squares, &up.weights, &mut products, rows);
    let mut products = products.chunks_exact(columns);
    for row in of_x.rows_mut() {
        for (to, from) in row.chunks_exact_mut(inputs).zip(&mut products) {
            to.copy_from_slice(&from[..inputs]);
        }
    }
    let mut of_bias = vec![0f64; up.outputs];
    for row in squares.chunks_exact(4 * outputs * width) {
        let mut of_row = vec![0f32; outputs];
        for square in row.chunks_exact(outputs) {
            of_row.iter_mut().zip(square).for_each(|(sum, value)| *sum += value);
        }
        of_bias.iter_mut().zip(&of_row).for_each(|(sum, row)| *sum += f64::from(*row));
    }
    of_bias
}
