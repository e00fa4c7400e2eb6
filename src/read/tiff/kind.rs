//! [`Kind`]: how one sample is stored.

use half::f16;

use super::directory::Page;
use super::tags;
use crate::error::FileFault;

/// How one sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An unsigned integer of 1 to 16 bits. It is kept as it is.
    Unsigned(u8),
    /// Any other number. It is read as single precision.
    Wide(Wide),
}

/// A number that is not an unsigned integer of at most 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wide {
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F16,
    F32,
    F64,
}

impl Kind {
    /// Reads BitsPerSample and SampleFormat, which must be equal for all `stored` samples of a pixel.
    pub(super) fn of(page: &Page<'_>, stored: u64) -> Result<Self, FileFault> {
        let format = format(page, stored)?;
        let bits = bits(page, stored)?;
        Ok(match (format, bits) {
            // The specification treats an undefined format as unsigned.
            (1 | 4, 1..=16) => Self::Unsigned(bits as u8),
            (1 | 4, 32) => Self::Wide(Wide::U32),
            (1 | 4, 64) => Self::Wide(Wide::U64),
            (2, 8) => Self::Wide(Wide::I8),
            (2, 16) => Self::Wide(Wide::I16),
            (2, 32) => Self::Wide(Wide::I32),
            (2, 64) => Self::Wide(Wide::I64),
            (3, 16) => Self::Wide(Wide::F16),
            (3, 32) => Self::Wide(Wide::F32),
            (3, 64) => Self::Wide(Wide::F64),
            (1..=4, _) => return Err(FileFault::BitDepth { found: vec![bits] }),
            (5, _) => return Err(FileFault::SampleFormat { found: "complex integers".to_owned() }),
            (6, _) => return Err(FileFault::SampleFormat { found: "complex floating-point numbers".to_owned() }),
            (other, _) => return Err(FileFault::SampleFormat { found: format!("of unknown format {other}") }),
        })
    }

    /// Bits of a stored sample.
    pub(super) const fn bits(self) -> usize {
        match self {
            Self::Unsigned(bits) => bits as usize,
            Self::Wide(wide) => 8 * wide.bytes(),
        }
    }

    /// Bytes of a row of `samples` samples. In 64 bits: the bits do not fit a `usize` of wasm32.
    pub(super) const fn row_bytes(self, samples: u64) -> u64 {
        samples.saturating_mul(self.bits() as u64).div_ceil(8)
    }

    /// How many samples of 16 bits take the memory of one sample: a wide one is kept in single precision as well.
    pub(super) const fn cost(self) -> u64 {
        match self {
            Self::Unsigned(_) => 1,
            Self::Wide(_) => 3,
        }
    }
}

impl Wide {
    /// Bytes of a stored sample.
    const fn bytes(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::I16 | Self::F16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether samples are floating-point numbers.
    pub(super) const fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64)
    }

    /// Sample `index` of a row. Finite numbers beyond single precision become its largest ones.
    pub(super) fn load(self, row: &[u8], index: usize, big_endian: bool) -> f32 {
        match self {
            Self::I8 => f32::from(row[index] as i8),
            Self::I16 => f32::from(word::<2>(row, index, big_endian) as i16),
            Self::F16 => f16::from_bits(word::<2>(row, index, big_endian) as u16).to_f32(),
            Self::U32 => word::<4>(row, index, big_endian) as u32 as f32,
            Self::I32 => word::<4>(row, index, big_endian) as i32 as f32,
            Self::F32 => f32::from_bits(word::<4>(row, index, big_endian) as u32),
            Self::U64 => word::<8>(row, index, big_endian) as f32,
            Self::I64 => word::<8>(row, index, big_endian) as i64 as f32,
            Self::F64 => {
                let value = f64::from_bits(word::<8>(row, index, big_endian));
                if value.is_finite() { value.clamp(f32::MIN.into(), f32::MAX.into()) as f32 } else { value as f32 }
            }
        }
    }
}

/// Number `index` of a row of unsigned integers of `N` bytes, at most 8.
pub(super) fn word<const N: usize>(row: &[u8], index: usize, big_endian: bool) -> u64 {
    let bytes = &row[index * N..][..N];
    let mut word = [0; 8];
    if big_endian {
        word[8 - N..].copy_from_slice(bytes);
        u64::from_be_bytes(word)
    } else {
        word[..N].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    }
}

/// Number `index` of a row of unsigned integers of `bits` bits, at most 16, packed from the highest bit of each byte.
pub(super) fn packed(row: &[u8], index: usize, bits: usize) -> u16 {
    let (first, shift) = (index * bits / 8, index * bits % 8);
    // 16 bits from any bit of a byte lie within three bytes.
    let byte = |at: usize| u32::from(row.get(first + at).copied().unwrap_or(0));
    let window = byte(0) << 16 | byte(1) << 8 | byte(2);
    (window >> (24 - shift - bits) & ((1 << bits) - 1)) as u16
}

/// The SampleFormat of all samples of a pixel. 1, unsigned integers, is the default.
fn format(page: &Page<'_>, stored: u64) -> Result<u64, FileFault> {
    let Some(formats) = page.list(tags::SAMPLE_FORMAT, 1)? else { return Ok(1) };
    let first = formats.get(0).unwrap_or(1);
    if formats.iter(stored).any(|format| format != first) {
        return Err(FileFault::SampleFormat { found: "of several formats".to_owned() });
    }
    Ok(first)
}

/// Bits per sample, equal for all `stored` samples of a pixel.
fn bits(page: &Page<'_>, stored: u64) -> Result<u64, FileFault> {
    // 1 is the specification's default.
    let Some(bits) = page.list(tags::BITS, 1)? else { return Ok(1) };
    // Some writers state one value for all samples. A message shows four at most.
    let first = bits.get(0).unwrap_or(1);
    if bits.iter(stored).any(|bits| bits != first) {
        return Err(FileFault::BitDepth { found: bits.iter(stored.min(4)).collect() });
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_end_at_a_byte_and_may_have_more_bits_than_32_bits_count() {
        assert_eq!([1, 2, 3].map(|samples| Kind::Unsigned(12).row_bytes(samples)), [2, 3, 5]);
        assert_eq!(Kind::Wide(Wide::F64).row_bytes(1 << 26), 1 << 29);
    }

    #[test]
    fn packed_samples_start_at_the_highest_bit() {
        let row = [0b1010_0110, 0b1100_0001, 0b0111_1111];
        let all = |bits: usize| (0..24 / bits).map(|i| packed(&row, i, bits)).collect::<Vec<_>>();
        assert_eq!(all(1)[..8], [1, 0, 1, 0, 0, 1, 1, 0]);
        assert_eq!(all(2)[..4], [2, 2, 1, 2]);
        assert_eq!(all(4), [0xa, 0x6, 0xc, 0x1, 0x7, 0xf]);
        assert_eq!(all(12), [0xa6c, 0x17f]);
        assert_eq!(all(16), [0xa6c1]);
    }

    #[test]
    fn numbers_beyond_single_precision_stay_finite() {
        let load = |value: f64| Wide::F64.load(&value.to_be_bytes(), 0, true);
        assert_eq!([load(1e300), load(-1e300), load(0.5)], [f32::MAX, f32::MIN, 0.5]);
        assert_eq!(load(f64::INFINITY), f32::INFINITY);
        assert!(load(f64::NAN).is_nan());
    }
}
