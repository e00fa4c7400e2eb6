//! NIfTI-1 volumes of a case: one file, little-endian, uncompressed.
//!
//! Own code: nifti-rs writes to paths on a disk only, which a page does not have.
//!
//! Defined by Cox et al., <https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h>. The
//! header has 348 bytes, followed by 4 bytes for no extension and the voxels:
//!
//! | byte | field | here |
//! |---|---|---|
//! | 0 | `sizeof_hdr` | 348 |
//! | 40 | `dim` | 3, columns, rows, slices, 1, 1, 1, 1 |
//! | 70, 72 | `datatype`, `bitpix` | 2, 8 (unsigned 8 bit) or 512, 16 (unsigned 16 bit) |
//! | 76 | `pixdim` | 1, then millimetres, or 1 where they are unknown |
//! | 108 | `vox_offset` | 352 |
//! | 112 | `scl_slope`, `scl_inter` | 1, 0; for probabilities 1/65535, 0 |
//! | 123 | `xyzt_units` | 2 (millimetres), or 0 (unknown) |
//! | 124 | `cal_max`, `cal_min` | the values to show white and black |
//! | 148 | `descrip` | what it shows, and what is unknown |
//! | 252, 254 | `qform_code`, `sform_code` | 0, 0: the orientation of the head is unknown |
//! | 344 | `magic` | `n+1` |
//!
//! Every other byte is 0. The first index counts columns from the left of the picture, the second rows from its top, the
//! third slices in the order of their names.

use crate::error::{Error, Result, VolumeFault};
use crate::read::{Channels, Slice, Spacing};
use crate::result::findings::Findings;

/// What a volume shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volume {
    /// The pre-contrast channel as stored. This and the next two are the only channel of a grey slice.
    Pre,
    /// The FLAIR channel as stored.
    Flair,
    /// The post-contrast channel as stored.
    Post,
    /// The masks, 0 and 1: the edited ones, and the network's for the other slices.
    Mask,
    /// The network's masks, 0 and 1, without edits.
    Network,
    /// The network's probabilities, 0 to 1 in 65535ths.
    Probability,
    /// The reference masks, 0 and 1.
    Reference,
    /// 1 where both the mask and the reference are inside. This and the next two are 0 on a slice that lacks one of them.
    TruePositive,
    /// 1 where only the mask is inside.
    FalsePositive,
    /// 1 where only the reference is inside.
    FalseNegative,
}

/// The voxels of a volume, and how to read them.
struct Voxels {
    bytes: Vec<u8>,
    /// 16 bits, not 8.
    wide: bool,
    slope: f32,
    /// The value, after the slope, to show white.
    white: f32,
}

const HEADER: usize = 348;
const OFFSET: usize = HEADER + 4;

impl Volume {
    /// The volume of this name: that of the variant in lower case, or `tp`, `fp` and `fn`.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "pre" => Self::Pre,
            "flair" => Self::Flair,
            "post" => Self::Post,
            "mask" => Self::Mask,
            "network" => Self::Network,
            "probability" => Self::Probability,
            "reference" => Self::Reference,
            "tp" => Self::TruePositive,
            "fp" => Self::FalsePositive,
            "fn" => Self::FalseNegative,
            _ => return None,
        })
    }

    /// The beginning of the header's description.
    fn description(self, threshold: f32) -> String {
        match self {
            Self::Pre => "pre-contrast".to_owned(),
            Self::Flair => "FLAIR".to_owned(),
            Self::Post => "post-contrast".to_owned(),
            Self::Mask => format!("mask at {threshold}"),
            Self::Network => format!("network's mask at {threshold}"),
            Self::Probability => "probability".to_owned(),
            Self::Reference => "reference mask".to_owned(),
            Self::TruePositive => format!("true positives at {threshold}"),
            Self::FalsePositive => format!("false positives at {threshold}"),
            Self::FalseNegative => format!("false negatives at {threshold}"),
        }
    }
}

/// A case as a NIfTI-1 file. The voxels of a slice without a mask, probability or reference are 0.
///
/// # Errors
///
/// [`Error::Volume`] where the slices have different sizes or are too many, or none of them has what the volume shows.
pub fn nifti(findings: &Findings, volume: Volume, threshold: f32, spacing: Option<Spacing>) -> Result<Vec<u8>> {
    let dim = dimensions(findings)?;
    let nothing = || Error::Volume { case: findings.case().name.clone(), fault: VolumeFault::Nothing };
    let voxels = voxels(findings, volume, threshold).ok_or_else(nothing)?;
    let mut bytes = vec![0; OFFSET];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, &(HEADER as i32).to_le_bytes());
    put(40, &dim.map(i16::to_le_bytes).concat());
    let (code, bits) = if voxels.wide { (512_i16, 16_i16) } else { (2, 8) };
    put(70, &code.to_le_bytes());
    put(72, &bits.to_le_bytes());
    // There is one unit for all three, so two known distances are not enough.
    let known = spacing.and_then(|spacing| Some([spacing.x, spacing.y, spacing.z?]));
    let [x, y, z] = known.unwrap_or([1.0; 3]);
    let pixdim = [1.0, x, y, z, 1.0, 1.0, 1.0, 1.0];
    put(76, &pixdim.map(|length| (length as f32).to_le_bytes()).concat());
    put(108, &(OFFSET as f32).to_le_bytes());
    put(112, &voxels.slope.to_le_bytes());
    put(123, &[if known.is_some() { 2 } else { 0 }]);
    put(124, &voxels.white.to_le_bytes());
    let unknown = if known.is_some() { "orientation unknown" } else { "voxel size, orientation unknown" };
    let description = format!("{}; {unknown}; research use only", volume.description(threshold));
    put(148, &description.as_bytes()[..description.len().min(79)]);
    put(344, b"n+1\0");
    bytes.extend(voxels.bytes);
    Ok(bytes)
}

