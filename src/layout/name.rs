//! [`Name`]: what the name of a file says about the slice in it.

use std::cmp::Ordering;
use std::fmt;

use super::words::{self, Words};
use super::{Contrast, natural_order};

/// A parsed name.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) key: Key,
    /// The same for the slice, its contrasts and its mask: the folder and the stem without the words for them.
    pub(super) place: Place,
    /// The contrast that a word in the name or a folder states.
    pub(super) contrast: Option<Contrast>,
    /// The stem without the word of its contrast.
    pub(super) bare: String,
    /// Whether a folder says that the numbers at the end of names are channels.
    pub(super) channel_folder: bool,
    /// Whether the file holds a volume.
    pub(super) volume: bool,
    /// Whether the extension is that of a TIFF.
    pub(super) tiff: bool,
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

/// What the names of a slice and of its mask have in common, such as `a/images/p_1_flair.tif` and `a/masks/p_1.png`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The path of the folder without folders of slices, masks and contrasts.
    pub(super) folder: String,
    /// The stem without words for slices, masks and contrasts.
    pub(super) stem: String,
    /// The page, if the file has several.
    pub(super) page: Option<u64>,
}

impl Name {
    /// Parses a name as [`Slice::name`](crate::read::Slice::name) gives it, with folders and page.
    pub(super) fn parse(name: &str, words: &Words) -> Self {
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
        let tiff = extension.eq_ignore_ascii_case("tif") || extension.eq_ignore_ascii_case("tiff");

        let volume = ["nii", "hdr"].iter().any(|known| extension.eq_ignore_ascii_case(known));

        let unmasked = words::find_glued(stem, |word| words.is_reference(word));
        let mask = unmasked.is_some() || folders.iter().any(|folder| words.is_reference_folder(folder));
        let stem = unmasked.unwrap_or_else(|| stem.to_owned());
        let stem = without_inner_extension(&stem).to_owned();
        let contrast = |word: &str| words.contrast(word);
        let found = if volume { words::find_in_volume(&stem, contrast) } else { words::find(&stem, contrast) };
        let (contrast, bare) = match found {
            Some(found) => (Some(found.value), found.rest),
            None => (folders.iter().rev().find_map(|folder| words.contrast_folder(folder)), stem.clone()),
        };
        let common = folders.iter().copied().filter(|folder| {
            !(words.is_reference_folder(folder)
                || words::is_image_folder(folder)
                || words.contrast_folder(folder).is_some())
        });
        let place = Place { folder: common.collect::<Vec<_>>().join("/"), stem: without_image(&bare), page };
        let channel_folder = folders.iter().any(|folder| words::is_channel_folder(folder));
        let key = Key { folder: folders.join("/"), stem, page, mask };
        Self { key, place, contrast, bare, channel_folder, volume, tiff }
    }

    /// The stem before `_` and the four digits of a channel, and the digits.
    pub(super) fn channel(&self) -> Option<(&str, &str)> {
        let (stem, digits) = self.key.stem.rsplit_once('_')?;
        let is_channel = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
        (is_channel && !stem.is_empty() && self.key.page.is_none()).then_some((stem, digits))
    }

