//! NIfTI-1 volumes: a case's slices on one another, one file, little-endian, uncompressed.
//!
//! After the definition by Cox et al., <https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h>. Of its header
//! (348 bytes, then 4 that announce no extension, then the voxels):
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
//! | 124 | `cal_max`, `cal_min` | what to show white and black |
//! | 148 | `descrip` | what it is, and what is not known of it |
//! | 252, 254 | `qform_code`, `sform_code` | 0, 0: which way the head lies is not known |
//! | 344 | `magic` | `n+1` |
//!
//! Every other byte is 0. The first index counts columns from the left of the picture, the second rows from its top, the
//! third slices in the order of their names.

use crate::error::{Error, Result, VolumeFault};
use crate::read::{Channels, Slice, Spacing};
use crate::result::findings::Findings;

/// What a volume is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volume {
    /// The pre-contrast images as stored; of grey slices their one channel, as for the two others.
    Pre,
    /// The FLAIR images as stored.
    Flair,
    /// The post-contrast images as stored.
    Post,
    /// The masks, 0 and 1: those drawn by hand, else the network's.
    Mask,
    /// The network's masks alone, 0 and 1.
    Network,
    /// The network's probabilities, 0 to 1 in 65535ths.
    Probability,
    /// The masks that came with the slices, 0 and 1.
    Reference,
    /// Where the masks and those that came with the slices are both, 0 and 1; like the two others that compare them, 0
    /// on a slice that lacks either.
    TruePositive,
    /// Where the masks alone are, 0 and 1.
    FalsePositive,
    /// Where those that came with the slices alone are, 0 and 1.
    FalseNegative,
}

/// The voxels of a volume, and how to read them.
struct Voxels {
    bytes: Vec<u8>,
    /// Of 16 bits, not 8.
    wide: bool,
    slope: f32,
    /// The value, times the slope, that is shown white.
    white: f32,
}

const HEADER: usize = 348;
const OFFSET: usize = HEADER + 4;

impl Volume {
    /// The volume that goes by this name: the variant's own in lower case, or `tp`, `fp` and `fn`.
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

    /// What the header's description calls it.
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

/// A case's slices as a NIfTI-1 file. Where a slice has no mask, probability or reference yet, its voxels are 0.
///
/// # Errors
///
/// [`Error::Volume`] where the slices are of more than one size or too many, or none of them has what is asked for.
pub fn nifti(findings: &Findings, volume: Volume, threshold: f32, spacing: Option<Spacing>) -> Result<Vec<u8>> {
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

    let voxels = voxels(findings, volume, threshold).ok_or_else(|| fault(VolumeFault::Nothing))?;
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

/// The voxels slice by slice, row by row, or nothing where no slice has any.
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
            let (mask, truth) = (findings.mask(index, threshold)?, findings.case().slices[index].reference.as_ref()?);
            Some(mask.inside().iter().zip(truth.inside()).map(|(&mask, &truth)| keep(mask, truth).into()).collect())
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
        Volume::TruePositive => compared(|mask, truth| mask && truth),
        Volume::FalsePositive => compared(|mask, truth| mask && !truth),
        Volume::FalseNegative => compared(|mask, truth| !mask && truth),
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

/// One channel as stored; 8-bit samples times 257 where the case has 16-bit ones too.
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
            // The low byte is all that there is of 8-bit samples.
            let pair = value.to_le_bytes();
            bytes.extend_from_slice(if wide { &pair } else { &pair[..1] });
        }
    }
    Voxels { bytes, wide, slope: 1.0, white: findings.window().white(channel) as f32 }
}
