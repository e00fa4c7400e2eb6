//! The options of the only convolution that these operations compute.

use burn::backend::ops::ConvOptions;

/// Stride 1, padding 1, dilation 1, one group: a 3x3 convolution keeps height and width.
pub(super) fn same_padding() -> ConvOptions<2> {
    ConvOptions::new([1, 1], [1, 1], [1, 1], 1)
}
