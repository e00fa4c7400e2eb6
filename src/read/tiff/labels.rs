//! [`labels`]: the names of the pictures of an ImageJ stack.

use super::directory::Page;
use super::tags;

/// The labels of the pictures in the order of the file. Empty without labels, or if they cannot be read: they are not needed.
///
/// The tags are ImageJ's own (`ij.io.TiffEncoder`): 50838 has the number of bytes of the header and of each entry, 50839 has the
/// header, which is `IJIJ` with pairs of a kind of entry and the number of entries, and then the entries. Texts are UTF-16.
pub(super) fn labels(page: &Page<'_>, big_endian: bool) -> Vec<String> {
    read(page, big_endian).unwrap_or_default()
}

/// The most labels that are read.
const MOST: u64 = 4096;

fn read(page: &Page<'_>, big_endian: bool) -> Option<Vec<String>> {
    let counts = page.list(tags::IMAGEJ_COUNTS, 2).ok()??;
    let bytes = page.bytes(tags::IMAGEJ_METADATA).ok()??;
    let code = |text: [u8; 4]| if big_endian { text } else { [text[3], text[2], text[1], text[0]] };
    let mut sizes = counts.iter(MOST).map(|size| usize::try_from(size).unwrap_or(usize::MAX));
    let (header, mut rest) = bytes.split_at_checked(sizes.next()?)?;
    let pairs = header.strip_prefix(&code(*b"IJIJ"))?.as_chunks::<8>().0;
    for pair in pairs {
        let (kind, count) = pair.split_at(4);
        let count: [u8; 4] = count.try_into().ok()?;
        let count = if big_endian { u32::from_be_bytes(count) } else { u32::from_le_bytes(count) };
        let mut found = Vec::new();
        for size in sizes.by_ref().take(count as usize) {
            let (entry, after) = rest.split_at_checked(size)?;
            rest = after;
            found.push(entry);
        }
        if kind == code(*b"labl") {
            let unit = |unit: &[u8; 2]| if big_endian { u16::from_be_bytes(*unit) } else { u16::from_le_bytes(*unit) };
            let text = |entry: &[u8]| {
                char::decode_utf16(entry.as_chunks::<2>().0.iter().map(unit)).map(|c| c.unwrap_or(' ')).collect()
            };
            return Some(found.into_iter().map(text).collect());
        }
    }
    None
}
