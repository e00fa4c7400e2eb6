//! Numbers as both formats store them.

/// Little-endian numbers in single precision.
pub(super) fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
