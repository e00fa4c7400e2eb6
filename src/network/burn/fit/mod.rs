//! Fitting. On the CPU [`CpuPass`] computes a whole batch without Burn's operations. On GPUs Burn's autodiff does, with a 3x3
//! convolution, batch normalisation and ReLU in one operation.

mod conv_norm_relu;
mod cpu_pass;

pub(super) use conv_norm_relu::conv3x3_norm_relu;
pub use cpu_pass::CpuPass;
