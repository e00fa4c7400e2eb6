//! [`Group`]: what decides whether two files are one case.

use super::name::{Key, Name};

/// What all slices of a case share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    pub(super) folder: String,
    /// The stem without its trailing number; a stack's whole stem.
    pub(super) prefix: String,
    /// Whether they are pages of one file.
    pub(super) stack: bool,
}

impl Group {
    /// Where a file belongs by its name.
    pub(crate) fn of(name: &str) -> Self {
        Self::within("", &Name::parse(name))
    }

    /// Where it belongs, if what has no folder lies in `home`.
    pub(super) fn within(home: &str, name: &Name) -> Self {
        let Key { folder, stem, page, .. } = name.key.clone();
        let folder = if folder.is_empty() { home.to_owned() } else { folder };
        if page.is_some() {
            return Self { folder, prefix: stem, stack: true };
        }
        let prefix = match without_number(&stem) {
            Some(prefix) => prefix.to_owned(),
            None if folder.is_empty() => stem,
            None => String::new(),
        };
        Self { folder, prefix, stack: false }
    }
}

/// What stands before the number that `stem` ends in, separators and a parenthesis around the number included; `None`
/// without a number.
fn without_number(stem: &str) -> Option<&str> {
    let open = stem.strip_suffix(')').unwrap_or(stem);
    let prefix = open.trim_end_matches(|c: char| c.is_ascii_digit());
    (prefix.len() < open.len()).then(|| prefix.trim_end_matches(['_', '-', ' ', '.', '(', '#']))
}
