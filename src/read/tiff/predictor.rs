//! [`Predictor`]: how a row of samples is prepared for compression.

use super::kind::{Kind, word};
use crate::error::FileFault;

/// A value of the Predictor tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predictor {
    /// Samples as they are.
    None,
    /// Differences from the left neighbours.
    Horizontal,
    /// Differences of the bytes of floating-point numbers, all first bytes before all second ones.
    Float,
}

impl Predictor {
    /// The predictor for samples of one kind.
    pub(super) fn new(code: u64, kind: Kind) -> Result<Self, FileFault> {
        let fault = |expected| Err(FileFault::TagValue { tag: super::tags::PREDICTOR.1, found: code, expected });
        match (code, kind) {
            (1, _) => Ok(Self::None),
            (2, Kind::Wide(_) | Kind::Unsigned(8 | 16)) => Ok(Self::Horizontal),
            (2, _) => fault("1 for samples that share bytes"),
            (3, Kind::Wide(wide)) if wide.is_float() => Ok(Self::Float),
            (3, _) => fault("1 or 2 for integers"),
            _ => fault("1, 2 or 3"),
        }
    }

    /// Undoes the predictor on a row with `stride` samples per pixel.
    pub(super) fn undo(self, row: &mut [u8], scratch: &mut Vec<u8>, stride: usize, kind: Kind, big_endian: bool) {
        let bytes = kind.bits() / 8;
        match (self, bytes) {
            (Self::None, _) => {}
            (Self::Horizontal, 2) => accumulate::<2>(row, stride, big_endian),
            (Self::Horizontal, 4) => accumulate::<4>(row, stride, big_endian),
            (Self::Horizontal, 8) => accumulate::<8>(row, stride, big_endian),
            (Self::Horizontal, _) => accumulate::<1>(row, stride, big_endian),
            (Self::Float, _) => {
                accumulate::<1>(row, stride, big_endian);
                scratch.clear();
                scratch.extend_from_slice(row);
                let samples = row.len() / bytes;
                for (i, sample) in row.chunks_exact_mut(bytes).enumerate() {
                    for (byte, target) in sample.iter_mut().enumerate() {
                        *target = scratch[byte * samples + i];
                    }
                }
            }
        }
    }

    /// Whether the samples of a row are big-endian after [`undo`](Self::undo).
    pub(super) fn big_endian(self, file: bool) -> bool {
        file || self == Self::Float
    }
}

/// Adds to each number of `N` bytes the one that is `stride` numbers to the left.
fn accumulate<const N: usize>(row: &mut [u8], stride: usize, big_endian: bool) {
    for i in stride..row.len() / N {
        let sum = word::<N>(row, i, big_endian).wrapping_add(word::<N>(row, i - stride, big_endian));
        let target = &mut row[i * N..][..N];
        if big_endian {
            target.copy_from_slice(&sum.to_be_bytes()[8 - N..]);
        } else {
            target.copy_from_slice(&sum.to_le_bytes()[..N]);
        }
    }
}
