//! Matrix products in the shapes that a Winograd convolution needs.
//!
//! ```text
//! for each panel of two vectors of outputs:
//!     for each block of ROWS rows:
//!         sums[ROWS][2] = 0                       in registers
//!         for each input:
//!             sums[m][..] += x[row + m][input] * panel[input][..]
//!         write the sums
//! ```

use macerator::{Scalar, Simd, Vector, vload_unaligned, vstore_unaligned};

use crate::feature_map::padded;
use crate::vector::{lanes, selected_lanes};

/// Rows of one block. With two vectors of outputs there are eight sums: they hide the latency of a multiply-add, four
/// cycles at two a cycle (Intel since Skylake), and fit into the sixteen vector registers of x86-64 without AVX-512.
pub(crate) const ROWS: usize = 4;

/// Weights, packed into panels of two vectors of outputs: `[outputs / panel, inputs, panel]`.
///
/// The outputs are padded by zeros to whole panels, and at least to the channels of a feature map.
pub(crate) struct Panels {
    values: Vec<f32>,
    /// Outputs of a panel: two vectors of the machine's width.
    panel: usize,
    panels: usize,
    inputs: usize,
}

impl Panels {
    /// Panels of zeros.
    ///
    /// # Panics
    /// If `outputs` or `inputs` is 0.
    pub(crate) fn new(outputs: usize, inputs: usize) -> Self {
        assert!(outputs > 0 && inputs > 0, "expected a matrix with values, found {outputs} x {inputs}");
        let panel = 2 * selected_lanes();
        let panels = padded(outputs).div_ceil(panel);
        Self { values: vec![0.0; panels * inputs * panel], panel, panels, inputs }
    }

    /// Sets one weight.
    ///
    /// # Panics
    /// If there is no such output or input.
    pub(crate) fn set(&mut self, output: usize, input: usize, value: f32) {
        let (panel, inputs) = (self.panel, self.inputs);
        assert!(input < inputs, "input {input} of {inputs}");
        self.values[(output / panel * inputs + input) * panel + output % panel] = value;
    }

    /// The weights of `input` for one vector of outputs, which starts at `output`, a multiple of the lanes.
    #[inline(always)]
    pub(crate) fn vector(&mut self, output: usize, input: usize) -> &mut [f32] {
        let (panel, lanes) = (self.panel, self.panel / 2);
        &mut self.values[(output / panel * self.inputs + input) * panel + output % panel..][..lanes]
    }

    /// The panels in order, each `[inputs, panel]`.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.inputs * self.panel)
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// The number of outputs with the padding.
    pub(crate) fn outputs(&self) -> usize {
        self.panels * self.panel
    }

    /// Outputs of a panel.
    pub(crate) fn panel(&self) -> usize {
        self.panel
    }

    /// `values`, one for each output, with zeros for the padding.
    ///
    /// # Panics
    /// If there are more values than outputs.
    pub(crate) fn pad(&self, values: &[f32]) -> Vec<f32> {
        assert!(values.len() <= self.outputs(), "{} values for {} outputs", values.len(), self.outputs());
        let mut values = values.to_vec();
        values.resize(self.outputs(), 0.0);
        values
    }
}

