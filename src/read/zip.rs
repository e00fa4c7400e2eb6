//! A zip → the files in it.
//!
//! Nothing is written to disk, so a zip can only do harm by its size. [`ZipLimits`] applies to the bytes that are
//! decompressed, not to what the headers claim, and a ration limits how often the same bytes are read. Files that
//! operating systems leave in folders are skipped; every other entry that is not read is reported.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use memchr::memmem;
use zip::ZipArchive;
use zip::read::ZipFile;

use crate::error::{Error, FileFault, Quantity, Result};

/// How much one zip may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZipLimits {
    /// Entries, folders included. Default: 32,768. The dataset (110 patients with masks) has 7,969.
    pub entries: u64,
    /// Bytes of the zip. Default: 1,073,741,824 (1 GiB). The zip of the dataset has 0.7 GiB.
    pub packed: u64,
    /// Decompressed bytes of all files. Default: 2,147,483,648 (2 GiB), half of what a page can address. The dataset
    /// has 1 GiB.
    pub bytes: u64,
    /// Decompressed bytes of one file. Default: 256 MiB, as in [`Limits`](crate::read::Limits).
    pub file: u64,
}

/// The files of a zip.
#[derive(Debug)]
pub struct Contents {
    /// The names, with folders, and bytes of the files, in the zip's order.
    pub files: Vec<(String, Vec<u8>)>,
    /// The entries that are not read, and why.
    pub refused: Vec<Error>,
    /// The names of the files that operating systems leave in folders.
    pub passed_over: Vec<String>,
}

impl Default for ZipLimits {
    fn default() -> Self {
        Self { entries: 1 << 15, packed: 1 << 30, bytes: 1 << 31, file: crate::read::Limits::default().bytes }
    }
}

/// Whether these are the first bytes of a zip.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    // The header of the first entry, or the end of an empty zip.
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Reads all files of a zip called `name`.
///
/// A file keeps its folders in the zip, below the folder of the zip. A file without a folder is placed in a folder with
/// the zip's name, so that `scan.zip` is the same case as the folder `scan`. Not read, and listed in
/// [`Contents::refused`], are zips inside the zip, links, names that point outside the zip, all files of a name but the
/// last, and files that cannot be decompressed (encrypted, or not Deflate). Hidden files, `__MACOSX`, `Thumbs.db` and
/// `desktop.ini` are listed in [`Contents::passed_over`].
///
/// # Errors
///
/// Nothing is read in case of an error: [`FileFault::Zip`] if the zip itself is invalid, and [`FileFault::OverLimit`]
/// if it exceeds `limits`, has more than 512 bytes of directory for each entry that they allow, or has files that
/// overlap.
pub fn unpack(name: &str, bytes: &[u8], limits: &ZipLimits) -> Result<Contents> {
    let Contents { files, mut refused, passed_over } = extract(name, bytes, limits)?;
    let (nested, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(_, bytes)| is_zip(bytes));
    refused.extend(nested.into_iter().map(|(name, _)| Error::in_file(name, FileFault::NestedZip)));
    Ok(Contents { files, refused, passed_over })
}

