//! [`Uids`]: the identifiers of a segmentation.

use sha2::{Digest as _, Sha256};

use super::options::{SegmentationKind, SegmentationOptions};
use crate::mask::Mask;
use crate::write::source_series::SourceSeries;

/// The identifiers that a segmentation adds: `2.25.` and a number of 128 bits, from a hash of everything that it contains.
pub(super) struct Uids {
    pub(super) series: String,
    pub(super) instance: String,
    pub(super) dimensions: String,
}

impl Uids {
    pub(super) fn of(source: &SourceSeries, masks: &[Mask], options: &SegmentationOptions) -> Self {
        let SegmentationOptions { kind, edited, empty_frames, created } = options;
        let mut hash = Sha256::new();
        let label_map = *kind == SegmentationKind::LabelMap;
        let head = (env!("CARGO_PKG_VERSION"), source, (label_map, edited, empty_frames), created);
        match serde_json::to_vec(&head) {
            Ok(json) => hash.update(json),
            Err(error) => unreachable!("every key is a string: {error}"),
        }
        for mask in masks {
            hash.update(mask.to_bytes());
        }
        let digest = hash.finalize();
        let uid = |role: &str| {
            let hash = Sha256::new().chain_update(digest).chain_update(role).finalize();
            let number = hash.iter().take(16).fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
            format!("2.25.{number}")
        };
        Self { series: uid("series"), instance: uid("instance"), dimensions: uid("dimensions") }
    }
}

/// Whether it is at most 64 digits and points, without a leading zero in a part.
pub(super) fn is_valid(uid: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    uid.len() <= 64 && uid.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_judged_by_the_rules_of_dicom() {
        for valid in ["1.2.840.10008.1.2", "2.25.0", "1", &"1".repeat(64)] {
            assert!(is_valid(valid), "{valid}");
        }
        for wrong in ["", "1.", "1..2", "1.02", "1.a", "1.2 ", &"1".repeat(65)] {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }
}
