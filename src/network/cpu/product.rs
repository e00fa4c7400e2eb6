//! Products of matrices in the shapes that minimal filtering needs: many rows by weights that are packed once, and, for
//! the gradient of the weights, many rows by as many others.

use macerator::{Scalar, Simd, Vector, vload_unaligned, vstore_unaligned};

use super::map::padded;

/// Rows that are multiplied at once: with two vectors of outputs, eight sums. They hide the latency of a multiply-add and
/// leave room in the sixteen registers of x86 without AVX-512 and of wasm there.
pub(crate) const ROWS: usize = 4;

/// Weights in panels of as many outputs as two vectors hold: `[outputs / panel, inputs, panel]`, zero-padded
/// to what the outputs take in a map at least.
pub(crate) struct Panels {
    values: Vec<f32>,
    panel: usize,
    panels: usize,
    inputs: usize,
}

impl Panels {
    /// Zeros.
    pub(crate) fn new(outputs: usize, inputs: usize) -> Self {
        let panel = 2 * lanes(&());
        let panels = padded(outputs).div_ceil(panel);
        Self { values: vec![0.0; panels * inputs * panel], panel, panels, inputs }
    }

    pub(crate) fn set(&mut self, output: usize, input: usize, value: f32) {
        let (panel, inputs) = (self.panel, self.inputs);
        self.values[(output / panel * inputs + input) * panel + output % panel] = value;
    }

    /// The weights of `input` for one vector of outputs: `output`, a multiple of the lanes, and those after it.
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

    /// With the padding.
    pub(crate) fn outputs(&self) -> usize {
        self.panels * self.panel
    }

    /// `values`, one for each output, with zeros for the padding.
    pub(crate) fn padded(&self, values: &[f32]) -> Vec<f32> {
        let mut values = values.to_vec();
        values.resize(self.outputs(), 0.0);
        values
    }
}

#[macerator::with_simd]
fn lanes<S: Simd>(_nothing: &()) -> usize {
    f32::lanes::<S>()
}

/// The first `rows` rows of `x`, `[rows, inputs]`, by the weights: `[rows, outputs]`.
///
/// # Panics
/// Unless `rows` is a multiple of [`ROWS`] and both slices are that long.
#[inline(always)]
pub(crate) fn multiply<S: Simd>(x: &[f32], weights: &Panels, out: &mut [f32], rows: usize) {
    let (inputs, outputs) = (weights.inputs, weights.outputs());
    let lanes = f32::lanes::<S>();
    assert!(weights.panel == 2 * lanes && rows.is_multiple_of(ROWS));
    assert!(x.len() >= rows * inputs && out.len() >= rows * outputs);
    for (panel, values) in weights.iter().enumerate() {
        for row in (0..rows).step_by(ROWS) {
            // SAFETY: `ROWS` rows from `row` on are inside, by the assertions; a panel is `inputs` pairs of vectors.
            unsafe {
                let x = x.as_ptr().add(row * inputs);
                let sums = block::<S>(x, [inputs, 1], values.as_ptr(), weights.panel, inputs);
                for (m, sums) in sums.into_iter().enumerate() {
                    let to = out.as_mut_ptr().add((row + m) * outputs + panel * weights.panel);
                    vstore_unaligned(to, sums[0]);
                    vstore_unaligned(to.add(lanes), sums[1]);
                }
            }
        }
    }
}

/// Adds the products of the columns of `x`, `[rows, outputs]`, and those of `y`, `[rows, inputs]`, to `sums`,
/// `[outputs, pitch]`: numbers from `inputs` on mean nothing.
///
/// # Panics
/// Unless `outputs` is a multiple of [`ROWS`], `pitch` one of two vectors, and `y` is as long as if its last row were
/// `pitch` numbers.
#[cfg(feature = "fit")]
#[inline(always)]
pub(crate) fn accumulate<S: Simd>(
    [x, y]: [&[f32]; 2],
    [outputs, inputs]: [usize; 2],
    rows: usize,
    sums: &mut [f32],
    pitch: usize,
) {
    let lanes = f32::lanes::<S>();
    assert!(outputs.is_multiple_of(ROWS) && pitch.is_multiple_of(2 * lanes) && rows > 0);
    assert!(x.len() >= rows * outputs && y.len() >= (rows - 1) * inputs + pitch && sums.len() >= outputs * pitch);
    for input in (0..pitch).step_by(2 * lanes) {
        for output in (0..outputs).step_by(ROWS) {
            // SAFETY: inside by the assertions.
            unsafe {
                let (x, y) = (x.as_ptr().add(output), y.as_ptr().add(input));
                let found = block::<S>(x, [1, outputs], y, inputs, rows);
                for (m, found) in found.into_iter().enumerate() {
                    let to = sums.as_mut_ptr().add((output + m) * pitch + input);
                    for (half, found) in found.into_iter().enumerate() {
                        let to = to.add(half * lanes);
                        vstore_unaligned(to, vload_unaligned(to) + found);
                    }
                }
            }
        }
    }
}

/// [`ROWS`] rows of `count` numbers by as many pairs of vectors: rows are `row` numbers apart, their numbers `next`, and the
/// pairs `pitch`.
///
/// # Safety
/// All of these have to be readable.
#[inline(always)]
pub(crate) unsafe fn block<S: Simd>(
    x: *const f32,
    [row, next]: [usize; 2],
    mut pair: *const f32,
    pitch: usize,
    count: usize,
) -> [[Vector<S, f32>; 2]; ROWS] {
    let lanes = f32::lanes::<S>();
    let zero: Vector<S, f32> = 0f32.splat();
    let mut sums = [[zero; 2]; ROWS];
    let mut rows: [*const f32; ROWS] = core::array::from_fn(|m| x.wrapping_add(m * row));
    for _ in 0..count {
        // SAFETY: as the caller promises.
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
