//! [`AssemblyNote`]: a file that is in no case, and the reason.

use std::fmt;

use crate::error::Error;

/// A file that is in no case. Other files are not affected.
#[derive(Debug)]
#[non_exhaustive]
pub enum AssemblyNote {
    /// Two files in the same folder with the same name, or with names that differ only in the extension. Their masks
    /// would have the same name.
    Duplicate {
        /// The file that is not used.
        name: String,
        /// The file that is used.
        kept: String,
    },
    /// A mask without the slice that its name refers to.
    StrayMask {
        /// The mask.
        mask: String,
        /// The name of that slice, without an extension.
        expected: String,
    },
    /// An image of a slice and its mask, as a [`Bundle`](crate::write::Bundle) has them.
    Overlay {
        /// The image.
        name: String,
    },
    /// A mask and its slice differ in size.
    MaskSize {
        /// The mask.
        mask: String,
        /// Its width and height.
        mask_size: [usize; 2],
        /// The slice.
        slice: String,
        /// Its width and height.
        slice_size: [usize; 2],
    },
    /// A mask that cannot be read as one.
    MaskUnusable {
        /// The mask.
        mask: String,
        /// The reason.
        error: Error,
    },
}

impl AssemblyNote {
    /// The name of the file.
    pub fn name(&self) -> &str {
        match self {
            Self::Duplicate { name, .. } | Self::Overlay { name } => name,
            Self::StrayMask { mask, .. } | Self::MaskSize { mask, .. } | Self::MaskUnusable { mask, .. } => mask,
        }
    }
}

impl fmt::Display for AssemblyNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { name, kept } if name == kept => write!(f, "{name}: given twice, one copy is used"),
            Self::Duplicate { name, kept } => write!(f, "{name}: not used, {kept} is used instead"),
            Self::StrayMask { mask, expected } => write!(f, "{mask}: a mask without a slice, expected {expected}"),
            Self::Overlay { name } => write!(f, "{name}: an image of a slice and its mask, not a slice"),
            Self::MaskSize { mask, mask_size, slice, slice_size } => {
                let ([width, height], [slice_width, slice_height]) = (mask_size, slice_size);
                write!(f, "{mask}: a mask of {width} x {height} pixels, but {slice} has {slice_width} x {slice_height}")
            }
            // The error names the file.
            Self::MaskUnusable { error, .. } => write!(f, "{error}"),
        }
    }
}
