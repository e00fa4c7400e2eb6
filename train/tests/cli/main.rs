//! Tests of the `train` binary on phantoms and a tiny network with random weights.

mod arguments;
mod average;
mod calibrate;
mod cohort;
mod crash;
mod cross_validate;
mod evaluate;
mod export;
mod fit;
mod fit_check;
mod inspect;
mod phantom;
mod recipe;
mod refused;
mod segment;
mod volumes;
mod world;
