//! The id of a [`Case`](super::Case): what its slices' names have in common.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Group;

/// Tells one case from every other, for as long as its files are open.
///
/// It depends on names alone, so it is the same in every worker and after a restart. It does not change when slices come or
/// go, or when the case gets a longer name because another case has the same short one. The exception are names that end in
/// the number of a channel: with other files in the folder, the number may be that of a slice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(String);

impl CaseId {
    /// The id of the case that a slice of this name belongs to.
    pub fn of(slice: &str) -> Self {
        Self::from(&Group::of(slice))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Group> for CaseId {
    /// `folder/prefix`; the pages of one file get `folder/stem//`. No two groups share an id: no part of a folder is empty, so no
    /// other id ends in `//`.
    fn from(Group { folder, prefix, stack }: &Group) -> Self {
        Self(format!("{folder}/{prefix}{}", if *stack { "//" } else { "" }))
    }
}

impl Borrow<str> for CaseId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_one_case_share_an_id() {
        for (a, b) in [
            ("study/P/P_1.tif", "study\\P\\P_10.png"),
            ("P_1.tif", "P_2_mask.tif"),
            ("stack.tif#1", "stack.tif#12"),
            ("f/anything.tif", "f/else.tif"),
        ] {
            assert_eq!(CaseId::of(a), CaseId::of(b), "{a} and {b}");
        }
    }

    #[test]
    fn cases_have_different_ids() {
        let names = [
            "a/b/1.tif",
            "a/b_1.tif",
            "a/b.tif#1",
            "b_1.tif",
            "b.tif#1",
            "a/1.tif",
            "a/b/b_1.tif",
            "#.tif",
            "a#.tif#1",
        ];
        let ids: std::collections::BTreeSet<CaseId> = names.iter().map(|name| CaseId::of(name)).collect();
        assert_eq!(ids.len(), names.len(), "{ids:?}");
    }

    #[test]
    fn ids_are_the_same_in_every_version() {
        // Saved sessions have them.
        let ids = ["study/P/P_1.tif", "P_1.tif", "f/x.tif", "f/stack.tif#3"].map(|name| CaseId::of(name).to_string());
        assert_eq!(ids, ["study/P/P", "/P", "f/", "f/stack//"]);
    }
}
