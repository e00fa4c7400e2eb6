//! Slices → [`Case`]s: what belongs to one patient, in order, with its reference masks.
//!
//! All that is known of a slice here is its name:
//!
//! | name | case | place in it |
//! |---|---|---|
//! | `study/TCGA_1/TCGA_1_10.tif` | `TCGA_1`, its folder | by 10, so after `TCGA_1_9` |
//! | `TCGA_1_10.tif` | `TCGA_1`, its name without the number | by 10 |
//! | `all/a_1.tif`, `all/b_1.tif` | `all/a` and `all/b`: patients of one folder stay apart | by 1 |
//! | `stack.tif#3` | `stack`: a file of several pages is a case of its own | by 3 |
//! | `TCGA_1_10_mask.tif` | none: it is the reference of `TCGA_1_10` in the same folder | |
//! | `stack_3_mask.tif` | none: where there is no `stack_3`, it is the reference of `stack.tif#3` in the same folder | |

mod id;

pub use id::CaseId;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::error::Error;
use crate::mask::Mask;
use crate::read::{Samples, Slice};

/// The slices of one patient, or of one stack, in anatomical order as far as their names tell it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Tells it apart from every other case of the same [`Assembly`].
    pub name: String,
    /// At least one, in natural order of their names.
    pub slices: Vec<CaseSlice>,
}

/// One slice of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseSlice {
    /// The slice itself.
    pub slice: Slice,
    /// Its reference mask, of the same size, if one was handed in with it.
    pub reference: Option<Mask>,
}

/// What [`assemble`] makes of a heap of slices.
#[derive(Debug)]
pub struct Assembly {
    /// Every case, in natural order of their names.
    pub cases: Vec<Case>,
    /// What was left out and why, in natural order of the names.
    pub notes: Vec<AssemblyNote>,
}

/// Something that was left out of the cases. Nothing else is affected by it.
#[derive(Debug)]
#[non_exhaustive]
pub enum AssemblyNote {
    /// Two files of the same folder and name, or two that differ in nothing but the extension, whose masks would go by
    /// one name.
    Duplicate {
        /// The one that was left out.
        name: String,
        /// The one that stays.
        kept: String,
    },
    /// A mask without the slice that its name announces.
    StrayMask {
        /// The mask.
        mask: String,
        /// The name, without an extension, that a slice would have to bear.
        expected: String,
    },
    /// A picture that was made of a slice and its mask, as [`overlay_png`](crate::write::overlay_png) makes them.
    Overlay {
        /// The picture.
        name: String,
    },
    /// A mask of another size than its slice.
    MaskSize {
        /// The mask.
        mask: String,
        /// Its width and height.
        mask_size: [usize; 2],
        /// The slice that it was meant for.
        slice: String,
        /// The slice's width and height.
        slice_size: [usize; 2],
    },
    /// A mask that cannot be read as one.
    MaskUnusable {
        /// The mask.
        mask: String,
        /// Why not.
        error: Error,
    },
}

/// Sorts `slices` into cases.
///
/// A name is a path with `/` or `\` between folders, and may end in `#` and the number of a page. Slices of one folder
/// are one case, unless their names without the trailing number differ: those are then patients of their own. Without
/// a folder that part of the name alone decides. In a folder, names without a trailing number belong together; without
/// a folder each is a case of its own. The pages of one file are always a case of their own.
///
/// A name whose stem ends in `_mask` is a reference mask and never a slice; it belongs to the slice (or page) of the
/// same folder whose stem is the rest. Where there is none, and the rest is a stack's stem, `_` and the number of a page
/// as [`mask_name`](crate::write::mask_name) has it, it belongs to that page, unless the stack's own file of masks has
/// one for it. Neither is one whose stem ends in `_overlay`, as those of
/// [`overlay_name`](crate::write::overlay_name) do. Of duplicates the first in natural order stays, a TIFF before a PNG; where even
/// the names are the same, the one whose content sorts first.
///
/// The outcome is the same whatever the order of `slices`.
pub fn assemble(slices: Vec<Slice>) -> Assembly {
    Assembler::default().assemble(slices)
}

