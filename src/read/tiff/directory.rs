//! [`Page`]: the tags of a TIFF page, from classic TIFF or BigTIFF in either byte order.
//!
//! A page holds the positions of values, not copies. A tag may therefore claim any number of values without a cost in
//! memory. Each is checked to lie within the file when it is read.

use std::collections::BTreeSet;

use super::tags::{SUB_DIRECTORIES, Tag};
use crate::error::{FileFault, Quantity};

/// The most tags of a page. Common writers use fewer than a hundred.
const TAGS: u64 = 4096;

/// The most bytes of a text that are read. ImageJ's and OME's descriptions have a few hundred, or some hundred a slice.
const TEXT: u64 = 1 << 20;

/// The bytes of a TIFF and the format of its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// BigTIFF, with offsets and counts of eight bytes.
    wide: bool,
}

/// One page, with the tags in its directory.
#[derive(Debug)]
pub(super) struct Page<'a> {
    file: File<'a>,
    entries: Vec<Entry>,
}

/// The position and type of a tag's values.
#[derive(Clone, Copy, Debug)]
struct Entry {
    code: u16,
    kind: u16,
    count: u64,
    at: u64,
}

/// A tag's unsigned values. They lie within the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    file: File<'a>,
    at: u64,
    size: u64,
    count: u64,
}

impl<'a> File<'a> {
    /// All pages in order, each with the tags in `wanted`.
    ///
    /// The whole chain is followed before any pixel is decoded, so too many pages or a loop cost no decoding.
    pub(super) fn pages(bytes: &'a [u8], wanted: &[Tag], limit: u64) -> Result<(Self, Vec<Page<'a>>), FileFault> {
        let (file, mut offset) = Self::open(bytes)?;
        let mut seen = BTreeSet::new();
        let mut pages = Vec::new();
        while offset != 0 {
            let found = pages.len() as u64 + 1;
            if !seen.insert(offset) {
                return Err(FileFault::PageLoop { page: found - 1, offset });
            }
            if found > limit {
                return Err(FileFault::OverLimit { what: Quantity::Pages, found, limit });
            }
            let (page, next) = file.page(offset, wanted)?;
            pages.push(page);
            offset = next;
        }
        Ok((file, pages))
    }

    /// The pages in the sub-directories of a page, at most `limit`.
    pub(super) fn sub_pages(&self, page: &Page<'_>, wanted: &[Tag], limit: u64) -> Result<Vec<Page<'a>>, FileFault> {
        let Some(offsets) = page.list(SUB_DIRECTORIES, 0)? else { return Ok(Vec::new()) };
        if offsets.len() > limit {
            return Err(FileFault::OverLimit { what: Quantity::Pages, found: offsets.len(), limit });
        }
        offsets.iter(limit).map(|offset| Ok(self.page(offset, wanted)?.0)).collect()
    }

    /// `length` bytes of the file from `at`. `what` names them in errors.
    pub(super) fn range(&self, what: &'static str, at: u64, length: u64) -> Result<&'a [u8], FileFault> {
        let needed = at.saturating_add(length);
        let fault = FileFault::Truncated { what, needed, found: self.length() };
        match (usize::try_from(at), usize::try_from(needed)) {
            (Ok(start), Ok(end)) => self.bytes.get(start..end).ok_or(fault),
            _ => Err(fault),
        }
    }

    /// The length of the file in bytes.
    pub(super) fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether numbers are big-endian.
    pub(super) fn big_endian(&self) -> bool {
        self.big_endian
    }

    fn open(bytes: &'a [u8]) -> Result<(Self, u64), FileFault> {
        let big_endian = bytes.starts_with(b"MM");
        let mut file = Self { bytes, big_endian, wide: false };
        file.wide = file.number("TIFF header", 2, 2)? == 43;
        if !file.wide {
            return Ok((file, file.number("TIFF header", 4, 4)?));
        }
        let size = file.number("TIFF header", 4, 2)?;
        if size != 8 {
            return Err(FileFault::TagValue { tag: "BigTIFF offset size", found: size, expected: "8" });
        }
        Ok((file, file.number("TIFF header", 8, 8)?))
    }

    /// The unsigned number of `size` bytes, at most 8, at `at`.
    fn number(&self, what: &'static str, at: u64, size: u64) -> Result<u64, FileFault> {
        let bytes = self.range(what, at, size)?;
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Ok(if self.big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) })
    }

