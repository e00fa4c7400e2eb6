//! [`Verdict`]: what is said of a case.

use serde::{Deserialize, Serialize};

/// What is said of a case before its masks are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether it looks like what the network was fitted on.
    pub accepted: bool,
    /// What does not, in whole sentences; empty for a case that is accepted.
    pub reasons: Vec<String>,
}
