//! [`InputCheck`]: the outcome of the check for one case.

use serde::{Deserialize, Serialize};

/// Whether a case looks like the training data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputCheck {
    /// Whether it does.
    pub accepted: bool,
    /// Why it does not, in full sentences for the user; empty for an accepted case.
    pub reasons: Vec<String>,
}
