//! [`Scanner`]: tissue → grey levels, with contrast, shading, blur and noise.

use super::geometry::Point;
use super::noise::Noise;
use super::tissue::{Mixture, Tissue};
use crate::random::Rng;

/// Grey levels in pre-contrast T1, FLAIR and post-contrast T1, indexed by `Tissue as usize`. They are about the medians
/// of the heads of the dataset. Each case varies them.
const LEVELS: [[f32; 3]; Tissue::COUNT] = [
    [0.0, 0.0, 0.0],       // Air
    [142.0, 122.0, 118.0], // Scalp
    [52.0, 34.0, 58.0],    // Muscle
    [9.0, 8.0, 9.0],       // Bone
    [78.0, 50.0, 70.0],    // Marrow
    [17.0, 9.0, 17.0],     // Fluid
    [43.0, 66.0, 48.0],    // Grey
    [60.0, 54.0, 62.0],    // White
    [50.0, 60.0, 54.0],    // Nuclei
    [44.0, 78.0, 46.0],    // Lining
    [20.0, 14.0, 135.0],   // Blood
    [45.0, 58.0, 110.0],   // Plexus
    [45.0, 90.0, 48.0],    // Oedema
    [36.0, 114.0, 42.0],   // Core
    [50.0, 104.0, 125.0],  // Rim
    [26.0, 70.0, 30.0],    // Cyst
];

/// A scanner with its settings for one case.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    levels: [[f32; 3]; Tissue::COUNT],
    /// The shading of each channel: along x, along y, and outwards from the centre.
    shading: [[f32; 3]; 3],
    /// The standard deviation of the noise of each channel, in grey levels.
    noise: [f32; 3],
    /// The fraction of each pixel that spreads to each neighbour, by channel.
    blur: [f32; 3],
    texture: [Noise; 2],
}

impl Scanner {
    /// A random scanner.
    pub(super) fn new(rng: &mut Rng) -> Self {
        let mut levels = LEVELS;
        for channel in 0..3 {
            let gain = rng.range(0.72, 1.2);
            // Lesions are faint on FLAIR in some heads and very bright in others.
            let glow = if channel == 1 { rng.range(0.8, 1.22) } else { rng.range(0.9, 1.1) };
            for (tissue, level) in levels.iter_mut().enumerate() {
                let lesion = Tissue::LESION.iter().any(|&kind| kind as usize == tissue);
                // Fat differs most between sequences.
                let own = if tissue == Tissue::Scalp as usize { rng.range(0.75, 1.25) } else { rng.range(0.95, 1.05) };
                level[channel] *= gain * own * if lesion { glow } else { 1.0 };
            }
        }
        let shading = std::array::from_fn(|_| [rng.range(-0.1, 0.1), rng.range(-0.1, 0.1), rng.range(-0.05, 0.25)]);
        let noise = rng.range(0.7, 2.1);
        Self {
            levels,
            shading,
            noise: [noise, noise * rng.range(1.0, 1.6), noise * rng.range(0.8, 1.2)],
            blur: std::array::from_fn(|_| rng.range(0.05, 0.2)),
            texture: [Noise::new(rng.next_u64()), Noise::new(rng.next_u64())],
        }
    }

    /// The signal of the voxel at `p` in a head with the half-axes `half`, before blur and noise.
    pub(super) fn signal(&self, mixture: &Mixture, p: Point, half: Point) -> [f32; 3] {
        let [x, y, z]: Point = std::array::from_fn(|i| p[i] / half[i]);
        let out = x * x + y * y + z * z;
        // No tissue is uniform. T1 and FLAIR have a texture each.
        let grain = self.texture.map(|noise| 1.0 + 0.11 * noise.at(p.map(|c| c / 2.8)));
        let mut signal = [0.0; 3];
        for (level, fraction) in self.levels.iter().zip(mixture.fractions()) {
            for channel in 0..3 {
                signal[channel] += level[channel] * fraction;
            }
        }
        std::array::from_fn(|channel| {
            let [along, down, outwards] = self.shading[channel];
            let shading = 1.0 + along * x + down * y + outwards * (out - 0.5);
            signal[channel] * shading * grain[usize::from(channel == 1)]
        })
    }

