//! Coronal and sagittal slices, cut from axial ones.

use glioscope::random::Rng;

use super::volume::Volume;

/// A plane through a volume of axial slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plane {
    Coronal,
    Sagittal,
}

impl Plane {
    /// Eight slices through the middle of a volume whose first slice is the lowest.
    ///
    /// The dataset does not say how far apart its slices are. They cover the brain, which is some 150 pixels high.
    pub(super) fn cut(self, volume: &Volume, rng: &mut Rng) -> Volume {
        let side = volume.side;
        let height = (rng.range(0.5, 0.7) * side as f32) as usize;
        let first = side - (side - height) / 2;
        let last = volume.slices.len() - 1;
        let slices = (0..8).map(|i| {
            let at = side * (35 + 4 * i) / 100;
            let mut plane = vec![0.0; side * side];
            for row in 0..height {
                let z = row as f32 / (height - 1) as f32 * last as f32;
                let (below, part) = (z as usize, z.fract());
                let above = (below + 1).min(last);
                for column in 0..side {
                    let from = match self {
                        Self::Coronal => at * side + column,
                        Self::Sagittal => column * side + at,
                    };
                    let [low, high] = [below, above].map(|z| volume.slices[z][from]);
                    plane[(first - 1 - row) * side + column] = low + part * (high - low);
                }
            }
            plane
        });
        Volume { side, slices: slices.collect() }
    }
}