/// As [`unpack`], but zips inside the zip are files like any other.
pub(crate) fn extract(name: &str, bytes: &[u8], limits: &ZipLimits) -> Result<Contents> {
    let fault = |fault| Error::in_file(name, fault);
    let over = |what, found, limit| fault(FileFault::OverLimit { what, found, limit });
    limits.admit(name, bytes.len() as u64)?;
    // Checked before the unpacker allocates memory for that many.
    let claimed = claimed(bytes);
    if claimed > limits.entries {
        return Err(over(Quantity::Entries, claimed, limits.entries));
    }
    let directory = limits.entries.saturating_mul(DIRECTORY_ENTRY).saturating_add(DIRECTORY_END);
    let ration = Cell::new(directory);
    let source = Ration { bytes: Cursor::new(bytes), left: &ration };
    let mut archive = ZipArchive::new(source).map_err(|source| match ration.get() {
        0 => over(Quantity::DirectoryBytes, directory + 1, directory),
        _ => fault(FileFault::Zip { source }),
    })?;
    let found = archive.len() as u64;
    if found > limits.entries {
        return Err(over(Quantity::Entries, found, limits.entries));
    }
    // The unpacker returns only the last entry of a name.
    let repeated = repeated(bytes, archive.central_directory_start());
    let refused = repeated
        .into_iter()
        .filter(|entry| !is_folder(entry) && !is_litter(entry))
        .map(|entry| Error::in_file(below(name, &entry), FileFault::Repeated));
    let mut contents = Contents { files: Vec::new(), refused: refused.collect(), passed_over: Vec::new() };
    let mut left = limits.bytes;
    // Files that do not overlap take no more bytes than the zip has. Twice as many allow for headers that are read
    // again.
    let compressed = 2 * bytes.len() as u64;
    ration.set(compressed);
    for index in 0..archive.len() {
        // The name is known even if the data cannot be read.
        let entry = archive.name_for_index(index).unwrap_or_default().to_owned();
        if is_folder(&entry) {
            continue;
        }
        if is_litter(&entry) {
            contents.passed_over.push(below(name, &entry));
            continue;
        }
        let opened = archive.by_index(index);
        let entry = opened.as_ref().ok().and_then(utf8_name).unwrap_or(entry);
        let path = below(name, &entry);
        let read = match opened {
            _ if leads_out(&entry) => Err(FileFault::UnsafeName),
            Ok(file) => read(file, limits, &mut left),
            Err(source) => Err(FileFault::Zip { source }),
        };
        match read {
            Ok(file) => contents.files.push((path, file)),
            // A limit of the zip, not of the file.
            Err(excess @ FileFault::OverLimit { what: Quantity::UnpackedBytes, .. }) => return Err(fault(excess)),
            Err(_) if ration.get() == 0 => {
                return Err(over(Quantity::OverlappingBytes, compressed + 1, compressed));
            }
            Err(fault) => contents.refused.push(Error::in_file(path, fault)),
        }
    }
    Ok(contents)
}

impl ZipLimits {
    /// Whether a zip of `found` bytes may be read.
    ///
    /// # Errors
    ///
    /// [`FileFault::OverLimit`] if not.
    pub(crate) fn admit(&self, name: &str, found: u64) -> Result<()> {
        if found > self.packed {
            return Err(Error::in_file(
                name,
                FileFault::OverLimit { what: Quantity::Bytes, found, limit: self.packed },
            ));
        }
        Ok(())
    }
}

/// The most entries that a 64-bit end of the directory claims. The unpacker allocates some 200 bytes for each of them
/// before it looks for the first.
fn claimed(bytes: &[u8]) -> u64 {
    const RECORD: usize = 40;
    let records = memmem::find_iter(bytes, b"PK\x06\x06").filter_map(|at| bytes.get(at..at + RECORD));
    let number = |record: &[u8], at: usize| record[at..].first_chunk().map_or(0, |&number| u64::from_le_bytes(number));
    // A record states its own length, which is rarely below the length of the file by chance.
    let sound = records.filter(|record| number(record, 4) < bytes.len() as u64);
    sound.map(|record| number(record, 24).max(number(record, 32))).max().unwrap_or(0)
}

/// The names that occur several times in the directory at `start`.
fn repeated(bytes: &[u8], start: u64) -> BTreeSet<String> {
    const HEADER: usize = 46;
    let (mut seen, mut repeated) = (BTreeSet::new(), BTreeSet::new());
    let mut rest = usize::try_from(start).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER>()
        && header.starts_with(b"PK\x01\x02")
    {
        let [name, extra, comment] =
            [28, 30, 32].map(|at| usize::from(u16::from_le_bytes([header[at], header[at + 1]])));
        let Some(own) = behind.get(..name) else { break };
        if !seen.insert(own) {
            repeated.insert(String::from_utf8_lossy(own).into_owned());
        }
        rest = behind.get(name + extra + comment..).unwrap_or_default();
    }
    repeated
}

/// The bytes of directory allowed for each entry: 46, its name, its extra fields and its comment. They rarely have more
/// than 200.
const DIRECTORY_ENTRY: u64 = 512;

/// The bytes allowed for the end of the directory. It is searched in a comment of up to 64 KiB, twice for a 64-bit end.
const DIRECTORY_END: u64 = 1 << 18;

