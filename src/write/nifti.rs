//! NIfTI volumes of a case: one file, uncompressed.
//!
//! The header is that of [`read::Header`](crate::read), so its fields are defined once. Own code: nifti-rs writes to paths on a
//! disk only, which a page does not have.
//!
//! A case that was read from a volume is written on the grid of that file: with its version, byte order, size, spacing, units and
//! orientation. Any other case is NIfTI-1, little-endian:
//!
//! | field | value |
//! |---|---|
//! | `dim` | 3, columns, rows, slices, 1, 1, 1, 1 |
//! | `pixdim` | 1, then millimetres, or 1 where they are unknown |
//! | `xyzt_units` | 2 (millimetres), or 0 (unknown) |
//! | `qform_code`, `sform_code` | 0, 0: the orientation of the head is unknown |
//!
//! Its first index counts columns from the left of the picture, the second rows from its top, the third slices in the order of
//! their names. In both cases:
//!
//! | field | value |
//! |---|---|
//! | `datatype`, `bitpix` | 2, 8 (unsigned 8 bit) or 512, 16 (unsigned 16 bit) |
//! | `scl_slope`, `scl_inter` | 1, 0; for probabilities 1/65535, 0 |
//! | `cal_max`, `cal_min` | the values to show white and black |
//! | `descrip` | what the volume shows, and what is unknown |

use crate::error::{Error, Result, VolumeFault};
use crate::read::{Channels, Field, Header, Scan, Slice, Spacing};
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

/// The voxels of a volume slice by slice, row by row, and how to read them.
pub(super) struct Voxels {
    pub(super) values: Vec<u16>,
    /// 16 bits, not 8.
    wide: bool,
    slope: f32,
    /// The value, after the slope, to show white.
    white: f32,
}

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

/// A case as a NIfTI file. The voxels of a slice without a mask, probability or reference are 0. `spacing` is that of the voxels
/// where the user has given it; the header of a volume has its own.
///
/// # Errors
///
/// [`Error::Volume`] where the slices have different sizes or are too many, or none of them has what the volume shows.
pub fn nifti(findings: &Findings, volume: Volume, threshold: f32, spacing: Option<Spacing>) -> Result<Vec<u8>> {
    let Some(scan) = findings.case().scan() else {
        return upright_nifti(findings, volume, threshold, spacing);
    };
    let voxels = voxels(findings, volume, threshold)?;
    let values = stored(findings, scan, &voxels.values);
    Ok(file(scan.header().for_results(), &voxels, &values, &volume.description(threshold)))
}

/// A case as a NIfTI file with its slices as they are shown, also where it was read from a volume. See [`nifti`].
///
/// # Errors
///
/// As [`nifti`].
pub fn upright_nifti(findings: &Findings, volume: Volume, threshold: f32, spacing: Option<Spacing>) -> Result<Vec<u8>> {
    let dim = dimensions(findings)?;
    let voxels = voxels(findings, volume, threshold)?;
    // There is one unit for all three, so two known distances are not enough.
    let known = findings.voxel_spacing(spacing).and_then(|spacing| Some([spacing.x, spacing.y, spacing.z?]));
    let unknown = if known.is_some() { "orientation unknown" } else { "voxel size, orientation unknown" };
    let description = format!("{}; {unknown}", volume.description(threshold));
    Ok(file(upright(dim, known), &voxels, &voxels.values, &description))
}

/// The header of a case, followed by its voxels in the order of the file.
fn file(mut header: Header, voxels: &Voxels, values: &[u16], description: &str) -> Vec<u8> {
    let (code, bits) = if voxels.wide { (512.0, 16.0) } else { (2.0, 8.0) };
    header.set(Field::DATATYPE, 0, code);
    header.set(Field::BITPIX, 0, bits);
    header.set(Field::SCL_SLOPE, 0, voxels.slope.into());
    header.set(Field::CAL_MAX, 0, voxels.white.into());
    header.describe(&format!("{description}; research use only"));
    let mut bytes = header.to_bytes();
    if voxels.wide {
        bytes.extend(values.iter().flat_map(|value| header.encode(*value)));
    } else {
        bytes.extend(values.iter().map(|value| *value as u8));
    }
    bytes
}

/// The header of a case whose orientation is unknown.
fn upright(dim: [i16; 8], known: Option<[f64; 3]>) -> Header {
    let mut header = Header::empty();
    let [x, y, z] = known.unwrap_or([1.0; 3]);
    let pixdim = [1.0, x, y, z, 1.0, 1.0, 1.0, 1.0];
    for (index, (length, spacing)) in dim.into_iter().zip(pixdim).enumerate() {
        header.set(Field::DIM, index, length.into());
        header.set(Field::PIXDIM, index, spacing);
    }
    header.set(Field::XYZT_UNITS, 0, if known.is_some() { 2.0 } else { 0.0 });
    header
}

/// The voxels of upright slices in the order of the volume that they are cut from.
pub(super) fn stored(findings: &Findings, scan: &Scan, values: &[u16]) -> Vec<u16> {
    let [columns, rows, _] = scan.upright().size();
    let size = scan.stored().size();
    let walk = scan.stored().axes().walk(size);
    let mut stored = vec![0; size.iter().product()];
    for (entry, plane) in findings.case().slices.iter().zip(values.chunks_exact(columns * rows)) {
        let Some(z) = entry.slice.position() else { continue };
        for (at, &value) in plane.iter().enumerate() {
            stored[walk.place([at % columns, at / columns, z])] = value;
        }
    }
    stored
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
pub(super) fn voxels(findings: &Findings, volume: Volume, threshold: f32) -> Result<Voxels> {
    let nothing = || Error::Volume { case: findings.case().name.clone(), fault: VolumeFault::Nothing };
    let entries = || findings.case().slices.iter().enumerate();
    let masks = |of: &dyn Fn(usize) -> Option<Vec<u8>>| {
        let masks: Vec<Option<Vec<u8>>> = entries().map(|(index, _)| of(index)).collect();
        masks.iter().any(Option::is_some).then(|| {
            let slice = |(index, entry): (usize, &crate::layout::CaseSlice)| {
                masks[index].clone().unwrap_or_else(|| vec![0; entry.slice.width() * entry.slice.height()])
            };
            let values = entries().flat_map(slice).map(u16::from).collect();
            Voxels { values, wide: false, slope: 1.0, white: 1.0 }
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
    let found = match volume {
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
            let mut values = Vec::new();
            for (index, entry) in entries() {
                match findings.probability(index) {
                    Some(map) => values.extend(map.values()),
                    None => values.resize(values.len() + entry.slice.width() * entry.slice.height(), 0),
                }
            }
            Voxels { values, wide: true, slope: 1.0 / 65_535.0, white: 1.0 }
        }),
    };
    found.ok_or_else(nothing)
}

/// One channel as stored. In a case with 16-bit samples, 8-bit ones are multiplied by 257.
fn channel(findings: &Findings, channel: usize) -> Voxels {
    let full = findings.statistics().full_scale;
    let wide = full > u8::MAX.into();
    let mut values = Vec::new();
    for slice in findings.case().slices.iter().map(|entry| &entry.slice) {
        let unit = full / slice.samples().max();
        let (skip, step) = match slice.channels() {
            Channels::Grey => (0, 1),
            Channels::Rgb => (channel, 3),
        };
        values.extend(slice.samples().iter().skip(skip).step_by(step).map(|value| value * unit));
    }
    Voxels { values, wide, slope: 1.0, white: findings.window().white(channel) as f32 }
}
