//! The dimensions of a layer on a GPU, asserted before a kernel is launched.
//!
//! The kernels of `shader` are launched without bounds checks. Everything that their indices depend on is here, so that
//! it is tested without a GPU.

/// Neighbouring pixels of a row that a unit computes. The kernels are written for four.
const PIXELS: usize = 4;
/// Channels of a vector (`vec4` in WGSL), where inputs and outputs are multiples of it.
const LANES: usize = 4;

/// The dimensions of a layer. All are above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LayerShape {
    pub(super) n: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Height of the input in pixels.
    pub(super) height: usize,
    /// Width of the input in pixels.
    pub(super) width: usize,
    /// Pixels of the output along each side of a pixel of the input.
    pub(super) scale: usize,
    /// Channels of a vector: 4, or 1 where inputs or outputs are not a multiple of 4.
    pub(super) lanes: usize,
}

impl LayerShape {
    /// The dimensions of a 3x3 convolution with stride 1 and padding 1.
    ///
    /// # Panics
    /// Unless the shape of `x` is `[n, inputs, h, w]`, that of `weight` `[outputs, inputs, 3, 3]` and that of `bias`
    /// `[outputs]`, and all of them are above 0.
    pub(super) fn conv3x3(x: &[usize], weight: &[usize], bias: &[usize]) -> Self {
        let shape = Self::new(x, bias, 1);
        let expected = [shape.outputs, shape.inputs, 3, 3];
        assert!(weight == expected, "expected a weight of {expected:?}, found {weight:?}");
        shape
    }

    /// The dimensions of a transposed convolution with kernel and stride `side`.
    ///
    /// # Panics
    /// Unless `side` is 1 or 2, the shape of `x` is `[n, inputs, h, w]`, that of `weight`
    /// `[inputs, outputs, side, side]` and that of `bias` `[outputs]`, and all of them are above 0.
    pub(super) fn conv_transpose(x: &[usize], weight: &[usize], bias: &[usize], side: usize) -> Self {
        assert!(side == 1 || side == 2, "expected a kernel of 1x1 or 2x2, found {side}x{side}");
        let shape = Self::new(x, bias, side);
        let expected = [shape.inputs, shape.outputs, side, side];
        assert!(weight == expected, "expected a weight of {expected:?}, found {weight:?}");
        shape
    }

    fn new(x: &[usize], bias: &[usize], scale: usize) -> Self {
        let &[n, inputs, height, width] = x else { panic!("expected an input of rank 4, found {x:?}") };
        let &[outputs] = bias else { panic!("expected a bias of rank 1, found {bias:?}") };
        assert!(!x.contains(&0), "expected an input with values, found {x:?}");
        assert!(outputs > 0, "expected a layer with outputs, found none");
        let vectors = inputs.is_multiple_of(LANES) && outputs.is_multiple_of(LANES);
        Self { n, inputs, outputs, height, width, scale, lanes: if vectors { LANES } else { 1 } }
    }

    /// The shape of the output, channels last: `[n, h * scale, w * scale, outputs]`.
    pub(super) fn out(&self) -> [usize; 4] {
        [self.n, self.height * self.scale, self.width * self.scale, self.outputs]
    }

