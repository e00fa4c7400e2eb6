//! [`Origin`]: where results come from.

use crate::network::{Card, Manifest};

/// Where the results of a bundle come from, the same for all of its cases.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The network.
    pub manifest: Manifest,
    /// How it was fitted and how well it does, where that is known.
    pub card: Option<Card>,
    /// What it ran on, for people.
    pub backend: String,
    /// A pixel is inside if its probability is at least this, 0 to 1.
    pub threshold: f64,
    /// The rules by which masks were drawn or edited, in the user's words.
    pub rules: Option<String>,
}