    /// The page with its directory at `offset`, and the offset of the next page (0 after the last).
    fn page(&self, offset: u64, wanted: &[Tag]) -> Result<(Page<'a>, u64), FileFault> {
        const WHAT: &str = "page directory";
        // Bytes of the entry count, of an entry, and of an offset or inline value.
        let (head, entry, word) = if self.wide { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.number(WHAT, offset, head)?;
        if count > TAGS {
            return Err(FileFault::OverLimit { what: Quantity::Tags, found: count, limit: TAGS });
        }
        let first = offset.saturating_add(head);
        let end = first.saturating_add(count * entry);
        self.range(WHAT, first, count * entry + word)?;
        let mut entries: Vec<Entry> = Vec::new();
        for at in (0..count).map(|i| first + i * entry) {
            let code = self.number(WHAT, at, 2)? as u16;
            let kind = self.number(WHAT, at + 2, 2)? as u16;
            let count = self.number(WHAT, at + 4, word)?;
            let known = wanted.iter().any(|tag| tag.0 == code) && entries.iter().all(|entry| entry.code != code);
            let Some(size) = size_of_kind(kind).filter(|_| known) else {
                continue;
            };
            let slot = at + 4 + word;
            let inline = count.saturating_mul(size) <= word;
            let at = if inline { slot } else { self.number(WHAT, slot, word)? };
            entries.push(Entry { code, kind, count, at });
        }
        Ok((Page { file: *self, entries }, self.number(WHAT, end, word)?))
    }
}

impl<'a> Page<'a> {
    /// The tag's first value, if the page has the tag.
    pub(super) fn find(&self, tag: Tag) -> Result<Option<u64>, FileFault> {
        Ok(self.list(tag, 1)?.and_then(|values| values.get(0)))
    }

    /// The tag's first value, or a fault without the tag.
    pub(super) fn require(&self, tag: Tag) -> Result<u64, FileFault> {
        self.find(tag)?.ok_or(FileFault::MissingTag { tag: tag.1 })
    }

    /// The tag's values, at least `expected` unsigned integers, if the page has the tag.
    pub(super) fn list(&self, tag: Tag, expected: u64) -> Result<Option<Values<'a>>, FileFault> {
        let Some(&Entry { kind, count, at, .. }) = self.entries.iter().find(|entry| entry.code == tag.0) else {
            return Ok(None);
        };
        let size = match kind {
            BYTE | SHORT | LONG | LONG8 | IFD | IFD8 if count >= expected => size_of_kind(kind).unwrap_or(1),
            _ => return Err(FileFault::TagCount { tag: tag.1, found: count, kind, expected }),
        };
        self.file.range(tag.1, at, count.saturating_mul(size))?;
        Ok(Some(Values { file: self.file, at, size, count }))
    }

    /// The tag's bytes, if the page has the tag.
    pub(super) fn bytes(&self, tag: Tag) -> Result<Option<&'a [u8]>, FileFault> {
        let entry = self.entries.iter().find(|entry| entry.code == tag.0 && matches!(entry.kind, BYTE | UNDEFINED));
        entry.map(|entry| self.file.range(tag.1, entry.at, entry.count)).transpose()
    }

    /// The tag's text up to the first null byte, if the page has the tag and it is text. Bytes that are not UTF-8 are
    /// read as Latin-1, in which ImageJ writes `µm`.
    pub(super) fn text(&self, tag: Tag) -> Option<String> {
        let entry = self.entries.iter().find(|entry| entry.code == tag.0 && matches!(entry.kind, BYTE | ASCII))?;
        let bytes = self.file.range(tag.1, entry.at, entry.count.min(TEXT)).ok()?;
        let bytes = bytes.split(|&byte| byte == 0).next()?;
        Some(match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
        })
    }

    /// The tag's first value, a fraction above 0; `None` without the tag or for any other value.
    pub(super) fn ratio(&self, tag: Tag) -> Option<f64> {
        let entry =
            self.entries.iter().find(|entry| entry.code == tag.0 && entry.kind == RATIONAL && entry.count > 0)?;
        let numerator = self.file.number(tag.1, entry.at, 4).ok()?;
        let denominator = self.file.number(tag.1, entry.at.saturating_add(4), 4).ok()?;
        (numerator > 0 && denominator > 0).then(|| numerator as f64 / denominator as f64)
    }
}

impl Values<'_> {
    /// The number of values.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// The value at `index`, or `None` after the last.
    pub(super) fn get(&self, index: u64) -> Option<u64> {
        if index >= self.count {
            return None;
        }
        self.file.number("tag", self.at + index * self.size, self.size).ok()
    }

    /// Up to `count` values from the first.
    pub(super) fn iter(&self, count: u64) -> impl Iterator<Item = u64> + '_ {
        (0..count.min(self.count)).filter_map(|index| self.get(index))
    }
}

const BYTE: u16 = 1;
const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const IFD: u16 = 13;
const UNDEFINED: u16 = 7;
const LONG8: u16 = 16;
const IFD8: u16 = 18;

/// Bytes of one value. `None` for an unknown type: the specification requires such a tag to be skipped.
fn size_of_kind(kind: u16) -> Option<u64> {
    match kind {
        // BYTE, ASCII, SBYTE, UNDEFINED
        1 | 2 | 6 | 7 => Some(1),
        // SHORT, SSHORT
        3 | 8 => Some(2),
        // LONG, SLONG, FLOAT, IFD
        4 | 9 | 11 | 13 => Some(4),
        // RATIONAL, SRATIONAL, DOUBLE, LONG8, SLONG8, IFD8
        5 | 10 | 12 | 16..=18 => Some(8),
        _ => None,
    }
}
