//! Fitting on the CPU: the forward and the backward pass of a batch through the whole U-Net.
//!
//! All feature maps keep the layout of inference, and their memory is used again in the next step. Results do not depend on
//! the number of threads.

mod parameters;
mod pass;

pub(crate) use parameters::{NormedConv, Parameters, PlainConv};
pub(crate) use pass::Pass;
