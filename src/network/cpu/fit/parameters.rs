//! The parameters of a U-Net for fitting, or their gradients.

/// A 3x3 convolution without a bias and the normalisation after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct NormedConv {
    /// `[outputs, inputs, 3, 3]`.
    pub(crate) weight: Vec<f32>,
    /// `[outputs]`.
    pub(crate) gamma: Vec<f32>,
    /// `[outputs]`.
    pub(crate) beta: Vec<f32>,
}

/// An up-convolution, `[inputs, outputs, 2, 2]`, or the head, `[outputs, inputs, 1, 1]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PlainConv {
    pub(crate) weight: Vec<f32>,
    /// `[outputs]`.
    pub(crate) bias: Vec<f32>,
}

/// All parameters, or the gradients of all. Each list has one for each depth, the finest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parameters {
    pub(crate) down: Vec<[NormedConv; 2]>,
    pub(crate) up: Vec<PlainConv>,
    pub(crate) merge: Vec<[NormedConv; 2]>,
    pub(crate) head: PlainConv,
}
