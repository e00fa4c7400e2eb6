//! How a saved session is recognised, and its size limits.

use crate::read::zip::ZipLimits;

/// Bytes that all files, their samples and the probabilities to come may take together: 3 GiB of the 4 GiB that a page can
/// address. Files count because a session saves them. The whole dataset fits: 1.0 GiB of samples, and as much of files and
/// of probabilities.
pub(super) const HELD: u64 = 3 << 30;

/// The first entry of a session's zip.
pub(super) const INDEX: &str = "session.json";

/// The limits of a saved session: as much as may be open, so that every session that was saved can be opened.
pub(super) fn limits() -> ZipLimits {
    ZipLimits { packed: HELD, bytes: HELD, ..ZipLimits::default() }
}

/// Whether a zip is a saved session: the name of its first entry, at a fixed place, is `session.json`.
pub(super) fn is_session(zip: &[u8]) -> bool {
    zip.get(30..30 + INDEX.len()).is_some_and(|name| name == INDEX.as_bytes())
}
