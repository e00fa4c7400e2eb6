//! NIfTI-1 and NIfTI-2 → the upright axial [`Slice`]s of a volume.
//!
//! `.nii` and `.nii.gz`, and `.hdr` with `.img`; both byte orders; every real type of numbers. Of several volumes in one file the
//! first is read.
//!
//! Own code: `nifti` allocates what a header claims before the data is seen, and reads pairs of files from a disk only.

mod geometry;
mod header;
mod inflate;
mod voxels;

use std::io::Read as _;
use std::sync::Arc;

pub(crate) use header::{Field, Header};
use voxels::Encoding;

use super::planes::{Planes, Values, resliced};
use super::scan::Scan;
use super::{Channels, Limits, ReadNote, Samples, Slice};
use crate::error::{Error, FileFault, Quantity, Result};
use crate::volume::VoxelGrid;

/// Whether these are the first bytes of a NIfTI file, also compressed. Of a compressed file 256 bytes are enough, unless its
/// header has a long name.
pub(super) fn is_nifti(bytes: &[u8]) -> bool {
    header::length(&inflate::head(bytes, 4)).is_some()
}

/// The name of the other file of a volume in two files: for the `ending` `img` that of the voxels of an `.hdr` file, for `hdr` that
/// of the header of an `.img` file. `None` for any other name.
pub fn other_of_pair(name: &str, ending: &str) -> Option<String> {
    let own = if ending == "hdr" { "img" } else { "hdr" };
    let (stem, found) = name.rsplit_once('.')?;
    found.eq_ignore_ascii_case(own).then(|| {
        let upper = found.bytes().all(|byte| byte.is_ascii_uppercase());
        format!("{stem}.{}", if upper { ending.to_uppercase() } else { ending.to_owned() })
    })
}

/// Joins a NIfTI volume in two files, the `header` in `name` and the `voxels` of the `.img` file, to the bytes of one file.
///
/// # Errors
///
/// [`Error::File`] with the name of the header where it is not the header of a pair, or either file is damaged or over a limit.
pub fn join_pair(name: &str, header: &[u8], voxels: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    joined(header, voxels, limits).map_err(|fault| Error::in_file(name, fault))
}

fn joined(header: &[u8], voxels: &[u8], limits: &Limits) -> Result<Vec<u8>, FileFault> {
    let header = parsed(header)?;
    if !header.is_of_pair() {
        return Err(FileFault::UnexpectedVoxels);
    }
    let offset = place(header.get(Field::VOX_OFFSET, 0), 0, limits)?;
    let mut bytes = header.for_one_file().to_bytes();
    let most = limits.bytes.saturating_add(1);
    let mut source = inflate::source(voxels).take(most);
    let read = source.read_to_end(&mut bytes).map_err(|source| FileFault::Gzip { source })? as u64;
    if read == most {
        return Err(FileFault::OverLimit { what: Quantity::Bytes, found: read, limit: limits.bytes });
    }
    let start = bytes.len() - read as usize;
    bytes.drain(start..start + offset.min(read) as usize);
    Ok(bytes)
}

/// The header of a file that may be compressed.
fn parsed(bytes: &[u8]) -> Result<Header, FileFault> {
    let head = inflate::head(bytes, header::LONGEST);
    let unknown = || FileFault::NotAnImage { found: head.iter().take(4).copied().collect() };
    let length = header::length(&head).ok_or_else(unknown)?;
    let found = head.len() as u64;
    Header::parse(head.get(..length).ok_or(FileFault::Truncated {
        what: "the header",
        needed: length as u64,
        found,
    })?)
}

/// The place of the first voxel, which is at least `least`.
fn place(offset: f64, least: usize, limits: &Limits) -> Result<u64, FileFault> {
    // Some programs write 0 for the usual place.
    let offset = if offset == 0.0 { least as f64 } else { offset };
    if !(offset >= least as f64 && offset.fract() == 0.0) {
        let expected = "a whole number of bytes after the header";
        return Err(FileFault::HeaderValue { field: "vox_offset", found: offset, expected });
    }
    let offset = offset as u64;
    if offset > limits.bytes {
        return Err(FileFault::OverLimit { what: Quantity::Bytes, found: offset, limit: limits.bytes });
    }
    Ok(offset)
}

/// Reads the first volume of a file.
pub(super) fn read(name: &str, bytes: &[u8], limits: &Limits) -> Result<Vec<Slice>> {
    let fault = |fault| Error::in_file(name, fault);
    let volume = Stored::open(bytes, limits).map_err(fault)?;
    let values = volume.values(bytes).map_err(fault)?;
    volume.slices(name, values)
}

/// A volume whose header was checked.
struct Stored {
    header: Header,
    encoding: Encoding,
    grid: VoxelGrid,
    /// The place of the first voxel.
    offset: u64,
    notes: Vec<ReadNote>,
}

impl Stored {
    /// Reads the header and judges it, before memory is spent on the voxels.
    fn open(bytes: &[u8], limits: &Limits) -> Result<Self, FileFault> {
        let header = parsed(bytes)?;
        if header.is_of_pair() {
            return Err(FileFault::NoVoxels);
        }
        let encoding = Encoding::of(&header)?;
        let ([x, y, z], volumes) = geometry::size(&header)?;
        // Above this no file has enough bytes, and no index fits in memory.
        limits.admit_volume([x, y, z], encoding.samples())?;
        let size = [x as usize, y as usize, z as usize];
        let (grid, mut notes) = geometry::grid(&header, size)?;
        let [columns, rows, slices] = grid.axes().upright([x, y, z]);
        limits.admit(columns, rows, 1, 0)?;
        if slices > limits.pages {
            return Err(FileFault::OverLimit { what: Quantity::Slices, found: slices, limit: limits.pages });
        }
        if volumes > 1 {
            notes.push(ReadNote::FirstVolume { count: volumes });
        }
        notes.extend(resliced(&grid)?);
        let offset = place(header.get(Field::VOX_OFFSET, 0), header.offset(), limits)?;
        Ok(Self { header, encoding, grid, offset, notes })
    }

    /// Decodes the voxels.
    fn values(&self, bytes: &[u8]) -> Result<Values, FileFault> {
        let mut source = inflate::source(bytes);
        let count = self.grid.size().iter().fold(1, |count, length| count * *length as u64);
        let needed = self.offset + count * self.encoding.size();
        let mut skipped = 0;
        let mut buffer = [0; 4096];
        while skipped < self.offset {
            let some = &mut buffer[..(self.offset - skipped).min(4096) as usize];
            inflate::fill(&mut *source, some, "the last voxel", needed, skipped)?;
            skipped += some.len() as u64;
        }
        self.encoding.read(&mut *source, count, self.offset)
    }

    /// The slices, from the feet to the head.
    fn slices(self, name: &str, values: Values) -> Result<Vec<Slice>> {
        let [columns, rows, count] = self.grid.upright().size();
        let named = |z: usize| if count > 1 { format!("{name}#{}", z + 1) } else { name.to_owned() };
        let planes = Planes::of(&self.grid, &values).map_err(|(z, fault)| Error::in_file(named(z), fault))?;
        let scan = Arc::new(Scan::new(self.grid, self.header, &planes));
        let slice = |(z, plane): (usize, Vec<u16>)| {
            let slice = Slice::new(named(z), columns, rows, Channels::Grey, Samples::U16(plane))?;
            let mut slice = slice.of_scan(Arc::clone(&scan), z);
            self.notes.iter().for_each(|note| slice.note(*note));
            Ok(slice)
        };
        planes.samples.into_iter().enumerate().map(slice).collect()
    }
}
