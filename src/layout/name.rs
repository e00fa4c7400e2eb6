//! [`Name`]: what the name of a file says about the slice in it.

use std::cmp::Ordering;
use std::fmt;

use super::natural_order;

/// A parsed name.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) key: Key,
    /// Whether the extension is that of a TIFF.
    tiff: bool,
}

/// The parts of a name that identify a slice or mask. Of two files with equal keys one is used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The path of the folder, separated by `/`; empty without one.
    pub(super) folder: String,
    /// The file's name without its extension and without the `_mask` of a mask.
    pub(super) stem: String,
    /// The page, if the file has several.
    pub(super) page: Option<u64>,
    /// Whether the name is that of a reference mask.
    pub(super) mask: bool,
}

impl Name {
    /// Parses a name as [`Slice::name`](crate::read::Slice::name) gives it, with folders and page.
    pub(super) fn parse(name: &str) -> Self {
        // `read` appends `#` and the page's number. A `#` elsewhere is part of the name.
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

    /// Anatomical order; of two duplicates, the one to use comes first.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        natural_order(&self.key.folder, &other.key.folder)
            .then_with(|| natural_order(&self.key.stem, &other.key.stem))
            .then_with(|| self.key.page.cmp(&other.key.page))
            .then_with(|| self.key.mask.cmp(&other.key.mask))
            .then_with(|| other.tiff.cmp(&self.tiff))
    }
}

impl Key {
    /// The key of the mask file that is exported for this page; `None` if it is not a page.
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

/// The end of a reference mask's stem, in upper or lower case.
const MASK: &str = "_mask";

/// The end of an exported overlay's stem, in upper or lower case.
pub(super) const OVERLAY: &str = "_overlay";

/// Whether `stem` ends with `ending`, in upper or lower case.
pub(super) fn ends_with(stem: &str, ending: &str) -> bool {
    let suffix = stem.len().checked_sub(ending.len()).and_then(|at| stem.get(at..));
    suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(ending))
}

/// The stem and the extension of a file name. An extension has up to five letters and digits and at least one letter:
/// `IMG.0001` has none.
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
