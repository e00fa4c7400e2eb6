//! [`Name`]: what a file's name says of the slice in it.

use std::cmp::Ordering;
use std::fmt;

use super::natural_order;

/// The parts of a name that decide where a slice belongs.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) key: Key,
    /// Whether the extension is one of a TIFF's.
    tiff: bool,
}

/// What no two files may share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// All before the last separator, `/` throughout; empty without one.
    pub(super) folder: String,
    /// The file's name without its extension and, of a mask, without `_mask`.
    pub(super) stem: String,
    /// Which page of its file, if the file has several.
    pub(super) page: Option<u64>,
    pub(super) mask: bool,
}

impl Name {
    pub(super) fn parse(name: &str) -> Self {
        // Only what `image::read` appends: a `#` and digits at the very end.
        let (path, page) = match name.rsplit_once('#') {
            Some((path, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_or((name, None), |page| (path, Some(page)))
            }
            _ => (name, None),
        };
        let mut folders: Vec<&str> = path.split(['/', '\\']).collect();
        let file = folders.pop().unwrap_or_default();
        folders.retain(|folder| !matches!(*folder, "" | "."));
        let (stem, extension) = split_extension(file);
        let mask = ends_with(stem, MASK);
        let stem = if mask { &stem[..stem.len() - MASK.len()] } else { stem };
        let tiff = extension.eq_ignore_ascii_case("tif") || extension.eq_ignore_ascii_case("tiff");
        let key = Key { folder: folders.join("/"), stem: stem.to_owned(), page, mask };
        Self { key, tiff }
    }

    /// Anatomical order, and which of two duplicates comes first.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        natural_order(&self.key.folder, &other.key.folder)
            .then_with(|| natural_order(&self.key.stem, &other.key.stem))
            .then_with(|| self.key.page.cmp(&other.key.page))
            .then_with(|| self.key.mask.cmp(&other.key.mask))
            .then_with(|| other.tiff.cmp(&self.tiff))
    }
}

impl Key {
    /// What the mask of a stack's page is exported as, a file of its own; nothing for what is no page.
    pub(super) fn exported_mask(&self) -> Option<Self> {
        let stem = format!("{}_{}", self.stem, self.page?);
        Some(Self { folder: self.folder.clone(), stem, page: None, mask: true })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.folder.is_empty() {
            write!(f, "{}/", self.folder)?;
        }
        f.write_str(&self.stem)?;
        self.page.map_or(Ok(()), |page| write!(f, "#{page}"))
    }
}

/// How the stem of a reference mask ends, in upper or lower case.
const MASK: &str = "_mask";

/// How the stem of a picture of a slice and its mask ends, in upper or lower case.
pub(super) const OVERLAY: &str = "_overlay";

pub(super) fn ends_with(stem: &str, ending: &str) -> bool {
    let suffix = stem.len().checked_sub(ending.len()).and_then(|at| stem.get(at..));
    suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(ending))
}

/// The stem and the extension, which is short, of letters and digits, and no number: `IMG.0001` has none.
fn split_extension(file: &str) -> (&str, &str) {
    match file.rsplit_once('.') {
        Some((stem, extension))
            if !stem.is_empty()
                && (1..=5).contains(&extension.len())
                && extension.bytes().all(|b| b.is_ascii_alphanumeric())
                && extension.bytes().any(|b| b.is_ascii_alphabetic()) =>
        {
            (stem, extension)
        }
        _ => (file, ""),
    }
}
