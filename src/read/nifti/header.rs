//! [`Header`]: the header of NIfTI-1 and NIfTI-2, for reading and for writing.
//!
//! Defined by Cox et al., <https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h> and
//! <https://nifti.nimh.nih.gov/pub/dist/doc/nifti2.h>.

use super::FileFault;
use crate::volume::VoxelGrid;

/// A header with all its bytes, so that what is not known here is kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    bytes: Vec<u8>,
    version: Version,
    order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// The type of a field.
#[derive(Clone, Copy, Debug)]
enum Kind {
    U8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

/// A number or a list of numbers: its first byte and type in each version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    one: (usize, Kind),
    two: (usize, Kind),
}

impl Field {
    /// How many axes there are, then the length of each of seven.
    pub(crate) const DIM: Self = Self::at((40, Kind::I16), (16, Kind::I64));
    /// The type of a voxel.
    pub(crate) const DATATYPE: Self = Self::at((70, Kind::I16), (12, Kind::I16));
    /// The bits of a voxel.
    pub(crate) const BITPIX: Self = Self::at((72, Kind::I16), (14, Kind::I16));
    /// 1 or -1 for the direction of the third axis in the quaternion form, then the spacing along each axis.
    pub(crate) const PIXDIM: Self = Self::at((76, Kind::F32), (104, Kind::F64));
    /// The first byte of the voxels.
    pub(crate) const VOX_OFFSET: Self = Self::at((108, Kind::F32), (168, Kind::I64));
    /// A stored number times `SCL_SLOPE` plus `SCL_INTER` is the value, unless `SCL_SLOPE` is 0.
    pub(crate) const SCL_SLOPE: Self = Self::at((112, Kind::F32), (176, Kind::F64));
    pub(crate) const SCL_INTER: Self = Self::at((116, Kind::F32), (184, Kind::F64));
    /// The units of length (bits 0 to 2) and time.
    pub(crate) const XYZT_UNITS: Self = Self::at((123, Kind::U8), (500, Kind::I32));
    /// The values to show white and black.
    pub(crate) const CAL_MAX: Self = Self::at((124, Kind::F32), (192, Kind::F64));
    pub(crate) const CAL_MIN: Self = Self::at((128, Kind::F32), (200, Kind::F64));
    /// What the quaternion form and the affine form are relative to; 0 where there is none.
    pub(crate) const QFORM_CODE: Self = Self::at((252, Kind::I16), (344, Kind::I32));
    pub(crate) const SFORM_CODE: Self = Self::at((254, Kind::I16), (348, Kind::I32));
    /// Three parts of the quaternion.
    pub(crate) const QUATERN: Self = Self::at((256, Kind::F32), (352, Kind::F64));
    /// The place of the first voxel in the quaternion form.
    pub(crate) const QOFFSET: Self = Self::at((268, Kind::F32), (376, Kind::F64));
    /// The rows of the affine form.
    pub(crate) const SROW: Self = Self::at((280, Kind::F32), (400, Kind::F64));
    /// What the values mean, such as labels, and three parameters.
    const INTENT_CODE: Self = Self::at((68, Kind::I16), (504, Kind::I32));
    const INTENT_PARAMETERS: Self = Self::at((56, Kind::F32), (80, Kind::F64));

    const fn at(one: (usize, Kind), two: (usize, Kind)) -> Self {
        Self { one, two }
    }
}

/// `descrip` and `aux_file`, and `intent_name`: first byte in each version, and length.
const DESCRIPTION: [usize; 3] = [148, 240, 80];
const AUX_FILE: [usize; 3] = [228, 320, 24];
const INTENT_NAME: [usize; 3] = [328, 508, 16];

