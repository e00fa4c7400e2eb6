//! [`AssemblyNote`]: a file that is in no case, and why.

use std::fmt;

use crate::error::Error;

/// Something that was left out of the cases. Nothing else is affected by it.
#[derive(Debug)]
#[non_exhaustive]
pub enum AssemblyNote {
    /// Two files of the same folder and name, or two that differ in nothing but the extension, whose masks would go by
    /// one name.
    Duplicate {
        /// The one that was left out.
        name: String,
        /// The one that stays.
        kept: String,
    },
    /// A mask without the slice that its name announces.
    StrayMask {
        /// The mask.
        mask: String,
        /// The name, without an extension, that a slice would have to bear.
        expected: String,
    },
    /// A picture that was made of a slice and its mask, as [`overlay_png`](crate::write::overlay_png) makes them.
    Overlay {
        /// The picture.
        name: String,
    },
    /// A mask of another size than its slice.
    MaskSize {
        /// The mask.
        mask: String,
        /// Its width and height.
        mask_size: [usize; 2],
        /// The slice that it was meant for.
        slice: String,
        /// The slice's width and height.
        slice_size: [usize; 2],
    },
    /// A mask that cannot be read as one.
    MaskUnusable {
        /// The mask.
        mask: String,
        /// Why not.
        error: Error,
    },
}

impl AssemblyNote {
    /// The file that was left out.
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
            Self::Duplicate { name, kept } if name == kept => write!(f, "{name}: came twice, one was left out"),
            Self::Duplicate { name, kept } => write!(f, "{name}: left out, {kept} stands in its place"),
            Self::StrayMask { mask, expected } => write!(f, "{mask}: a mask without a slice, expected {expected}"),
            Self::Overlay { name } => write!(f, "{name}: a picture of a slice and its mask, and not a slice"),
            Self::MaskSize { mask, mask_size, slice, slice_size } => {
                let ([width, height], [slice_width, slice_height]) = (mask_size, slice_size);
                write!(f, "{mask}: a mask of {width} x {height} pixels, but {slice} has {slice_width} x {slice_height}")
            }
            // The error names the file itself.
            Self::MaskUnusable { error, .. } => write!(f, "{error}"),
        }
    }
}