/// The header's `dim`: how many there are, columns, rows and slices.
///
/// # Errors
///
/// [`Error::Volume`] where the slices have different sizes, or there are too many columns, rows or slices.
pub(super) fn dimensions(findings: &Findings) -> Result<[i16; 8]> {
    let case = findings.case();
    let fault = |fault| Error::Volume { case: case.name.clone(), fault };
    let size = |slice: &Slice| [slice.width(), slice.height()];
    let Some(first) = case.slices.first().map(|entry| &entry.slice) else {
        return Err(fault(VolumeFault::Nothing));
    };
    if let Some(other) = case.slices.iter().map(|entry| &entry.slice).find(|slice| size(slice) != size(first)) {
        let [a, b] = [first, other].map(|slice| (slice.name().to_owned(), size(slice).map(|length| length as u32)));
        return Err(fault(VolumeFault::Sizes { slice: b.0, found: b.1, first: a.0, expected: a.1 }));
    }
    let [columns, rows] = size(first);
    let mut dim = [1_i16; 8];
    dim[0] = 3;
    for (dim, length) in dim[1..].iter_mut().zip([columns, rows, case.slices.len()]) {
        *dim = i16::try_from(length).map_err(|_| fault(VolumeFault::Length { found: length }))?;
    }
    Ok(dim)
}

/// The voxels slice by slice, row by row; `None` where no slice has any.
fn voxels(findings: &Findings, volume: Volume, threshold: f32) -> Option<Voxels> {
    let entries = || findings.case().slices.iter().enumerate();
    let masks = |of: &dyn Fn(usize) -> Option<Vec<u8>>| {
        let masks: Vec<Option<Vec<u8>>> = entries().map(|(index, _)| of(index)).collect();
        masks.iter().any(Option::is_some).then(|| {
            let slice = |(index, entry): (usize, &crate::layout::CaseSlice)| {
                masks[index].clone().unwrap_or_else(|| vec![0; entry.slice.width() * entry.slice.height()])
            };
            Voxels { bytes: entries().flat_map(slice).collect(), wide: false, slope: 1.0, white: 1.0 }
        })
    };
    let compared = |keep: fn(bool, bool) -> bool| {
        masks(&|index| {
            let (mask, reference) =
                (findings.mask(index, threshold)?, findings.case().slices[index].reference.as_ref()?);
            Some(
                mask.inside()
                    .iter()
                    .zip(reference.inside())
                    .map(|(&mask, &reference)| keep(mask, reference).into())
                    .collect(),
            )
        })
    };
    match volume {
        Volume::Pre => Some(channel(findings, 0)),
        Volume::Flair => Some(channel(findings, 1)),
        Volume::Post => Some(channel(findings, 2)),
        Volume::Mask => masks(&|index| findings.mask(index, threshold).map(|mask| mask.to_bytes())),
        Volume::Network => masks(&|index| findings.network_mask(index, threshold).map(|mask| mask.to_bytes())),
        Volume::Reference => {
            masks(&|index| findings.case().slices[index].reference.as_ref().map(|mask| mask.to_bytes()))
        }
        Volume::TruePositive => compared(|mask, reference| mask && reference),
        Volume::FalsePositive => compared(|mask, reference| mask && !reference),
        Volume::FalseNegative => compared(|mask, reference| !mask && reference),
        Volume::Probability => entries().any(|(index, _)| findings.probability(index).is_some()).then(|| {
            let mut bytes = Vec::new();
            for (index, entry) in entries() {
                match findings.probability(index) {
                    Some(map) => bytes.extend(map.values().iter().flat_map(|value| value.to_le_bytes())),
                    None => bytes.resize(bytes.len() + 2 * entry.slice.width() * entry.slice.height(), 0),
                }
            }
            Voxels { bytes, wide: true, slope: 1.0 / 65_535.0, white: 1.0 }
        }),
    }
}

/// One channel as stored. In a case with 16-bit samples, 8-bit ones are multiplied by 257.
fn channel(findings: &Findings, channel: usize) -> Voxels {
    let full = findings.statistics().full_scale;
    let wide = full > u8::MAX.into();
    let mut bytes = Vec::new();
    for slice in findings.case().slices.iter().map(|entry| &entry.slice) {
        let unit = full / slice.samples().max();
        let (skip, step) = match slice.channels() {
            Channels::Grey => (0, 1),
            Channels::Rgb => (channel, 3),
        };
        for value in slice.samples().iter().skip(skip).step_by(step).map(|value| value * unit) {
            // An 8-bit sample has the low byte only.
            let pair = value.to_le_bytes();
            bytes.extend_from_slice(if wide { &pair } else { &pair[..1] });
        }
    }
    Voxels { bytes, wide, slope: 1.0, white: findings.window().white(channel) as f32 }
}
