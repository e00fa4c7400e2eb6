//! What the visitor has set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::UsageFault;
use crate::layout::CaseId;
use crate::read::Spacing;

/// What the visitor has set. A saved session keeps it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// A pixel is inside if its probability is at least this, 0 to 1.
    pub threshold: f64,
    /// The spacing of each case for which the visitor has given one.
    #[serde(default)]
    pub spacing: BTreeMap<CaseId, Spacing>,
    /// The rules by which masks were drawn or edited, in the visitor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
}

impl Settings {
    /// `Ok` if the threshold is from 0 to 1 and every distance is a length.
    ///
    /// # Errors
    ///
    /// [`UsageFault::Threshold`] or [`UsageFault::Spacing`] with the value.
    pub fn check(&self) -> Result<(), UsageFault> {
        check_threshold(self.threshold)?;
        self.spacing.values().try_for_each(Spacing::check)
    }
}

/// `Ok` for a threshold from 0 to 1.
///
/// # Errors
///
/// [`UsageFault::Threshold`] with the value.
pub fn check_threshold(found: f64) -> Result<(), UsageFault> {
    if (0.0..=1.0).contains(&found) { Ok(()) } else { Err(UsageFault::Threshold { found }) }
}