/// Sorts slices into cases folder by folder, where those of all folders are too many to be at hand at once. No two cases of
/// one assembler share a name.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    /// By the last part of a folder's path, all folders that are known to hold slices.
    folders: BTreeMap<String, BTreeSet<String>>,
    /// Names of cases so far.
    taken: BTreeSet<String>,
}

impl Assembler {
    /// `names` are those of all files that are to come, in whatever order: a case goes by its folder's own name where no
    /// other folder of slices has the same, else by its whole path.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for Key { folder, mask, .. } in names.into_iter().map(|name| Name::parse(name).key) {
            if !mask {
                folders.entry(last(&folder).to_owned()).or_default().insert(folder);
            }
        }
        Self { folders, taken: BTreeSet::new() }
    }

    /// As [`assemble`], all that a case needs being among `slices`.
    pub fn assemble(&mut self, slices: Vec<Slice>) -> Assembly {
        self.assemble_in("", slices)
    }

    /// As [`assemble`](Self::assemble), where names without a folder are those of files in `folder`; empty, they are
    /// loose.
    pub fn assemble_in(&mut self, folder: &str, slices: Vec<Slice>) -> Assembly {
        let (groups, mut notes) = group(folder, slices);
        let names = self.case_names(groups.keys());
        let mut cases: Vec<Case> =
            names.into_iter().zip(groups.into_values()).map(|(name, slices)| Case { name, slices }).collect();
        cases.sort_by(|a, b| natural_order(&a.name, &b.name));
        notes.sort_by(|a, b| natural_order(a.name(), b.name()).then_with(|| a.to_string().cmp(&b.to_string())));
        Assembly { cases, notes }
    }

    /// A name for each group, short where that is enough to tell it apart.
    fn case_names<'a>(&mut self, groups: impl Iterator<Item = &'a Group> + Clone) -> Vec<String> {
        let mut in_folder: BTreeMap<&str, usize> = BTreeMap::new();
        for group in groups.clone() {
            *in_folder.entry(&group.folder).or_default() += 1;
        }
        let label = |group: &Group, whole: bool| {
            let folder = if whole { &*group.folder } else { last(&group.folder) };
            match (folder, &*group.prefix) {
                ("", "") => "unnamed".to_owned(),
                ("", prefix) => prefix.to_owned(),
                (folder, "") => folder.to_owned(),
                (folder, _) if in_folder[&*group.folder] == 1 => folder.to_owned(),
                (folder, prefix) => format!("{folder}/{prefix}"),
            }
        };
        let mut short: BTreeMap<String, usize> = BTreeMap::new();
        for group in groups.clone() {
            *short.entry(label(group, false)).or_default() += 1;
        }
        let elsewhere = |folder: &str| {
            let namesakes = self.folders.get(last(folder));
            namesakes.is_some_and(|folders| folders.iter().any(|other| other != folder))
        };
        let name = |group| {
            let name = label(group, false);
            if short[&name] == 1 && !elsewhere(&group.folder) { name } else { label(group, true) }
        };
        let names: Vec<String> = groups.map(name).collect();
        names.into_iter().map(|name| self.unique(name)).collect()
    }

    /// The last resort, say for a stack `a.tif` beside single slices `a_1.tif`: the name with a number.
    fn unique(&mut self, name: String) -> String {
        let mut unique = name.clone();
        let mut number = 2;
        while !self.taken.insert(unique.clone()) {
            unique = format!("{name} ({number})");
            number += 1;
        }
        unique
    }
}