    /// The image of one channel, `size` x `size` pixels, in 8-bit grey levels: blurred, then with Rician noise, the
    /// magnitude of a complex signal.
    pub(super) fn expose(&self, channel: usize, size: usize, signal: &mut [f32], rng: &mut Rng) -> Vec<u8> {
        spread(signal, size, self.blur[channel]);
        let mut real = vec![0.0; signal.len()];
        let mut imaginary = vec![0.0; signal.len()];
        for (real, imaginary) in real.iter_mut().zip(&mut imaginary) {
            [*real, *imaginary] = rng.normal_pair();
        }
        // The slices of the dataset were resampled, so their noise is correlated between pixels. Spreading by this
        // fraction leaves 0.535 of the standard deviation.
        spread(&mut real, size, GRAIN);
        spread(&mut imaginary, size, GRAIN);
        let deviation = self.noise[channel] / 0.535;
        let values = signal.iter().zip(real.iter().zip(&imaginary));
        values
            .map(|(&signal, (real, imaginary))| {
                let (real, imaginary) = (signal + deviation * real, deviation * imaginary);
                // `as` rounds down and clamps to 255.
                (real * real + imaginary * imaginary).sqrt() as u8
            })
            .collect()
    }
}

/// The fraction by which noise spreads to each neighbour.
const GRAIN: f32 = 0.15;

/// Moves a `fraction` of each pixel to each of its neighbours, first along rows, then along columns. Edge pixels are
/// repeated outside the image.
fn spread(image: &mut [f32], size: usize, fraction: f32) {
    let mixed = |before: f32, here: f32, after: f32| (1.0 - 2.0 * fraction) * here + fraction * (before + after);
    for row in image.chunks_exact_mut(size) {
        let mut before = row[0];
        for x in 0..size {
            let (here, after) = (row[x], row[(x + 1).min(size - 1)]);
            row[x] = mixed(before, here, after);
            before = here;
        }
    }
    // Columns are processed row by row too, in the order of memory.
    let mut above = image[..size].to_vec();
    for y in 0..size {
        let (rows, below) = image.split_at_mut((y + 1) * size);
        let row = &mut rows[y * size..];
        for x in 0..size {
            let here = row[x];
            row[x] = mixed(above[x], here, below.get(x).copied().unwrap_or(here));
            above[x] = here;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreading_matches_the_definition() {
        let size = 5;
        let picture: Vec<f32> = (0..25).map(|i| ((i * 7919) % 31) as f32).collect();
        let at = |x: i32, y: i32| picture[(y.clamp(0, 4) * 5 + x.clamp(0, 4)) as usize];
        let mut spreaded = picture.clone();
        spread(&mut spreaded, size, 0.2);
        for y in 0..5 {
            for x in 0..5 {
                let expected: f32 = [(-1, 0.2), (0, 0.6), (1, 0.2)]
                    .into_iter()
                    .flat_map(|(dx, a)| [(-1, 0.2), (0, 0.6), (1, 0.2)].map(|(dy, b)| a * b * at(x + dx, y + dy)))
                    .sum();
                assert!((spreaded[(y * 5 + x) as usize] - expected).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn air_and_tissue_have_the_expected_means() {
        let scanner = Scanner::new(&mut Rng::new(1, 1));
        let air = scanner.expose(0, 64, &mut vec![0.0; 64 * 64], &mut Rng::new(2, 2));
        let mean = air.iter().map(|&level| f32::from(level)).sum::<f32>() / air.len() as f32;
        // The mean of a Rayleigh distribution is 1.25 times its scale. Rounding down subtracts half a level.
        assert!((mean - (1.2533 * scanner.noise[0] - 0.5)).abs() < 0.25, "mean {mean}");
        let tissue = scanner.expose(0, 64, &mut vec![60.0; 64 * 64], &mut Rng::new(3, 3));
        let mean = tissue.iter().map(|&level| f32::from(level)).sum::<f32>() / tissue.len() as f32;
        assert!((mean - 59.5).abs() < 0.25, "mean {mean}");
    }
}
