//! [`Stated`]: the millimetres that a page states.

use super::description::Description;
use super::directory::Page;
use super::tags;
use crate::read::{Spacing, SpacingSource};

/// A spacing that a file states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stated {
    pub(super) spacing: Spacing,
    pub(super) source: SpacingSource,
    /// Whether it may be something else than the size of a pixel of the scan.
    pub(super) doubtful: bool,
}

/// Resolutions that programs write if they know none, in dots per inch.
const DEFAULTS: [f64; 7] = [72.0, 96.0, 100.0, 150.0, 200.0, 300.0, 600.0];
/// The largest difference of a rounded default resolution, in dots per inch. 118 per centimetre are 299.72 per inch.
const ROUNDING: f64 = 0.5;
/// The longer side of the field of view of a head, in millimetres.
const FIELD_OF_VIEW: std::ops::RangeInclusive<f64> = 150.0..=350.0;

impl Stated {
    /// The millimetres per pixel of a page of `width` x `height` pixels. `description` is that of the file.
    ///
    /// Centimetres and inches are also the units of printing. They are doubtful for a resolution that programs write by
    /// default, and for a field of view that is not that of a head. So is a length in the default unit of OME-XML.
    pub(super) fn of(page: &Page<'_>, description: Option<&Description>, width: u64, height: u64) -> Option<Self> {
        let per_pixel = || Some([1.0 / page.ratio(tags::X_RESOLUTION)?, 1.0 / page.ratio(tags::Y_RESOLUTION)?]);
        let described = description.and_then(|description| {
            let (unit, named) = description.unit?;
            let [x, y] = match (description.source, description.lengths) {
                (SpacingSource::ImageJ, _) => per_pixel()?,
                (_, [Some(x), Some(y), _]) => [x, y],
                _ => return None,
            };
            let z = description.lengths[2].map(|z| z * unit).filter(|&z| Spacing::in_plane(z, z).check().is_ok());
            let printing = description.source == SpacingSource::ImageJ && (unit == 10.0 || unit == 25.4);
            Some((Spacing { x: x * unit, y: y * unit, z }, description.source, named && !printing))
        });
        let (spacing, source, sure) = match described {
            Some(described) => described,
            None => {
                // The specification assumes inches if the unit is missing; here the spacing is then unknown.
                let unit = match page.find(tags::RESOLUTION_UNIT) {
                    Ok(Some(2)) => 25.4,
                    Ok(Some(3)) => 10.0,
                    _ => return None,
                };
                let [x, y] = per_pixel()?;
                (Spacing::in_plane(x * unit, y * unit), SpacingSource::Tiff, false)
            }
        };
        spacing.check().ok()?;
        let doubtful = !sure && !plausible(spacing, width, height);
        Some(Self { spacing, source, doubtful })
    }
}

fn plausible(spacing: Spacing, width: u64, height: u64) -> bool {
    let default = DEFAULTS.iter().any(|default| (25.4 / spacing.x - default).abs() < ROUNDING);
    let longer = (spacing.x * width as f64).max(spacing.y * height as f64);
    !default && FIELD_OF_VIEW.contains(&longer)
}