/// Writes the products of the first `rows` rows of `x`, `[rows, inputs]`, and `weights` to `out`, `[rows, outputs]`.
///
/// # Panics
/// If `rows` is not a multiple of [`ROWS`], a slice is too short, or the weights are packed for another vector width.
#[inline(always)]
pub(crate) fn multiply<S: Simd>(x: &[f32], weights: &Panels, out: &mut [f32], rows: usize) {
    let (inputs, outputs, panel) = (weights.inputs, weights.outputs(), weights.panel);
    let lanes = lanes::<S>();
    assert!(panel == 2 * lanes, "panels of {panel} outputs for vectors of {lanes} lanes");
    assert!(rows.is_multiple_of(ROWS), "expected a multiple of {ROWS} rows, found {rows}");
    assert!(rows <= x.len() / inputs, "{rows} rows of {inputs} inputs in {} values", x.len());
    assert!(rows <= out.len() / outputs, "{rows} rows of {outputs} outputs in {} values", out.len());
    for (index, values) in weights.iter().enumerate() {
        for row in (0..rows).step_by(ROWS) {
            // SAFETY:
            // * `row + ROWS <= rows`, since `rows` is a multiple of `ROWS`, and `x` and `out` have `rows` rows.
            // * `values` is one of the panels: `inputs` times `panel` numbers, and `panel` is two vectors.
            // * Row `row + m` of `out` has `outputs` numbers, and `index * panel + panel <= outputs`.
            unsafe {
                let sums = row_block::<S>(x.as_ptr().add(row * inputs), [inputs, 1], values.as_ptr(), panel, inputs);
                for (m, sums) in sums.into_iter().enumerate() {
                    let to = out.as_mut_ptr().add((row + m) * outputs + index * panel);
                    vstore_unaligned(to, sums[0]);
                    vstore_unaligned(to.add(lanes), sums[1]);
                }
            }
        }
    }
}

/// The products of the first [`ROWS`] rows of `x`, `[ROWS, inputs]`, and one panel, `[inputs, panel]`: `[ROWS, panel]`,
/// each row in two vectors.
///
/// # Panics
/// If `x` is too short or `panel` is not `inputs` times two vectors.
#[inline(always)]
pub(crate) fn multiply_panel<S: Simd>(x: &[f32], panel: &[f32], inputs: usize) -> [[Vector<S, f32>; 2]; ROWS] {
    let pair = 2 * lanes::<S>();
    assert!(x.len() / ROWS >= inputs, "{ROWS} rows of {inputs} inputs in {} values", x.len());
    assert!(panel.len() == inputs * pair, "{inputs} times {pair} weights in {} values", panel.len());
    // SAFETY:
    // * `x` has `ROWS` rows of `inputs` numbers, by the first assertion.
    // * `panel` has `inputs` pairs of vectors, by the second assertion.
    unsafe { row_block::<S>(x.as_ptr(), [inputs, 1], panel.as_ptr(), pair, inputs) }
}

/// Adds the product of the transpose of `x` and of `y` to `sums`.
///
/// `x` is `[rows, outputs]`, `y` `[rows, inputs]`, `sums` `[outputs, pitch]`.
///
/// Rows of `sums` are `pitch` numbers long. Those from `inputs` on have no meaning.
///
/// # Panics
/// If `rows` is 0, `outputs` is not a multiple of [`ROWS`], `pitch` is not a multiple of two vectors or less than
/// `inputs`, or a slice is too short. The last row of `y` has to have `pitch` numbers.
#[cfg(feature = "fit")]
#[inline(always)]
pub(crate) fn accumulate<S: Simd>(
    [x, y]: [&[f32]; 2],
    [outputs, inputs]: [usize; 2],
    rows: usize,
    sums: &mut [f32],
    pitch: usize,
) {
    let lanes = lanes::<S>();
    assert!(rows > 0 && outputs > 0, "expected a matrix with values, found {rows} x {outputs}");
    assert!(outputs.is_multiple_of(ROWS), "expected a multiple of {ROWS} outputs, found {outputs}");
    assert!(pitch.is_multiple_of(2 * lanes), "expected a multiple of {} as pitch, found {pitch}", 2 * lanes);
    assert!(inputs > 0 && inputs <= pitch, "expected at most {pitch} inputs, found {inputs}");
    assert!(rows <= x.len() / outputs, "{rows} rows of {outputs} outputs in {} values", x.len());
    assert!(
        y.len() >= pitch && rows - 1 <= (y.len() - pitch) / inputs,
        "{rows} rows of {inputs} inputs, the last of {pitch}, in {} values",
        y.len()
    );
    assert!(outputs <= sums.len() / pitch, "{outputs} rows of {pitch} sums in {} values", sums.len());
    for input in (0..pitch).step_by(2 * lanes) {
        for output in (0..outputs).step_by(ROWS) {
            // SAFETY:
            // * `output + ROWS <= outputs`, since `outputs` is a multiple of `ROWS`, and `x` has `rows` rows of
            //   `outputs`.
            // * `input + 2 * lanes <= pitch`, since `pitch` is a multiple of it, and each row of `y` has `pitch`
            //   numbers before the end of `y`.
            // * `sums` has `outputs` rows of `pitch` numbers.
            unsafe {
                let (x, y) = (x.as_ptr().add(output), y.as_ptr().add(input));
                let products = row_block::<S>(x, [1, outputs], y, inputs, rows);
                for (m, products) in products.into_iter().enumerate() {
                    let to = sums.as_mut_ptr().add((output + m) * pitch + input);
                    for (half, product) in products.into_iter().enumerate() {
                        let to = to.add(half * lanes);
                        vstore_unaligned(to, vload_unaligned(to) + product);
                    }
                }
            }
        }
    }
}