    /// The number of units to launch. Each computes one vector of channels of up to [`PIXELS`] pixels of the output.
    ///
    /// # Panics
    /// If a unit could have an index above `largest`, the largest index of the kernel.
    pub(super) fn units(&self, largest: u64) -> usize {
        let [n, height, _, outputs] = self.out();
        let counts = [n, height, self.width.div_ceil(PIXELS), self.scale, outputs / self.lanes];
        let units = counts.into_iter().try_fold(1_usize, usize::checked_mul);
        match units {
            Some(units) if units as u64 <= largest => units,
            _ => panic!("expected at most {largest} units, found {counts:?} multiplied"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv3x3(x: &[usize], weight: &[usize], bias: &[usize]) -> LayerShape {
        LayerShape::conv3x3(x, weight, bias)
    }

    #[test]
    fn the_dimensions_of_a_convolution() {
        let shape = conv3x3(&[2, 12, 5, 7], &[16, 12, 3, 3], &[16]);
        let expected = LayerShape { n: 2, inputs: 12, outputs: 16, height: 5, width: 7, scale: 1, lanes: 4 };
        assert_eq!(shape, expected);
        assert_eq!(shape.out(), [2, 5, 7, 16]);
        // Two groups of four pixels in each of five rows, four vectors of channels.
        assert_eq!(shape.units(u64::MAX), 2 * 5 * 2 * 4);
    }

    #[test]
    fn the_dimensions_of_an_up_convolution() {
        let shape = LayerShape::conv_transpose(&[1, 3, 5, 8], &[3, 4, 2, 2], &[4], 2);
        assert_eq!((shape.scale, shape.lanes), (2, 1), "three inputs are not whole vectors");
        assert_eq!(shape.out(), [1, 10, 16, 4]);
        assert_eq!(shape.units(u64::MAX), 10 * 2 * 2 * 4);
    }

    #[test]
    fn the_dimensions_of_a_head() {
        let shape = LayerShape::conv_transpose(&[1, 16, 8, 8], &[16, 4, 1, 1], &[4], 1);
        assert_eq!((shape.out(), shape.units(u64::MAX)), ([1, 8, 8, 4], 8 * 2));
    }

    #[test]
    #[should_panic(expected = "expected an input of rank 4, found [1, 4, 8]")]
    fn an_input_of_another_rank_is_refused() {
        conv3x3(&[1, 4, 8], &[4, 4, 3, 3], &[4]);
    }

    #[test]
    #[should_panic(expected = "expected a bias of rank 1, found [4, 1]")]
    fn a_bias_of_another_rank_is_refused() {
        conv3x3(&[1, 4, 8, 8], &[4, 4, 3, 3], &[4, 1]);
    }

    #[test]
    #[should_panic(expected = "expected an input with values, found [0, 4, 8, 8]")]
    fn a_batch_without_images_is_refused() {
        conv3x3(&[0, 4, 8, 8], &[4, 4, 3, 3], &[4]);
    }

    #[test]
    #[should_panic(expected = "expected an input with values, found [1, 0, 8, 8]")]
    fn an_input_without_channels_is_refused() {
        conv3x3(&[1, 0, 8, 8], &[4, 0, 3, 3], &[4]);
    }

    #[test]
    #[should_panic(expected = "expected an input with values, found [1, 4, 0, 8]")]
    fn an_input_without_rows_is_refused() {
        conv3x3(&[1, 4, 0, 8], &[4, 4, 3, 3], &[4]);
    }

    #[test]
    #[should_panic(expected = "expected an input with values, found [1, 4, 8, 0]")]
    fn an_input_without_columns_is_refused() {
        conv3x3(&[1, 4, 8, 0], &[4, 4, 3, 3], &[4]);
    }

    #[test]
    #[should_panic(expected = "expected a layer with outputs, found none")]
    fn a_layer_without_outputs_is_refused() {
        conv3x3(&[1, 4, 8, 8], &[0, 4, 3, 3], &[0]);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [8, 4, 3, 3], found [4, 4, 3, 3]")]
    fn a_weight_with_other_outputs_is_refused() {
        conv3x3(&[1, 4, 8, 8], &[4, 4, 3, 3], &[8]);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [4, 4, 3, 3], found [4, 8, 3, 3]")]
    fn a_weight_with_other_inputs_is_refused() {
        conv3x3(&[1, 4, 8, 8], &[4, 8, 3, 3], &[4]);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [4, 4, 3, 3], found [4, 4, 3, 2]")]
    fn a_kernel_of_another_size_is_refused() {
        conv3x3(&[1, 4, 8, 8], &[4, 4, 3, 2], &[4]);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [4, 4, 3, 3], found [4, 4, 9]")]
    fn a_weight_of_another_rank_is_refused() {
        conv3x3(&[1, 4, 8, 8], &[4, 4, 9], &[4]);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [4, 8, 2, 2], found [8, 4, 2, 2]")]
    fn a_transposed_weight_with_swapped_channels_is_refused() {
        LayerShape::conv_transpose(&[1, 4, 8, 8], &[8, 4, 2, 2], &[8], 2);
    }

    #[test]
    #[should_panic(expected = "expected a weight of [4, 8, 2, 2], found [4, 8, 2, 1]")]
    fn a_transposed_kernel_of_another_size_is_refused() {
        LayerShape::conv_transpose(&[1, 4, 8, 8], &[4, 8, 2, 1], &[8], 2);
    }

    #[test]
    #[should_panic(expected = "expected a kernel of 1x1 or 2x2, found 3x3")]
    fn a_transposed_kernel_with_another_stride_is_refused() {
        LayerShape::conv_transpose(&[1, 4, 8, 8], &[4, 8, 3, 3], &[8], 3);
    }

    #[test]
    #[should_panic(expected = "expected a kernel of 1x1 or 2x2, found 0x0")]
    fn a_transposed_kernel_without_weights_is_refused() {
        LayerShape::conv_transpose(&[1, 4, 8, 8], &[4, 8, 0, 0], &[8], 0);
    }

    #[test]
    #[should_panic(expected = "expected at most 4294967295 units, found [65536, 65536, 1, 1, 1] multiplied")]
    fn more_units_than_a_32_bit_index_counts_are_refused() {
        conv3x3(&[1 << 16, 1, 1 << 16, 4], &[1, 1, 3, 3], &[1]).units(u32::MAX.into());
    }

    #[test]
    fn as_many_units_as_a_32_bit_index_counts_are_accepted() {
        let shape = conv3x3(&[(1 << 16) - 1, 1, (1 << 16) + 1, 4], &[1, 1, 3, 3], &[1]);
        assert_eq!(shape.units(u32::MAX.into()), u32::MAX as usize);
    }

    #[test]
    #[should_panic(expected = "multiplied")]
    fn a_number_of_units_that_overflows_is_refused() {
        conv3x3(&[usize::MAX, 1, 2, 4], &[1, 1, 3, 3], &[1]).units(u64::MAX);
    }
}
