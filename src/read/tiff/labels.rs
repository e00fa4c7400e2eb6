//! [`labels`]: the names of the pictures of an ImageJ stack.

use super::directory::Page;
use super::kind::word;
use super::tags;

/// The labels of the pictures in the order of the file. Empty without labels, or if they cannot be read: they are not needed.
///
/// The tags are ImageJ's own (`ij.io.TiffEncoder`): 50838 has the number of bytes of the header and of each entry, 50839 has the
/// header, which is `IJIJ` with pairs of a kind of entry and the number of entries, and then the entries. Texts are UTF-16.
pub(super) fn labels(page: &Page<'_>) -> Vec<String> {
    read(page).unwrap_or_default()
}

/// The most labels that are read.
const MOST: u64 = 4096;

fn read(page: &Page<'_>) -> Option<Vec<String>> {
    let big_endian = page.big_endian();
    let counts = page.list(tags::IMAGEJ_COUNTS, 2).ok()??;
    let bytes = page.bytes(tags::IMAGEJ_METADATA).ok()??;
    let code = |text: [u8; 4]| if big_endian { text } else { [text[3], text[2], text[1], text[0]] };
    let mut sizes = counts.iter(MOST).map(|size| usize::try_from(size).unwrap_or(usize::MAX));
    let (header, mut rest) = bytes.split_at_checked(sizes.next()?)?;
    let pairs = header.strip_prefix(&code(*b"IJIJ"))?.as_chunks::<8>().0;
    for pair in pairs {
        let (kind, count) = pair.split_at(4);
        let mut found = Vec::new();
        for size in sizes.by_ref().take(word::<4>(count, 0, big_endian) as usize) {
            let (entry, after) = rest.split_at_checked(size)?;
            rest = after;
            found.push(entry);
        }
        if kind == code(*b"labl") {
            let text = |entry: &[u8]| {
                let units = (0..entry.len() / 2).map(|index| word::<2>(entry, index, big_endian) as u16);
                char::decode_utf16(units).map(|c| c.unwrap_or(' ')).collect()
            };
            return Some(found.into_iter().map(text).collect());
        }
    }
    None
}
