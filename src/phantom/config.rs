//! [`PhantomConfig`]: which head to make, and the case that is made of it.

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

/// Which head to make, and how to slice it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhantomConfig {
    /// Where all chance comes from; by default 1.
    pub seed: u64,
    /// The number in the case's name, `PHANTOM_0001` for 1, which also tells the heads of one seed apart; by
    /// default 1.
    pub patient: u32,
    /// Slices from the base of the brain to the vertex, 12 or more; by default 24.
    pub slices: usize,
    /// Columns and rows of a slice, 64 or more; by default 256, as in the dataset.
    pub size: usize,
    /// Whether there is a lesion; by default there is.
    pub lesion: bool,
}

impl Default for PhantomConfig {
    fn default() -> Self {
        Self { seed: 1, patient: 1, slices: 24, size: 256, lesion: true }
    }
}

/// The default phantom: what the page offers as its sample and what the self-test looks at. Drawn once, since that takes
/// longer than a slice takes the network.
pub fn sample() -> &'static Case {
    static SAMPLE: OnceLock<Case> = OnceLock::new();
    SAMPLE.get_or_init(|| PhantomConfig::default().case())
}

impl PhantomConfig {
    /// Draws the case: RGB slices of 8 bits (pre-contrast T1, FLAIR, post-contrast T1) called
    /// `PHANTOM_0001/PHANTOM_0001_1.tif` and so on, each with its reference.
    ///
    /// The reference is inside where at least half of a voxel is lesion. It is one region in three dimensions, so
    /// it spans a contiguous run of slices, and the first two and last two slices are free of it.
    ///
    /// # Panics
    ///
    /// If `slices` is below 12 or `size` below 64.
    pub fn case(&self) -> Case {
        assert!(self.slices >= 12, "a phantom of {} slices, at least 12 are needed", self.slices);
        assert!(self.size >= 64, "a phantom of {} pixels, at least 64 are needed", self.size);
        let mut rng = Rng::new(self.seed, u64::from(self.patient));
        let half = [rng.range(76.0, 90.0), rng.range(97.0, 110.0), rng.range(88.0, 99.0)];
        let bottom = -0.24 * half[2];
        let thickness = (0.99 * half[2] - bottom) / self.slices as f32;
        let pose = Pose::new(&mut rng, self.size);
        // Between the planes of the second slice and the third, and as far from the other end.
        let low = bottom + 2.0 * thickness;
        let high = bottom + (self.slices - 2) as f32 * thickness;
        let lesion = Lesion::new(&mut rng, half, Slab { low, high, lean: pose.lean });
        // It is drawn from chance in any case, so that the head is the same without it.
        let lesion = self.lesion.then_some(lesion);
        let head = Head::new(&mut rng, half, thickness, lesion);
        let scanner = Scanner::new(&mut rng);

        let name = format!("PHANTOM_{:04}", self.patient);
        let mut pictures = Vec::with_capacity(self.slices);
        let mut masks = Vec::with_capacity(self.slices);
        for slice in 0..self.slices {
            let height = bottom + (slice as f32 + 0.5) * thickness;
            let (samples, mask) = self.draw(&head, &scanner, &pose, half, height, &mut rng);
            pictures.push(samples);
            masks.push(mask);
        }
        let slices = pictures.into_iter().zip(largest_component(&masks)).enumerate();
        let slices = slices.map(|(index, (samples, mask))| {
            let file = format!("{name}/{name}_{}.tif", index + 1);
            match Slice::new(file, self.size, self.size, Channels::Rgb, Samples::U8(samples)) {
                Ok(slice) => CaseSlice { slice, reference: Some(mask) },
                Err(error) => unreachable!("{error}"),
            }
        });
        Case { slices: slices.collect(), name }
    }

    /// One slice's interleaved samples and mask.
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
            let picture = scanner.expose(channel, self.size, signal, rng);
            for (sample, level) in samples.iter_mut().skip(channel).step_by(3).zip(picture) {
                *sample = level;
            }
        }
        (samples, Mask::new(self.size, self.size, inside))
    }
}
