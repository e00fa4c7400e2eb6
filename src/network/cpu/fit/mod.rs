//! Fitting on the CPU: the forward and the backward pass of a batch through the whole U-Net.
//!
//! All feature maps keep the layout of inference, and their memory is used again in the next step. Results do not depend on
//! the number of threads.

#![allow(clippy::extra_unused_type_parameters, reason = "`with_simd` compiles plain loops for the vectors of `S`")]

mod batch_norm;
mod head;
mod max_pool;
mod parameters;
mod pass;
mod up_convolution;
mod weight_gradient;

pub(crate) use parameters::{NormedConv, Parameters, PlainConv};
pub(crate) use pass::Pass;
