//! `card.json`: how a network was fitted and how well it does. Nothing in it is needed to run the network.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::ModelFault;

/// `card.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Patients of the training data and of the held-out data.
    pub split: Split,
    /// Slices of the training data.
    pub counts: Counts,
    /// The resolved recipe of `train fit`; of a mean by `train average` the models that it averages, with their recipes.
    pub recipe: serde_json::Value,
    /// Git revision of the program that fitted the network, with `-dirty` where its source had changes; `unknown` where it was
    /// built outside a checkout.
    pub revision: String,
    /// Figures of the held-out patients by name, each in the unit that its name says.
    pub metrics: BTreeMap<String, f64>,
}

/// Names of patients, or of slices after a fit on a split by slices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Training data.
    pub fit: Vec<String>,
    /// Held-out data. The recipe was chosen on it.
    pub held_out: Vec<String>,
}

/// The size of the training data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Slices.
    pub slices: usize,
    /// Slices with a lesion.
    pub positive: usize,
}

impl Card {
    /// Reads `card.json`.
    ///
    /// # Errors
    /// [`ModelFault::Card`] for text that is no card.
    pub fn from_json(json: &[u8]) -> Result<Self, ModelFault> {
        serde_json::from_slice(json).map_err(ModelFault::Card)
    }
}
