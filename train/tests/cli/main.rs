//! `train` from outside: what it prints, writes and refuses, on phantoms and a tiny network with random weights.

mod arguments;
mod average;
mod crash;
mod evaluate;
mod fit;
mod phantom;
mod refused;
#[path = "../../src/scratch.rs"]
mod scratch;
mod segment;
mod world;
