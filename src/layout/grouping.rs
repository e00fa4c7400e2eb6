//! [`Group`]: what decides whether two files are one case.

use super::Contrast;
use super::name::{Key, Name};
use super::words::Words;

/// What the slices of one case have in common. Two files are one case exactly if their groups are equal.
///
/// - Slices in one folder are one case, unless their names without the trailing number differ: then each such name is a
///   case. Names without a trailing number belong together.
/// - Without a folder, the name without the trailing number decides. A name without a number is a case of its own.
/// - The pages of a file are always a case of their own.
/// - A volume is always a case of its own.
/// - The word of a FLAIR file and the number of a channel are not part of the name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    /// The path of the folder; empty without one.
    pub(super) folder: String,
    /// The stem without its trailing number; the whole stem of a file with several pages.
    pub(super) prefix: String,
    /// Whether the slices are the pages of one file, or a volume.
    pub(super) stack: bool,
}

impl Group {
    /// The group of a file, by its name.
    pub(crate) fn of(name: &str) -> Self {
        Self::within("", &Name::parse(name, &Words::default()))
    }

    /// The group of a file, where a name without a folder belongs to the folder `home`.
    pub(super) fn within(home: &str, name: &Name) -> Self {
        let Key { folder, stem, page, .. } = name.key.clone();
        let folder = if folder.is_empty() { home.to_owned() } else { folder };
        let stem = match name.contrast {
            // A volume without a folder is not nameless.
            Some(Contrast::Flair) if !(name.volume && folder.is_empty() && name.bare.is_empty()) => name.bare.clone(),
            _ => stem,
        };
        if page.is_some() || name.volume {
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

/// The part of `stem` before its trailing number, without separators and a parenthesis around the number; `None`
/// without a number.
fn without_number(stem: &str) -> Option<&str> {
    let open = stem.strip_suffix(')').unwrap_or(stem);
    let prefix = open.trim_end_matches(|c: char| c.is_ascii_digit());
    (prefix.len() < open.len()).then(|| prefix.trim_end_matches(['_', '-', ' ', '.', '(', '#']))
}
