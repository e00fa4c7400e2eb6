//! [`PhantomConfig`]: which head to draw, and the drawing.

use std::sync::OnceLock;

use super::geometry::Point;
use super::head::Head;
use super::lesion::{Lesion, Slab};
use super::pose::Pose;
use super::scanner::Scanner;
use crate::layout::{Case, CaseSlice};
use crate::mask::{Mask, largest_component};
use crate::random::Rng;
use crate::read::{Channels, Samples, Slice};

/// Which head to draw, and its slices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhantomConfig {
    /// The seed of all random numbers. Default: 1.
    pub seed: u64,
    /// The number in the case's name, such as `PHANTOM_0001`. Heads with one seed and different numbers differ.
    /// Default: 1.
    pub patient: u32,
    /// Slices from the base of the brain to the vertex, at least 12. Default: 24.
    pub slices: usize,
    /// Columns and rows of a slice, at least 64. Default: 256, as in the dataset.
    pub size: usize,
    /// Whether the head has a lesion. Default: `true`.
    pub lesion: bool,
}

impl Default for PhantomConfig {
    fn default() -> Self {
        Self { seed: 1, patient: 1, slices: 24, size: 256, lesion: true }
    }
}

/// The default phantom: the sample case of the page and the input of the self-test. It is drawn once, because drawing
/// takes longer than the network does for a slice.
pub fn sample() -> &'static Case {
    static SAMPLE: OnceLock<Case> = OnceLock::new();
    SAMPLE.get_or_init(|| PhantomConfig::default().case())
}

impl PhantomConfig {
    /// Draws the case: 8-bit RGB slices (pre-contrast T1, FLAIR, post-contrast T1) called
    /// `PHANTOM_0001/PHANTOM_0001_1.tif` and so on, each with its reference.
    ///
    /// The reference is inside where at least half of a voxel is lesion. It is one connected region in consecutive
    /// slices. The first two and the last two slices have no lesion.
    ///
    /// # Panics
    ///
    /// If `slices` is below 12 or `size` is below 64.
    pub fn case(&self) -> Case {
        assert!(self.slices >= 12, "a phantom of {} slices, at least 12 are needed", self.slices);
        assert!(self.size >= 64, "a phantom of {} pixels, at least 64 are needed", self.size);
        let mut rng = Rng::new(self.seed, u64::from(self.patient));
        let half = [rng.range(76.0, 90.0), rng.range(97.0, 110.0), rng.range(88.0, 99.0)];
        let bottom = -0.24 * half[2];
        let thickness = (0.99 * half[2] - bottom) / self.slices as f32;
        let pose = Pose::new(&mut rng, self.size);
        // The lesion lies between the second and third slice and the same distance from the other end.
        let low = bottom + 2.0 * thickness;
        let high = bottom + (self.slices - 2) as f32 * thickness;
        let lesion = Lesion::new(&mut rng, half, Slab { low, high, lean: pose.lean });
        // The lesion is drawn even if it is not used, so that the head is the same without it.
        let lesion = self.lesion.then_some(lesion);
        let head = Head::new(&mut rng, half, thickness, lesion);
        let scanner = Scanner::new(&mut rng);

        let name = format!("PHANTOM_{:04}", self.patient);
        let mut images = Vec::with_capacity(self.slices);
        let mut masks = Vec::with_capacity(self.slices);
        for slice in 0..self.slices {
            let height = bottom + (slice as f32 + 0.5) * thickness;
            let (samples, mask) = self.draw(&head, &scanner, &pose, half, height, &mut rng);
            images.push(samples);
            masks.push(mask);
        }
        let slices = images.into_iter().zip(largest_component(&masks)).enumerate();
        let slices = slices.map(|(index, (samples, mask))| {
            let file = format!("{name}/{name}_{}.tif", index + 1);
            let slice = Slice::new(file, self.size, self.size, Channels::Rgb, Samples::U8(samples))
                .expect("`draw` returns 3 * size * size samples, and `size` is at least 64");
            CaseSlice::new(slice, Some(mask))
        });
        let slices = slices.collect();
        Case::new(name, slices)
    }

    /// The interleaved samples and the mask of one slice.
    fn draw(&self, head: &Head, scanner: &Scanner, pose: &Pose, half: Point, z: f32, rng: &mut Rng) -> (Vec<u8>, Mask) {
        let pixels = self.size * self.size;
        let mut signals = [vec![0.0; pixels], vec![0.0; pixels], vec![0.0; pixels]];
        let mut inside = vec![false; pixels];
        for (index, inside) in inside.iter_mut().enumerate() {
            let p = pose.head_from_pixel(index % self.size, index / self.size, z);
            let Some(mixture) = head.at(p) else { continue };
            *inside = mixture.lesion() >= 0.5;
            let signal = scanner.signal(&mixture, p, half);
            for (channel, signal) in signals.iter_mut().zip(signal) {
                channel[index] = signal;
            }
        }
        let mut samples = vec![0; 3 * pixels];
        for (channel, signal) in signals.iter_mut().enumerate() {
            let image = scanner.expose(channel, self.size, signal, rng);
            for (sample, level) in samples.iter_mut().skip(channel).step_by(3).zip(image) {
                *sample = level;
            }
        }
        (samples, Mask::new(self.size, self.size, inside))
    }
}
