//! Synthetic heads with lesions and their exact masks, in the layout of the LGG dataset.
//!
//! A phantom stands in for real slices wherever these may not go: it is the page's sample case and the data of the
//! tests. Skull and scalp, a folded brain with its ventricles, and in most cases a lesion are drawn at random from a
//! seed, then imaged in three contrasts with shading, blur and Rician noise, at grey levels measured on real heads.
//! It is no anatomical atlas, and nothing measured on it says anything about patients.
//!
//! The same configuration gives the same bytes on every platform: chance comes from [`Rng`], sines and cosines from
//! `libm`, and all else is IEEE arithmetic in a fixed order.

mod head;
mod lesion;
mod noise;
mod scanner;
mod tissue;

use std::sync::OnceLock;

use crate::layout::{Case, CaseSlice};
use crate::mask::{Mask, largest_component};
use crate::random::Rng;
use crate::read::{Channels, Samples, Slice};

use head::Head;
use lesion::{Lesion, Slab};
use scanner::Scanner;

/// A place in the head: x, y, z as in [`head`].
type Point = [f32; 3];

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

/// How the head lies in the picture.
#[derive(Clone, Copy, Debug)]
struct Pose {
    /// Head units a pixel.
    scale: f32,
    /// The pixel coordinates of the head's middle.
    middle: [f32; 2],
    /// Cosine and sine of the turn within the slice.
    turn: [f32; 2],
    /// How the head leans aside and back: the change of height along x and y.
    lean: [f32; 2],
}

impl Pose {
    fn new(rng: &mut Rng, size: usize) -> Self {
        let scale = 256.0 / size as f32;
        let angle = rng.range(-0.1, 0.1);
        let middle = [rng.range(-5.0, 5.0), rng.range(-6.0, 6.0)].map(|shift| (128.0 + shift) / scale);
        Self {
            scale,
            middle,
            turn: [libm::cosf(angle), libm::sinf(angle)],
            lean: [rng.range(-0.05, 0.05), rng.range(-0.12, 0.12)],
        }
    }

    fn head_from_pixel(&self, x: usize, y: usize, z: f32) -> Point {
        let x = (x as f32 + 0.5 - self.middle[0]) * self.scale;
        let y = (y as f32 + 0.5 - self.middle[1]) * self.scale;
        let [cos, sin] = self.turn;
        let (x, y) = (cos * x + sin * y, cos * y - sin * x);
        [x, y, z + self.lean[0] * x + self.lean[1] * y]
    }
}

/// How much of a voxel lies beyond a border that is `depth` away and `softness` wide: 0 to 1, a half on the border.
fn covered(depth: f32, softness: f32) -> f32 {
    let t = (depth / softness + 0.5).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn length([x, y, z]: Point) -> f32 {
    (x * x + y * y + z * z).sqrt()
}
