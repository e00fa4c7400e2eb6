//! [`AssemblyNote`]: a file that is in no case, and the reason.

use std::fmt;

use super::Contrast;
use crate::error::FileFault;
use crate::read::{ReadNote, Sequence};

/// A file that is in no case, or a name that can be read in two ways. Other files are not affected.
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
    /// Files with a contrast that is not used, because the network does not use it or files of the other contrasts are missing
    /// or differ in size.
    Unused {
        /// The files, at least one.
        files: Vec<String>,
        /// Their contrast.
        contrast: Contrast,
    },
    /// A volume whose voxels are elsewhere was resampled onto the grid of another. It is used.
    Resampled {
        /// The file.
        name: String,
        /// What it is, such as its contrast.
        what: String,
        /// The file of the other volume.
        onto: String,
    },
    /// A volume that shows too little of what another one shows.
    Apart {
        /// The file that is not used.
        name: String,
        /// The file of the other volume.
        onto: String,
        /// The fraction of the other volume that it shows, 0 to 1.
        overlap: f64,
    },
    /// A DICOM series whose coordinates are not those of FLAIR.
    OtherFrame {
        /// The series that is not used.
        name: String,
        /// Its contrast.
        contrast: Contrast,
        /// The series of FLAIR.
        onto: String,
    },
    /// A DICOM series that is not used because of what it shows.
    Sequence {
        /// The files, at least one.
        files: Vec<String>,
        /// What it shows.
        sequence: Sequence,
    },
    /// A DICOM series that cannot be read as a volume.
    Refused {
        /// The series: its folder or its first file.
        name: String,
        /// What it shows.
        sequence: Sequence,
        /// The reason.
        fault: FileFault,
    },
    /// What is worth knowing about how a DICOM series was read. It is used.
    Read {
        /// The series: its folder or its first file.
        name: String,
        /// How it was read.
        note: ReadNote,
    },
    /// A volume or picture of so few different values that it is a mask or labels, but its name does not say so.
    Labels {
        /// The file that is not used.
        name: String,
    },
    /// The numbers at the end of names were read as channels, and the order of the contrasts is the usual one. All files are
    /// used.
    Channels {
        /// The first of the files.
        name: String,
        /// The numbers and their contrasts.
        order: Vec<(String, Contrast)>,
    },
}

impl AssemblyNote {
    /// The name of the file.
    pub fn name(&self) -> &str {
        match self {
            Self::Duplicate { name, .. }
            | Self::Overlay { name }
            | Self::Resampled { name, .. }
            | Self::Apart { name, .. }
            | Self::Labels { name }
            | Self::OtherFrame { name, .. }
            | Self::Refused { name, .. }
            | Self::Read { name, .. }
            | Self::Channels { name, .. } => name,
            Self::StrayMask { mask, .. } | Self::MaskSize { mask, .. } => mask,
            Self::Unused { files, .. } | Self::Sequence { files, .. } => files.first().map_or("", String::as_str),
        }
    }

    /// Whether other words may read the file in another way.
    pub(crate) fn is_undecided(&self) -> bool {
        matches!(self, Self::Channels { .. } | Self::StrayMask { .. })
    }

    /// The reason, if a series that would be a case of its own cannot be read.
    pub fn refusal(&self) -> Option<&FileFault> {
        match self {
            Self::Refused { sequence: Sequence::Flair | Sequence::Unknown, fault, .. } => Some(fault),
            _ => None,
        }
    }

    /// How many files are in no case because of this.
    pub fn unused(&self) -> usize {
        match self {
            Self::Unused { files, .. } | Self::Sequence { files, .. } => files.len(),
            Self::Channels { .. } | Self::Resampled { .. } | Self::Read { .. } => 0,
            _ => 1,
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
            Self::Unused { files, contrast } => not_used(f, files, contrast),
            Self::Sequence { files, sequence } => not_used(f, files, sequence),
            Self::OtherFrame { name, contrast, onto } => {
                write!(f, "{name}: {contrast}, not used, its frame of reference is not that of {onto}")
            }
            Self::Refused { name, fault, .. } if self.refusal().is_some() => write!(f, "{name}: {fault}"),
            Self::Refused { name, sequence, fault } => write!(f, "{name}: {sequence}, not used: {fault}"),
            Self::Read { name, note } => write!(f, "{name}: {note}"),
            Self::Resampled { name, what, onto } => {
                write!(f, "{name}: {what}, resampled onto the grid of {onto}; no registration")
            }
            Self::Apart { name, onto, overlap } => {
                write!(f, "{name}: not used, it shows only {:.0} % of {onto}", 100.0 * overlap)
            }
            Self::Labels { name } => write!(
                f,
                "{name}: not used, it has so few values that it is a mask or labels, but its name does not say so"
            ),
            Self::Channels { name, order } => {
                let order: Vec<String> =
                    order.iter().map(|(digits, contrast)| format!("{digits} {contrast}")).collect();
                write!(f, "{name}: the number at the end is read as a channel: {}", order.join(", "))
            }
        }
    }
}

fn not_used(f: &mut fmt::Formatter<'_>, files: &[String], what: &dyn fmt::Display) -> fmt::Result {
    let name = files.first().map_or("", String::as_str);
    match files.len() {
        0 | 1 => write!(f, "{name}: {what}, not used"),
        count => write!(f, "{name} and {} more: {what}, not used", count - 1),
    }
}
