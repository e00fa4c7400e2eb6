//! [`Volume`]: the slices of one case in one contrast.

use glioscope::network::preprocess::Grid;
use glioscope::read::{Channels, Samples, Slice};

/// The largest mean difference between two copies of a contrast, of the full scale.
const SAME: f32 = 0.01;

/// The slices of one case in one contrast, on the network's grid.
#[derive(Clone, Debug)]
pub(super) struct Volume {
    /// Columns and rows.
    pub(super) side: usize,
    /// From 0, black, to 1, the full scale: `[slices][side * side]`.
    pub(super) slices: Vec<Vec<f32>>,
}

impl Volume {
    /// The three channels of a case: T1, FLAIR, and T1 after contrast.
    pub(super) fn channels(slices: &[Slice], side: usize) -> [Self; 3] {
        let placed: Vec<Vec<f32>> = slices
            .iter()
            .map(|slice| {
                let scale = f32::from(slice.samples().max());
                Grid::of(slice, side).place(slice).into_iter().map(|value| value / scale).collect()
            })
            .collect();
        let plane = side * side;
        [0, 1, 2].map(|channel| Self {
            side,
            slices: placed.iter().map(|planes| planes[channel * plane..][..plane].to_vec()).collect(),
        })
    }

    /// At most `count` slices, evenly spaced over the volume.
    pub(super) fn spread(&self, count: usize) -> Self {
        let (length, count) = (self.slices.len(), count.min(self.slices.len()));
        let slices = (0..count).map(|i| self.slices[(2 * i + 1) * length / (2 * count)].clone()).collect();
        Self { side: self.side, slices }
    }

    /// Whether this is another contrast than `other`. Two copies that were compressed differ by a grey level or two.
    pub(super) fn differs(&self, other: &Self) -> bool {
        let pixels = || self.slices.iter().flatten().zip(other.slices.iter().flatten());
        let sum: f32 = pixels().map(|(a, b)| (a - b).abs()).sum();
        sum > SAME * pixels().count() as f32
    }

    /// The value that only a few pixels of a volume exceed.
    pub(super) fn white(&self) -> f32 {
        let mut values: Vec<f32> = self.slices.iter().flatten().copied().collect();
        let rank = values.len() * 995 / 1000;
        if values.is_empty() { 1.0 } else { values.select_nth_unstable_by(rank, f32::total_cmp).1.max(0.01) }
    }

    /// Grey slices with 8 bits, as a file has them.
    pub(super) fn to_slices(&self) -> Vec<Slice> {
        let slice = |(index, plane): (usize, &Vec<f32>)| {
            let samples = plane.iter().map(|value| (255.0 * value).round().clamp(0.0, 255.0) as u8).collect();
            Slice::new(format!("{index}"), self.side, self.side, Channels::Grey, Samples::U8(samples))
                .expect("a square of samples")
        };
        self.slices.iter().enumerate().map(slice).collect()
    }
}