/// The bytes of a zip, of which a limited number can be read. A hostile zip has many ends of its directory, each of
/// which makes the unpacker read the whole directory, or thousands of entries with the same compressed bytes.
struct Ration<'a> {
    bytes: Cursor<&'a [u8]>,
    left: &'a Cell<u64>,
}

impl Read for Ration<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::other("the limit of bytes to read is reached"));
        }
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self.bytes.read(&mut buffer[..most])?;
        self.left.set(left - read as u64);
        Ok(read)
    }
}

impl Seek for Ration<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

fn read(entry: ZipFile<'_, Ration<'_>>, limits: &ZipLimits, left: &mut u64) -> Result<Vec<u8>, FileFault> {
    if entry.is_symlink() {
        return Err(FileFault::Link);
    }
    let mut bytes = Vec::new();
    let most = limits.file.min(*left);
    // One byte more than allowed tells a file that fits from one that does not.
    let read = entry.take(most.saturating_add(1)).read_to_end(&mut bytes);
    let found = bytes.len() as u64;
    if found > *left {
        return Err(FileFault::OverLimit {
            what: Quantity::UnpackedBytes,
            found: limits.bytes.saturating_add(1),
            limit: limits.bytes,
        });
    }
    // Decompressed bytes count even if the file is refused.
    *left -= found;
    if found > limits.file {
        return Err(FileFault::OverLimit { what: Quantity::Bytes, found, limit: limits.file });
    }
    read.map_err(|source| FileFault::Zip { source: source.into() })?;
    // The buffer may have grown to twice the length.
    bytes.shrink_to_fit();
    Ok(bytes)
}

fn is_folder(name: &str) -> bool {
    name.ends_with(['/', '\\'])
}

/// Whether a name, with its folders, is that of a file that operating systems leave in folders, or of a hidden one.
pub(crate) fn is_litter(name: &str) -> bool {
    const FILES: [&str; 4] = ["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"];
    let mut parts = name.split(['/', '\\']);
    let file = parts.next_back().unwrap_or_default();
    let hidden = |part: &str| part.starts_with('.') && !matches!(part, "." | "..");
    hidden(file)
        || FILES.iter().any(|litter| file.eq_ignore_ascii_case(litter))
        // `@eaDir` has the thumbnails of a Synology server.
        || parts.any(|folder| hidden(folder) || matches!(folder, "__MACOSX" | "@eaDir"))
}

/// Whether a name points outside the zip.
fn leads_out(name: &str) -> bool {
    let mut parts = name.split(['/', '\\']);
    name.starts_with(['/', '\\']) || name.contains('\0') || parts.any(|part| part == ".." || part.ends_with(':'))
}

/// The stored name if it is UTF-8: macOS writes UTF-8 without the flag that declares it.
fn utf8_name(entry: &ZipFile<'_, Ration<'_>>) -> Option<String> {
    std::str::from_utf8(entry.name_raw()).ok().map(str::to_owned)
}

/// The name of an entry, in the folder of the zip.
fn below(zip: &str, entry: &str) -> String {
    let (folder, stem) = folder_and_stem(zip);
    let mut entry = entry;
    // Some programs start every name with `./`.
    while let Some(rest) = entry.strip_prefix("./") {
        entry = rest.trim_start_matches('/');
    }
    let own = if entry.contains(['/', '\\']) { "" } else { stem };
    joined([folder, own, entry])
}

/// The folders that the files of a zip may be in: that of the zip, one with the zip's name, and then with a number.
pub(crate) fn folder(zip: &str, number: usize) -> String {
    let (folder, stem) = folder_and_stem(zip);
    match number {
        0 => folder.to_owned(),
        1 => joined([folder, stem]),
        _ => joined([folder, &format!("{stem} ({number})")]),
    }
}

/// The folder of a file, without a trailing slash, and its name without the extension.
fn folder_and_stem(path: &str) -> (&str, &str) {
    let (folder, file) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    (folder, file.rsplit_once('.').map_or(file, |(stem, _)| stem))
}

/// The parts that are not empty, joined by slashes.
pub(crate) fn joined<const N: usize>(parts: [&str; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}
