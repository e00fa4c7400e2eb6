//! The numbers of a volume.

use std::io::Read;

use super::header::{Field, Header};
use super::{FileFault, inflate};
use crate::read::limits::reserved;
use crate::read::planes::Values;

/// The type of the numbers and how values follow from them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Encoding {
    kind: Kind,
    big: bool,
    /// Slope and intercept.
    scaling: Option<[f64; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    U8,
    I8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

/// Bytes that are decoded at a time: a multiple of every size of a number.
const CHUNK: usize = 1 << 16;

impl Encoding {
    /// The encoding that a header states.
    pub(super) fn of(header: &Header) -> Result<Self, FileFault> {
        let code = header.get(Field::DATATYPE, 0);
        let kind = match code as i64 {
            2 => Kind::U8,
            256 => Kind::I8,
            4 => Kind::I16,
            512 => Kind::U16,
            8 => Kind::I32,
            768 => Kind::U32,
            1024 => Kind::I64,
            1280 => Kind::U64,
            16 => Kind::F32,
            64 => Kind::F64,
            other => return Err(refused(other, code)),
        };
        let (bits, expected) = (header.get(Field::BITPIX, 0), 8 * kind.size());
        if bits != expected as f64 {
            let expected = "the bits of the data type";
            return Err(FileFault::HeaderValue { field: "bitpix", found: bits, expected });
        }
        let [slope, inter] = [Field::SCL_SLOPE, Field::SCL_INTER].map(|field| header.get(field, 0));
        let inter = if inter.is_finite() { inter } else { 0.0 };
        let scaled = slope != 0.0 && slope.is_finite() && [slope, inter] != [1.0, 0.0];
        Ok(Self { kind, big: header.is_big_endian(), scaling: scaled.then_some([slope, inter]) })
    }

    /// Whether the numbers are read as they are.
    fn is_whole(&self) -> bool {
        matches!(self.kind, Kind::U8 | Kind::U16) && self.scaling.is_none()
    }

    /// How many samples of 16 bits a voxel takes in memory while it is read.
    pub(super) fn samples(&self) -> u64 {
        if self.is_whole() { 1 } else { 3 }
    }

    /// The bytes of a number.
    pub(super) fn size(&self) -> u64 {
        self.kind.size() as u64
    }

    /// Reads `count` numbers; `place` is that of the first, for an error.
    pub(super) fn read(&self, source: &mut dyn Read, count: u64, place: u64) -> Result<Values, FileFault> {
        let mut values =
            if self.is_whole() { Values::Whole(reserved(count)?) } else { Values::Numbers(reserved(count)?) };
        let mut buffer = [0; CHUNK];
        let mut left = count.saturating_mul(self.size());
        let needed = place.saturating_add(left);
        while left > 0 {
            let chunk = &mut buffer[..left.min(CHUNK as u64) as usize];
            inflate::fill(source, chunk, "the last voxel", needed, needed - left)?;
            left -= chunk.len() as u64;
            match &mut values {
                Values::Whole(values) => self.each(chunk, |number| values.push(number as u16)),
                Values::Numbers(values) => match self.scaling {
                    Some([slope, inter]) => self.each(chunk, |number| values.push((number * slope + inter) as f32)),
                    None => self.each(chunk, |number| values.push(number as f32)),
                },
            }
        }
        Ok(values)
    }

    /// Calls `f` with each number in `bytes`.
    fn each(&self, bytes: &[u8], f: impl FnMut(f64)) {
        macro_rules! numbers {
            ($type:ty) => {{
                let chunks = bytes.as_chunks::<{ size_of::<$type>() }>().0.iter();
                if self.big {
                    chunks.map(|bytes| <$type>::from_be_bytes(*bytes) as f64).for_each(f)
                } else {
                    chunks.map(|bytes| <$type>::from_le_bytes(*bytes) as f64).for_each(f)
                }
            }};
        }
        match self.kind {
            Kind::U8 => numbers!(u8),
            Kind::I8 => numbers!(i8),
            Kind::I16 => numbers!(i16),
            Kind::U16 => numbers!(u16),
            Kind::I32 => numbers!(i32),
            Kind::U32 => numbers!(u32),
            Kind::I64 => numbers!(i64),
            Kind::U64 => numbers!(u64),
            Kind::F32 => numbers!(f32),
            Kind::F64 => numbers!(f64),
        }
    }
}

impl Kind {
    const fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }
}

/// The fault of a data type that is not read.
fn refused(code: i64, found: f64) -> FileFault {
    let found = match code {
        1 => "single bits",
        32 | 1792 | 2048 => "complex numbers",
        128 | 2304 => "colours",
        1536 => "floating-point numbers of 128 bits",
        _ => {
            return FileFault::HeaderValue { field: "datatype", found, expected: "the code of a real number" };
        }
    };
    FileFault::SampleFormat { found: found.to_owned() }
}
