//! [`PhantomConfig`]: which head to draw, and the drawing.

use super::geometry::Point;
use super::head::Head;
use super::lesion::{Lesion, Slab};
use super::pose::Pose;
use super::scanner::Scanner;
use crate::layout::{Case, CaseSlice};
use crate::mask::{Mask, components};
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
    /// Default: one.
    pub lesions: Lesions,
}

/// The lesions of a phantom. The head is the same with each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lesions {
    /// A healthy head.
    None,
    /// One lesion, as in the dataset: mean radii of 19 to 41 head units, which are about millimetres.
    #[default]
    One,
    /// The same lesion with 0.4 of its radii.
    Small,
    /// The same lesion with 0.7 of its radii, and another one in the other hemisphere.
    Two,
}

impl Default for PhantomConfig {
    fn default() -> Self {
        Self { seed: 1, patient: 1, slices: 24, size: 256, lesions: Lesions::One }
    }
}

impl PhantomConfig {
    /// Draws the case: 8-bit RGB slices (pre-contrast T1, FLAIR, post-contrast T1) called
    /// `PHANTOM_0001/PHANTOM_0001_1.tif` and so on, each with its reference.
    ///
    /// The reference is inside where at least half of a voxel is lesion. Each lesion is one connected region in
    /// consecutive slices. The first two and the last two slices have no lesion.
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
        let slab = Slab { low, high, lean: pose.lean };
        // Drawn even if it is not used, so that the head is the same without it.
        let lesion = Lesion::new(&mut rng, half, slab);
        let lesions = match self.lesions {
            Lesions::None => Vec::new(),
            Lesions::One => vec![lesion],
            Lesions::Small => vec![lesion.scaled(0.4)],
            Lesions::Two => {
                let mut other = Rng::new(!self.seed, u64::from(self.patient));
                let other = Lesion::new(&mut other, half, slab).opposite(&lesion);
                vec![lesion.scaled(0.7), other.scaled(0.7)]
            }
        };
        let regions = lesions.len();
        let head = Head::new(&mut rng, half, thickness, lesions);
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
        let found = components(&masks);
        let larger = |label: usize| found.sizes().iter().filter(|&&size| size > found.sizes()[label]).count();
        let masks = found.keep(|label| larger(label) < regions);
        let slices = images.into_iter().zip(masks).enumerate();
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