/// `magic` of one file, and of a header with its voxels in another file.
const MAGIC_ONE: [&[u8; 4]; 2] = [b"n+1\0", b"ni1\0"];
const MAGIC_TWO: [&[u8; 8]; 2] = [b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n"];

impl Version {
    /// The bytes of the header, which are also its first field.
    const fn length(self) -> usize {
        match self {
            Self::One => 348,
            Self::Two => 540,
        }
    }
}

/// The bytes of the longest header.
pub(super) const LONGEST: usize = Version::Two.length();

/// The length of the header that begins with these bytes, if they are those of a NIfTI or Analyze file.
pub(super) fn length(head: &[u8]) -> Option<usize> {
    recognise(head).map(|(version, _)| version.length())
}

fn recognise(head: &[u8]) -> Option<(Version, Order)> {
    let size = head.first_chunk::<4>()?;
    let all = [Version::One, Version::Two].into_iter().flat_map(|v| [(v, Order::Little), (v, Order::Big)]);
    all.into_iter().find(|(version, order)| {
        let expected = version.length() as i32;
        *size == if *order == Order::Big { expected.to_be_bytes() } else { expected.to_le_bytes() }
    })
}

impl Header {
    /// The header of a NIfTI-1 file with all fields 0, little-endian, with its voxels in the same file.
    pub(crate) fn empty() -> Self {
        let mut header = Self { bytes: vec![0; Version::One.length()], version: Version::One, order: Order::Little };
        header.seal();
        header
    }

    /// The header of a NIfTI-1 file for this grid in millimetres, in the coordinates of a scanner.
    ///
    /// The affine form is exact. The quaternion form has the rotation next to it, because quaternions have no shear.
    pub(crate) fn of_grid(grid: &VoxelGrid) -> Self {
        let mut header = Self::empty();
        let (affine, spacing) = (grid.affine(), grid.spacing());
        let (quaternion, flip) = affine.quaternion();
        let dim = [3].into_iter().chain(grid.size()).chain([1; 4]);
        dim.enumerate().for_each(|(index, length)| header.set(Field::DIM, index, length as f64));
        let pixdim = [flip].into_iter().chain(spacing).chain([1.0; 4]);
        pixdim.enumerate().for_each(|(index, length)| header.set(Field::PIXDIM, index, length));
        header.set(Field::XYZT_UNITS, 0, 2.0);
        header.set(Field::QFORM_CODE, 0, 1.0);
        header.set(Field::SFORM_CODE, 0, 1.0);
        quaternion.into_iter().enumerate().for_each(|(index, part)| header.set(Field::QUATERN, index, part));
        affine.origin().into_iter().enumerate().for_each(|(index, part)| header.set(Field::QOFFSET, index, part));
        let rows = affine.rows().iter().flatten();
        rows.enumerate().for_each(|(index, value)| header.set(Field::SROW, index, *value));
        header
    }

    /// Reads the bytes of a header, as many as [`length`] says.
    ///
    /// # Errors
    ///
    /// [`FileFault::Analyze`] without the mark of NIfTI.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, FileFault> {
        let Some((version, order)) = recognise(bytes).filter(|(version, _)| bytes.len() == version.length()) else {
            return Err(FileFault::NotAnImage { found: bytes.iter().take(4).copied().collect() });
        };
        let header = Self { bytes: bytes.to_vec(), version, order };
        header.magic().ok_or(FileFault::Analyze)?;
        Ok(header)
    }

    /// Which of the two marks it has: 0 for one file, 1 for two.
    fn magic(&self) -> Option<usize> {
        match self.version {
            Version::One => MAGIC_ONE.iter().position(|magic| self.bytes[344..348] == magic[..]),
            Version::Two => MAGIC_TWO.iter().position(|magic| self.bytes[4..12] == magic[..]),
        }
    }

    /// Whether the voxels are in another file.
    pub(super) fn is_of_pair(&self) -> bool {
        self.magic() == Some(1)
    }

    /// Whether numbers have their highest byte first.
    pub(super) fn is_big_endian(&self) -> bool {
        self.order == Order::Big
    }

    /// The first byte of the voxels of a file without extensions: 4 bytes after the header say that there are none.
    pub(crate) const fn offset(&self) -> usize {
        self.version.length() + 4
    }

    /// A value of a field, by its place in the list.
    pub(crate) fn get(&self, field: Field, index: usize) -> f64 {
        let (at, kind) = self.place(field, index);
        macro_rules! number {
            ($type:ty) => {{
                let mut bytes = [0; size_of::<$type>()];
                bytes.copy_from_slice(&self.bytes[at..at + size_of::<$type>()]);
                match self.order {
                    Order::Little => <$type>::from_le_bytes(bytes) as f64,
                    Order::Big => <$type>::from_be_bytes(bytes) as f64,
                }
            }};
        }
        match kind {
            Kind::U8 => number!(u8),
            Kind::I16 => number!(i16),
            Kind::I32 => number!(i32),
            Kind::I64 => number!(i64),
            Kind::F32 => number!(f32),
            Kind::F64 => number!(f64),
        }
    }

    /// Sets a value of a field. Integers are rounded and clamped.
    pub(crate) fn set(&mut self, field: Field, index: usize, value: f64) {
        let (at, kind) = self.place(field, index);
        macro_rules! put {
            ($type:ty) => {{
                let bytes = match self.order {
                    Order::Little => (value as $type).to_le_bytes(),
                    Order::Big => (value as $type).to_be_bytes(),
                };
                self.bytes[at..at + bytes.len()].copy_from_slice(&bytes);
            }};
        }
        match kind {
            Kind::U8 => put!(u8),
            Kind::I16 => put!(i16),
            Kind::I32 => put!(i32),
            Kind::I64 => put!(i64),
            Kind::F32 => put!(f32),
            Kind::F64 => put!(f64),
        }
    }

    /// The header for a volume of results on the same grid, in one file: the size, the spacing, the units and the orientation
    /// stay. Numbers have the same byte order.
    pub(crate) fn for_results(&self) -> Self {
        let mut header = self.clone();
        header.set(Field::DIM, 0, 3.0);
        let axes = self.get(Field::DIM, 0).min(3.0) as usize;
        for axis in 1..8 {
            let length = if axis > axes { 1.0 } else { self.get(Field::DIM, axis) };
            header.set(Field::DIM, axis, length);
        }
        header.set(Field::INTENT_CODE, 0, 0.0);
        (0..3).for_each(|index| header.set(Field::INTENT_PARAMETERS, index, 0.0));
        header.set(Field::SCL_INTER, 0, 0.0);
        header.set(Field::CAL_MIN, 0, 0.0);
        for [one, two, length] in [AUX_FILE, INTENT_NAME] {
            let at = header.text(one, two);
            header.bytes[at..at + length].fill(0);
        }
        header.seal();
        header
    }

    /// The header for a single file with the same voxels.
    pub(super) fn for_one_file(&self) -> Self {
        let mut header = self.clone();
        header.seal();
        header
    }

    /// Sets the description. A longer one is cut.
    pub(crate) fn describe(&mut self, text: &str) {
        let [one, two, length] = DESCRIPTION;
        let at = self.text(one, two);
        self.bytes[at..at + length].fill(0);
        let kept = text.len().min(length - 1);
        self.bytes[at..at + kept].copy_from_slice(&text.as_bytes()[..kept]);
    }

    /// The numbers of a volume of this header's byte order.
    pub(crate) fn encode(&self, value: u16) -> [u8; 2] {
        match self.order {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        }
    }

    /// The header and the 4 bytes that follow it in a file without extensions.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes.resize(self.offset(), 0);
        bytes
    }

    /// Writes the length, the mark of a single file and the place of its voxels.
    fn seal(&mut self) {
        let length = self.version.length() as i32;
        let bytes = if self.order == Order::Big { length.to_be_bytes() } else { length.to_le_bytes() };
        self.bytes[..4].copy_from_slice(&bytes);
        match self.version {
            Version::One => self.bytes[344..348].copy_from_slice(MAGIC_ONE[0]),
            Version::Two => self.bytes[4..12].copy_from_slice(MAGIC_TWO[0]),
        }
        self.set(Field::VOX_OFFSET, 0, self.offset() as f64);
    }

    fn place(&self, field: Field, index: usize) -> (usize, Kind) {
        let (first, kind) = match self.version {
            Version::One => field.one,
            Version::Two => field.two,
        };
        let size = match kind {
            Kind::U8 => 1,
            Kind::I16 => 2,
            Kind::I32 | Kind::F32 => 4,
            Kind::I64 | Kind::F64 => 8,
        };
        (first + index * size, kind)
    }

    fn text(&self, one: usize, two: usize) -> usize {
        match self.version {
            Version::One => one,
            Version::Two => two,
        }
    }
}
