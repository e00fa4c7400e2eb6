//! [`InputCheck`]: the outcome of the check for one case.

use serde::{Deserialize, Serialize};

use super::kind::Kind;

/// Whether a case shows what the network is fitted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputCheck {
    /// Whether it does.
    pub accepted: bool,
    /// Why it does not, in full sentences for the user; empty for an accepted case.
    pub reasons: Vec<String>,
    /// What the case shows; `None` if no check has run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
}

impl InputCheck {
    /// The outcome without a check: every case is accepted.
    pub const fn unchecked() -> Self {
        Self { accepted: true, reasons: Vec::new(), kind: None }
    }
}
