//! The pages of a TIFF as tags: BigTIFF and classic, either byte order.
//!
//! Only places in the file are kept, never copies of values, so that a tag may announce any number of values without
//! costing memory; each is checked to lie within the file when it is asked for.

use std::collections::BTreeSet;

use crate::error::{FileFault, Quantity};

/// A tag of one page: its code, and its name in the TIFF specification.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag(pub(super) u16, pub(super) &'static str);

/// More tags than any page has; the common writers stay below a hundred.
const TAGS: u64 = 4096;

/// A TIFF's bytes and how its numbers are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// BigTIFF: eight-byte offsets and counts.
    wide: bool,
}

/// One page: the tags that its directory lists.
#[derive(Debug)]
pub(super) struct Page<'a> {
    file: File<'a>,
    entries: Vec<Entry>,
}

/// Where a tag's values stand.
#[derive(Clone, Copy, Debug)]
struct Entry {
    code: u16,
    kind: u16,
    count: u64,
    at: u64,
}

/// A tag's unsigned values, known to lie within the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    file: File<'a>,
    at: u64,
    size: u64,
    count: u64,
}

impl<'a> File<'a> {
    /// Every page in order, each with the tags in `wanted`.
    ///
    /// The whole chain is walked before a pixel is touched: too many pages, or pages in a loop, cost nothing.
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

    /// The file's bytes from `at` on, `length` of them.
    pub(super) fn range(&self, what: &'static str, at: u64, length: u64) -> Result<&'a [u8], FileFault> {
        let needed = at.saturating_add(length);
        let fault = FileFault::Truncated { what, needed, found: self.length() };
        match (usize::try_from(at), usize::try_from(needed)) {
            (Ok(start), Ok(end)) => self.bytes.get(start..end).ok_or(fault),
            _ => Err(fault),
        }
    }

    /// How many bytes the file has.
    pub(super) fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether numbers stand with their most significant byte first.
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

    /// The unsigned number of `size` bytes, 8 at most, at `at`.
    fn number(&self, what: &'static str, at: u64, size: u64) -> Result<u64, FileFault> {
        let bytes = self.range(what, at, size)?;
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Ok(if self.big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) })
    }

    /// The page whose directory stands at `offset`, and the offset of the next (0 after the last).
    fn page(&self, offset: u64, wanted: &[Tag]) -> Result<(Page<'a>, u64), FileFault> {
        const WHAT: &str = "page directory";
        // Bytes of the count of entries, of one entry, and of an offset or a value that stands in its place.
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
    /// The tag's first value, if the tag is there.
    pub(super) fn find(&self, tag: Tag) -> Result<Option<u64>, FileFault> {
        Ok(self.list(tag, 1)?.and_then(|values| values.get(0)))
    }

    /// The tag's first value; a fault if the tag is not there.
    pub(super) fn require(&self, tag: Tag) -> Result<u64, FileFault> {
        self.find(tag)?.ok_or(FileFault::MissingTag { tag: tag.1 })
    }

    /// The tag's values, at least `expected` unsigned integers, if the tag is there.
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

    /// The tag's first value as a fraction; `None` as well where it has no sensible one.
    pub(super) fn ratio(&self, tag: Tag) -> Option<f64> {
        let entry =
            self.entries.iter().find(|entry| entry.code == tag.0 && entry.kind == RATIONAL && entry.count > 0)?;
        let numerator = self.file.number(tag.1, entry.at, 4).ok()?;
        let denominator = self.file.number(tag.1, entry.at.saturating_add(4), 4).ok()?;
        (numerator > 0 && denominator > 0).then(|| numerator as f64 / denominator as f64)
    }
}

impl Values<'_> {
    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// The value at `index`, or `None` past the last.
    pub(super) fn get(&self, index: u64) -> Option<u64> {
        if index >= self.count {
            return None;
        }
        self.file.number("tag", self.at + index * self.size, self.size).ok()
    }

    /// The first `count` values.
    pub(super) fn iter(&self, count: u64) -> impl Iterator<Item = u64> + '_ {
        (0..count.min(self.count)).filter_map(|index| self.get(index))
    }
}

const BYTE: u16 = 1;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const IFD: u16 = 13;
const LONG8: u16 = 16;
const IFD8: u16 = 18;

/// Bytes of one value, or `None` for a type that the specification does not know, whose tag is to be skipped.
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
