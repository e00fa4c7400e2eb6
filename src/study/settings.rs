//! What the visitor has set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

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
    /// The [`Lines`](crate::result::lines::Lines) of each slice that has any, as a JSON object with slice ids as keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<View>,
    /// The rules by which masks were drawn or edited, in the visitor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// The display settings of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
}

/// JSON that is passed on as it is. It is kept as text: parsed values would take many times the memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct View(Box<RawValue>);

/// The most bytes of [`Settings::view`] as JSON: 64 KiB.
const VIEW: usize = 1 << 16;

impl Settings {
    /// `Ok` if the threshold is from 0 to 1, every distance is above 0, and the display settings are not too large.
    ///
    /// # Errors
    ///
    /// [`UsageFault::Threshold`], [`UsageFault::Spacing`] or [`UsageFault::View`] with the value.
    pub fn check(&self) -> Result<(), UsageFault> {
        check_threshold(self.threshold)?;
        self.spacing.values().try_for_each(Spacing::check)?;
        match self.view.as_ref().map_or(0, |view| view.as_str().len()) {
            found if found > VIEW => Err(UsageFault::View { found, limit: VIEW }),
            _ => Ok(()),
        }
    }
}

impl View {
    /// Takes any JSON.
    ///
    /// # Errors
    ///
    /// Where `json` is not valid.
    pub fn new(json: impl Into<String>) -> serde_json::Result<Self> {
        Ok(Self(RawValue::from_string(json.into())?))
    }

    /// The JSON.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
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