    /// Reads the number at the end of the name as that of a channel.
    pub(super) fn set_channel(&mut self, contrast: Contrast) {
        if let Some((stem, _)) = self.channel() {
            let stem = stem.to_owned();
            self.place.stem = without_image(&stem);
            self.bare = stem;
            self.contrast = Some(contrast);
        }
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

impl Words {
    /// The folder of a file without folders of slices, masks and contrasts. It is the same for a slice, its contrasts and its
    /// mask.
    pub fn common_folder(&self, name: &str) -> String {
        Name::parse(name, self).place.folder
    }

    /// The word that marks a file as a reference mask, and words that read such files as slices. `None` if the file is not a
    /// reference.
    pub(crate) fn without_reference(&self, name: &str) -> Option<(String, Self)> {
        let mut folders: Vec<&str> = name.split(['/', '\\']).collect();
        let file = folders.pop().unwrap_or_default();
        let (stem, _) = split_extension(file);
        let known = |word: &str| self.is_reference(word).then(|| word.to_owned());
        let in_stem = words::find(stem, known).map(|found| found.value);
        let glued = || known(stem.trim_end_matches(|c: char| c.is_ascii_digit()));
        let in_folders =
            || folders.iter().find(|folder| self.is_reference_folder(folder)).map(|word| (*word).to_owned());
        let word = in_stem.or_else(glued).or_else(in_folders)?;
        let usual = words::REFERENCES.iter().chain(&words::REFERENCE_FOLDERS).map(|&word| word.to_owned());
        let all: Vec<String> = if self.references.is_empty() { usual.collect() } else { self.references.clone() };
        let references = all.into_iter().filter(|other| !other.eq_ignore_ascii_case(&word)).collect();
        Some((word, Self { references, ..Self::default() }))
    }

    /// The folder with a trailing `/` that all files are in, if its name says nothing about them; else empty.
    pub fn only_folder<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> String {
        let mut tops = names.into_iter().map(|name| name.split_once('/').map(|(top, _)| top));
        let top = tops.next().flatten().filter(|top| tops.all(|other| other == Some(top)));
        let top = top.map(|top| format!("{top}/"));
        top.filter(|top| self.common_folder(top) == top.trim_end_matches('/')).unwrap_or_default()
    }

    /// As [`common_folder`](Self::common_folder), and for a volume in a folder of many patients with its name without the words
    /// and numbers of contrasts and references. All volumes of a case have the same, so that one case can be read at a time.
    pub fn common_place(&self, name: &str) -> String {
        let name = Name::parse(name, self);
        let mut folders = name.key.folder.split('/');
        let shared = folders.any(|folder| self.is_reference_folder(folder) || words::is_image_folder(folder));
        let Place { folder, stem, .. } = &name.place;
        if !(name.volume && shared) {
            return folder.clone();
        }
        let stem = name.channel().filter(|_| name.channel_folder).map_or(stem.as_str(), |(stem, _)| stem);
        format!("{folder}/{stem}")
    }
}

impl Key {
    /// The key of the mask file that is exported for this page; `None` if it is not a page.
    pub(super) fn exported_mask(&self) -> Option<Self> {
        let stem = format!("{}_{}", self.stem, self.page?);
        Some(Self { folder: self.folder.clone(), stem, page: None, mask: true })
    }
}

impl Place {
    /// The place in lower case, without leading zeros of numbers, and with `_` for every separator.
    pub(super) fn loose(&self) -> Self {
        let Self { folder, stem, page } = self;
        Self { folder: loose(folder), stem: loose(stem), page: *page }
    }

    /// The places without the last word of the stem, and without the first one. A number is no word.
    pub(super) fn with_fewer_words(&self) -> impl Iterator<Item = Self> {
        let is_word = |part: &str| part.contains(char::is_alphabetic);
        let last = self.stem.rsplit_once(words::SEPARATORS).filter(|(_, last)| is_word(last)).map(|(rest, _)| rest);
        let first = self.stem.split_once(words::SEPARATORS).filter(|(first, _)| is_word(first)).map(|(_, rest)| rest);
        let stems = last.into_iter().chain(first).filter(|stem| !stem.is_empty());
        stems.map(|stem| Self { stem: stem.to_owned(), ..self.clone() })
    }

    /// The place of a single mask of this page; `None` if it is not a page.
    pub(super) fn of_single(&self) -> Option<Self> {
        let stem = format!("{}_{}", self.stem, self.page?);
        Some(Self { folder: self.folder.clone(), stem, page: None })
    }
}

/// A text in lower case, without leading zeros of numbers, and with `_` for every separator.
fn loose(text: &str) -> String {
    let mut loose = String::with_capacity(text.len());
    let mut characters = text.chars().flat_map(char::to_lowercase).peekable();
    let mut in_number = false;
    while let Some(character) = characters.next() {
        let leading = character == '0' && !in_number && characters.peek().is_some_and(char::is_ascii_digit);
        in_number = character.is_ascii_digit() && !leading;
        match character {
            _ if leading => {}
            _ if words::SEPARATORS.contains(&character) => loose.push('_'),
            other => loose.push(other),
        }
    }
    loose
}

/// A stem without the extension of another image: a mask of `1.jpg` may be called `1.jpg.png`.
fn without_inner_extension(stem: &str) -> &str {
    const IMAGES: [&str; 8] = ["tif", "tiff", "png", "jpg", "jpeg", "bmp", "gif", "webp"];
    match split_extension(stem) {
        (inner, extension) if IMAGES.iter().any(|known| extension.eq_ignore_ascii_case(known)) => inner,
        _ => stem,
    }
}

/// The stem without a word for a slice.
fn without_image(stem: &str) -> String {
    words::find_glued(stem, words::is_image).unwrap_or_else(|| stem.to_owned())
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

/// The end of an exported overlay's stem, in upper or lower case.
pub(super) const OVERLAY: &str = "_overlay";

/// Whether `stem` ends with `ending`, in upper or lower case.
pub(super) fn ends_with(stem: &str, ending: &str) -> bool {
    let suffix = stem.len().checked_sub(ending.len()).and_then(|at| stem.get(at..));
    suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(ending))
}

/// The stem and the extension of a file name. An extension has up to five letters and digits and at least one letter:
/// `IMG.0001` has none.
pub(super) fn split_extension(file: &str) -> (&str, &str) {
    // The compression is not the kind of a file.
    let file = match file.len().checked_sub(3).and_then(|at| file.split_at_checked(at)) {
        Some((inner, gz)) if gz.eq_ignore_ascii_case(".gz") && ends_with(inner, ".nii") => inner,
        _ => file,
    };
    let (stem, extension) = match file.rsplit_once('.') {
        Some((stem, extension))
            if !stem.is_empty()
                && (1..=5).contains(&extension.len())
                && extension.bytes().all(|b| b.is_ascii_alphanumeric())
                && extension.bytes().any(|b| b.is_ascii_alphabetic()) =>
        {
            (stem, extension)
        }
        _ => (file, ""),
    };
    // An OME-TIFF is called `a.ome.tif`.
    const OME: &str = ".ome";
    let stem = if stem.len() > OME.len() && ends_with(stem, OME) { &stem[..stem.len() - OME.len()] } else { stem };
    (stem, extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_not_part_of_the_stem() {
        for (name, stem) in [
            ("a_1.ome.tif", "a_1"),
            ("a_1_mask.OME.TIF", "a_1"),
            ("a_1.jpg.png", "a_1"),
            ("a_1.tif_mask.png", "a_1"),
            ("a.1.png", "a.1"),
            (".ome.tif", ".ome"),
        ] {
            assert_eq!(Name::parse(name, &Words::default()).key.stem, stem, "{name}");
        }
    }

    #[test]
    fn places_may_differ_in_case_zeros_and_separators() {
        assert_eq!(loose("P-01 Slice.0010_00"), "p_1_slice_10_0");
        assert_ne!(loose("a_10"), loose("a_1"));
        assert_eq!(loose("Ä/100"), "ä/100");
    }
}
