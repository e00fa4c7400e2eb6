//! Batch normalisation, and the gradients of all layers.

#![allow(clippy::extra_unused_type_parameters, reason = "`with_simd` compiles plain loops for the vectors of `S`")]

pub mod batch_norm;
mod head;
mod max_pool;
mod up_convolution;
mod weight_gradient;

pub use head::backward as head_gradient;
pub use max_pool::add_gradient as add_max_pool_gradient;
pub use up_convolution::UpGradient;
pub use weight_gradient::weight_gradient;