/// The slices of each group with their masks, and what was left out.
fn group(home: &str, slices: Vec<Slice>) -> (BTreeMap<Group, Vec<CaseSlice>>, Vec<AssemblyNote>) {
    let mut entries: Vec<(Name, Slice)> = slices.into_iter().map(|slice| (Name::parse(slice.name()), slice)).collect();
    entries.sort_by(|(name_a, a), (name_b, b)| {
        name_a.order(name_b).then_with(|| natural_order(a.name(), b.name())).then_with(|| compare_content(a, b))
    });

    let mut notes = Vec::new();
    let mut kept: BTreeMap<Key, String> = BTreeMap::new();
    let mut pictures: Vec<(Name, Slice)> = Vec::new();
    let mut masks: BTreeMap<Key, Slice> = BTreeMap::new();
    for (name, slice) in entries {
        let key = &name.key;
        if key.stem.len() > OVERLAY.len() && ends_with(&key.stem, OVERLAY) {
            notes.push(AssemblyNote::Overlay { name: slice.name().to_owned() });
            continue;
        }
        if let Some(kept) = kept.get(key) {
            notes.push(AssemblyNote::Duplicate { name: slice.name().to_owned(), kept: kept.clone() });
            continue;
        }
        kept.insert(key.clone(), slice.name().to_owned());
        if key.mask {
            masks.insert(name.key, slice);
        } else {
            pictures.push((name, slice));
        }
    }

    let own: Vec<Option<Slice>> =
        pictures.iter().map(|(name, _)| masks.remove(&Key { mask: true, ..name.key.clone() })).collect();
    let mut groups: BTreeMap<Group, Vec<CaseSlice>> = BTreeMap::new();
    for ((name, slice), own) in pictures.into_iter().zip(own) {
        // Only when every slice has its own: `stack_3_mask.tif` belongs to `stack_3.tif` where there is one.
        let reference = own
            .or_else(|| masks.remove(&name.key.exported_mask()?))
            .and_then(|mask| reference(&slice, &mask).map_err(|note| notes.push(note)).ok());
        groups.entry(name.group(home)).or_default().push(CaseSlice { slice, reference });
    }
    for (key, mask) in masks {
        notes.push(AssemblyNote::StrayMask { mask: mask.name().to_owned(), expected: key.to_string() });
    }
    (groups, notes)
}

/// The order that a person would put names in: runs of digits compare as numbers of any length, letters without regard
/// to case, and digits stand before everything else. A total order: names that are equal in this sense compare
/// character by character.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    Tokens(a).cmp(Tokens(b)).then_with(|| a.cmp(b))
}

impl AssemblyNote {
    /// The file that was left out.
    pub fn name(&self) -> &str {
        match self {
            Self::Duplicate { name, .. } | Self::Overlay { name } => name,
            Self::StrayMask { mask, .. } | Self::MaskSize { mask, .. } | Self::MaskUnusable { mask, .. } => mask,
        }
    }
}

impl fmt::Display for AssemblyNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { name, kept } if name == kept => write!(f, "{name}: came twice, one was left out"),
            Self::Duplicate { name, kept } => write!(f, "{name}: left out, {kept} stands in its place"),
            Self::StrayMask { mask, expected } => write!(f, "{mask}: a mask without a slice, expected {expected}"),
            Self::Overlay { name } => write!(f, "{name}: a picture of a slice and its mask, and not a slice"),
            Self::MaskSize { mask, mask_size, slice, slice_size } => {
                let ([width, height], [slice_width, slice_height]) = (mask_size, slice_size);
                write!(f, "{mask}: a mask of {width} x {height} pixels, but {slice} has {slice_width} x {slice_height}")
            }
            // The error names the file itself.
            Self::MaskUnusable { error, .. } => write!(f, "{error}"),
        }
    }
}

/// The parts of a name that decide where a slice belongs.
#[derive(Clone, Debug)]
struct Name {
    key: Key,
    /// Whether the extension is one of a TIFF's.
    tiff: bool,
}

/// What no two files may share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// All before the last separator, `/` throughout; empty without one.
    folder: String,
    /// The file's name without its extension and, of a mask, without `_mask`.
    stem: String,
    /// Which page of its file, if the file has several.
    page: Option<u64>,
    mask: bool,
}

/// What all slices of a case share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    folder: String,
    /// The stem without its trailing number; a stack's whole stem.
    prefix: String,
    stack: bool,
}