/// The products of a block of [`ROWS`] rows of `count` numbers and `count` pairs of vectors.
///
/// The number `k` of row `m` is at `x + m * row + k * next`, and pair `k` at `pair + k * pitch`.
///
/// # Safety
/// For every `m` below [`ROWS`] and every `k` below `count`
///
/// * `x + m * row + k * next` is valid for reading one number,
/// * `pair + k * pitch` is valid for reading two vectors of `S`,
/// * all of them are initialised. They need not be aligned to vectors.
#[inline(always)]
unsafe fn row_block<S: Simd>(
    x: *const f32,
    [row, next]: [usize; 2],
    mut pair: *const f32,
    pitch: usize,
    count: usize,
) -> [[Vector<S, f32>; 2]; ROWS] {
    let lanes = f32::lanes::<S>();
    let zero: Vector<S, f32> = 0f32.splat();
    let mut sums = [[zero; 2]; ROWS];
    // `wrapping_add`: after the last number these pointers may lie beyond the slices. Then they are not read.
    let mut rows: [*const f32; ROWS] = core::array::from_fn(|m| x.wrapping_add(m * row));
    for _ in 0..count {
        // SAFETY: the caller guarantees that the pairs and numbers of this round can be read.
        unsafe {
            let weights: [Vector<S, f32>; 2] = [vload_unaligned(pair), vload_unaligned(pair.add(lanes))];
            for (sums, row) in sums.iter_mut().zip(&mut rows) {
                let value: Vector<S, f32> = (**row).splat();
                sums[0] = weights[0].mul_add(value, sums[0]);
                sums[1] = weights[1].mul_add(value, sums[1]);
                *row = row.wrapping_add(next);
            }
        }
        pair = pair.wrapping_add(pitch);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [`multiply`] with the vectors of this machine.
    #[macerator::with_simd]
    fn run<'a, S: Simd>(x: &'a [f32], weights: &'a Panels, out: &'a mut [f32], rows: usize) {
        multiply::<S>(x, weights, out, rows);
    }

    #[test]
    fn a_product_equals_the_naive_loop() {
        let (rows, outputs, inputs) = (8, 19, 3);
        let mut weights = Panels::new(outputs, inputs);
        for (output, input) in (0..outputs).flat_map(|output| (0..inputs).map(move |input| (output, input))) {
            weights.set(output, input, (output * 10 + input) as f32);
        }
        let x: Vec<f32> = (0..rows * inputs).map(|value| value as f32).collect();
        let mut out = vec![f32::NAN; rows * weights.outputs()];
        run(&x, &weights, &mut out, rows);
        for (row, found) in out.chunks_exact(weights.outputs()).enumerate() {
            for (output, found) in found.iter().enumerate() {
                let weight = |input: usize| if output < outputs { (output * 10 + input) as f32 } else { 0.0 };
                let expected: f32 = (0..inputs).map(|input| x[row * inputs + input] * weight(input)).sum();
                assert_eq!(*found, expected, "row {row}, output {output}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "expected a multiple of 4 rows, found 6")]
    fn rows_that_are_not_whole_blocks_are_refused() {
        run(&[0.0; 64], &Panels::new(1, 2), &mut [0.0; 1024], 6);
    }

    #[test]
    #[should_panic(expected = "8 rows of 2 inputs in 15 values")]
    fn too_few_rows_are_refused() {
        run(&[0.0; 15], &Panels::new(1, 2), &mut [0.0; 1024], 8);
    }

    #[test]
    #[should_panic(expected = "outputs in 7 values")]
    fn too_few_products_are_refused() {
        run(&[0.0; 16], &Panels::new(1, 2), &mut [0.0; 7], 8);
    }

    #[test]
    #[should_panic(expected = "outputs for vectors of")]
    fn panels_of_another_vector_width_are_refused() {
        let mut weights = Panels::new(1, 2);
        weights.panel *= 2;
        run(&[0.0; 16], &weights, &mut [0.0; 1024], 8);
    }

    #[test]
    #[should_panic(expected = "input 2 of 2")]
    fn a_weight_of_an_input_that_does_not_exist_is_refused() {
        Panels::new(1, 2).set(0, 2, 1.0);
    }

    #[macerator::with_simd]
    fn run_panel<'a, S: Simd>(x: &'a [f32], panel: &'a [f32], inputs: usize) {
        multiply_panel::<S>(x, panel, inputs);
    }

    #[test]
    #[should_panic(expected = "4 rows of 2 inputs in 7 values")]
    fn a_block_with_too_few_rows_is_refused() {
        run_panel(&[0.0; 7], &vec![0.0; 4 * selected_lanes()], 2);
    }

    #[test]
    #[should_panic(expected = "weights in 5 values")]
    fn a_panel_that_is_too_short_is_refused() {
        run_panel(&[0.0; 8], &[0.0; 5], 2);
    }

    #[cfg(feature = "fit")]
    mod fit {
        use super::*;

        #[macerator::with_simd]
        fn run<'a, S: Simd>(x: &'a [f32], y: &'a [f32], size: [usize; 3], sums: &'a mut [f32], pitch: usize) {
            let [outputs, inputs, rows] = size;
            accumulate::<S>([x, y], [outputs, inputs], rows, sums, pitch);
        }

        #[test]
        #[should_panic(expected = "expected a multiple of 4 outputs, found 6")]
        fn outputs_that_are_not_whole_blocks_are_refused() {
            run(&[0.0; 64], &[0.0; 64], [6, 8, 1], &mut [0.0; 512], 32);
        }

        #[test]
        #[should_panic(expected = "as pitch, found 33")]
        fn a_pitch_that_is_not_whole_vectors_is_refused() {
            run(&[0.0; 64], &[0.0; 64], [4, 8, 1], &mut [0.0; 512], 33);
        }

        #[test]
        #[should_panic(expected = "expected at most 32 inputs, found 40")]
        fn rows_that_overlap_are_refused() {
            run(&[0.0; 64], &[0.0; 64], [4, 40, 1], &mut [0.0; 512], 32);
        }

        #[test]
        #[should_panic(expected = "2 rows of 4 outputs in 7 values")]
        fn too_few_outputs_are_refused() {
            run(&[0.0; 7], &[0.0; 64], [4, 8, 2], &mut [0.0; 512], 32);
        }

        #[test]
        #[should_panic(expected = "2 rows of 8 inputs, the last of 32, in 39 values")]
        fn too_few_inputs_are_refused() {
            run(&[0.0; 8], &[0.0; 39], [4, 8, 2], &mut [0.0; 512], 32);
        }

        #[test]
        #[should_panic(expected = "4 rows of 32 sums in 127 values")]
        fn too_few_sums_are_refused() {
            run(&[0.0; 8], &[0.0; 40], [4, 8, 2], &mut [0.0; 127], 32);
        }
    }
}
