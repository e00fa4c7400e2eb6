//! File bytes → [`Slice`]s: TIFF and PNG, by their first bytes, never by their name.
//!
//! What is read: unsigned samples of 8 or 16 bits, one channel or three, an alpha channel dropped. Anything else is a
//! [`FileFault`] that carries the values; a file cannot panic the reader, and it cannot make it allocate more than
//! [`Limits`] says.

mod format;
mod limits;
mod png;
mod slice;
mod spacing;
mod tiff;
pub mod zip;

pub(crate) use format::admit;
pub use format::read;
pub use limits::Limits;
pub use slice::{Channels, Samples, Slice};
pub use spacing::Spacing;
pub use zip::ZipLimits;