impl Group {
    /// Where a file belongs by its name.
    pub(crate) fn of(name: &str) -> Self {
        Name::parse(name).group("")
    }
}

impl Name {
    fn parse(name: &str) -> Self {
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

    /// Where it belongs, if what has no folder lies in `home`.
    fn group(&self, home: &str) -> Group {
        let Key { folder, stem, page, .. } = self.key.clone();
        let folder = if folder.is_empty() { home.to_owned() } else { folder };
        if page.is_some() {
            return Group { folder, prefix: stem, stack: true };
        }
        let prefix = match without_number(&stem) {
            Some(prefix) => prefix.to_owned(),
            None if folder.is_empty() => stem,
            None => String::new(),
        };
        Group { folder, prefix, stack: false }
    }

    /// Anatomical order, and which of two duplicates comes first.
    fn order(&self, other: &Self) -> Ordering {
        natural_order(&self.key.folder, &other.key.folder)
            .then_with(|| natural_order(&self.key.stem, &other.key.stem))
            .then_with(|| self.key.page.cmp(&other.key.page))
            .then_with(|| self.key.mask.cmp(&other.key.mask))
            .then_with(|| other.tiff.cmp(&self.tiff))
    }
}

impl Key {
    /// What the mask of a stack's page is exported as, a file of its own; nothing for what is no page.
    fn exported_mask(&self) -> Option<Self> {
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
const OVERLAY: &str = "_overlay";

fn ends_with(stem: &str, ending: &str) -> bool {
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

/// What stands before the number that `stem` ends in, separators and a parenthesis around the number included; `None`
/// without a number.
fn without_number(stem: &str) -> Option<&str> {
    let open = stem.strip_suffix(')').unwrap_or(stem);
    let prefix = open.trim_end_matches(|c: char| c.is_ascii_digit());
    (prefix.len() < open.len()).then(|| prefix.trim_end_matches(['_', '-', ' ', '.', '(', '#']))
}

/// Reads `mask` as the reference of `slice`.
fn reference(slice: &Slice, mask: &Slice) -> Result<Mask, AssemblyNote> {
    let [slice_size, mask_size] = [slice, mask].map(|s| [s.width(), s.height()]);
    if slice_size != mask_size {
        let (mask, slice) = (mask.name().to_owned(), slice.name().to_owned());
        return Err(AssemblyNote::MaskSize { mask, mask_size, slice, slice_size });
    }
    Mask::from_slice(mask).map_err(|error| AssemblyNote::MaskUnusable { mask: mask.name().to_owned(), error })
}

/// The last part of a folder's path.
fn last(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or_default()
}

/// Any total order of what two slices of one name hold, so that which of them stays does not depend on which came
/// first.
fn compare_content(a: &Slice, b: &Slice) -> Ordering {
    let shape = |s: &Slice| (s.width(), s.height(), s.channels().count(), s.samples().bits());
    let spacing = |s: &Slice| s.spacing().map(|spacing| (spacing.x.to_bits(), spacing.y.to_bits()));
    shape(a)
        .cmp(&shape(b))
        .then_with(|| match (a.samples(), b.samples()) {
            (Samples::U8(a), Samples::U8(b)) => a.cmp(b),
            (Samples::U16(a), Samples::U16(b)) => a.cmp(b),
            (a, b) => a.bits().cmp(&b.bits()),
        })
        .then_with(|| spacing(a).cmp(&spacing(b)))
}

/// The parts of a string that [`natural_order`] compares.
struct Tokens<'a>(&'a str);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    /// A run of digits without leading zeros, by its length and then its digits: their numeric order.
    Number(usize, &'a str),
    /// Anything else, in lower case.
    Other(char),
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let first = self.0.chars().next()?;
        let digits = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        if digits > 0 {
            let (run, rest) = self.0.split_at(digits);
            self.0 = rest;
            let number = run.trim_start_matches('0');
            return Some(Token::Number(number.len(), number));
        }
        self.0 = &self.0[first.len_utf8()..];
        Some(Token::Other(first.to_lowercase().next().unwrap_or(first)))
    }
}
