//! [`Noise`]: smooth random fields, for everything that is irregular in a head.
//!
//! The `noise` crate shuffles its table with `rand`, which may give another order in a new release.

use super::geometry::Point;

/// Gradient noise after Perlin ("Improving noise", 2002) on a hashed lattice, with mean 0 and mostly within -1 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    seed: u32,
}

impl Noise {
    /// The field of a seed.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed: (seed ^ (seed >> 32)) as u32 }
    }

    /// The value at a point. It varies over distances of about 1.
    pub(super) fn at(self, p: Point) -> f32 {
        let cell = p.map(floor);
        let [x, y, z] = [p[0] - cell[0] as f32, p[1] - cell[1] as f32, p[2] - cell[2] as f32];
        let [u, v, w] = [fade(x), fade(y), fade(z)];
        // The hash of each coordinate for this corner of the cell and the next. Corners are numbered x first and
        // handled in one loop, which the compiler vectorises.
        let i = hashes(cell[0], 0x9e37_79b1);
        let j = hashes(cell[1], 0x85eb_ca77);
        let k = hashes(cell[2], 0xc2b2_ae3d);
        let mut corners = [0.0; 8];
        for (index, corner) in corners.iter_mut().enumerate() {
            let [a, b, c] = [index & 1, index >> 1 & 1, index >> 2];
            let hash = scramble(self.seed ^ i[a] ^ j[b] ^ k[c]);
            let [gx, gy, gz] = [hash >> 2, hash >> 12, hash >> 22].map(slope);
            *corner = gx * (x - a as f32) + gy * (y - b as f32) + gz * (z - c as f32);
        }
        let edges: [f32; 4] = std::array::from_fn(|e| mix(corners[2 * e], corners[2 * e + 1], u));
        mix(mix(edges[0], edges[1], v), mix(edges[2], edges[3], v), w)
    }

    /// Two octaves; the second has half the wavelength and half the amplitude.
    pub(super) fn rough(self, p: Point) -> f32 {
        let second = Self { seed: self.seed ^ 0x68e3_1da4 };
        (self.at(p) + 0.5 * second.at(p.map(|c| 2.0 * c))) / 1.5
    }
}

/// One component of a random gradient from 10 bits, uniform in ±√2. On average it is as steep as Perlin's gradients,
/// which point to the edges of a cube.
fn slope(bits: u32) -> f32 {
    ((bits & 0x3ff) as i32 as f32 - 511.5) * (std::f32::consts::SQRT_2 / 511.5)
}

/// The hashes of a coordinate and the next.
fn hashes(coordinate: i32, prime: u32) -> [u32; 2] {
    let own = (coordinate as u32).wrapping_mul(prime);
    [own, own.wrapping_add(prime)]
}

/// Mixes all bits.
fn scramble(h: u32) -> u32 {
    let h = (h ^ (h >> 16)).wrapping_mul(0x7feb_352d);
    let h = (h ^ (h >> 15)).wrapping_mul(0x846c_a68b);
    h ^ (h >> 16)
}

/// Rounds down. `f32::floor` is a function call on the baseline x86-64 that Rust targets.
fn floor(c: f32) -> i32 {
    let whole = c as i32;
    whole - i32::from((whole as f32) > c)
}

/// Perlin's interpolation curve.
fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

/// `a` at 0, `b` at 1.
pub(super) fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + t * (b - a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_zero_on_the_lattice_smooth_and_centred() {
        let noise = Noise::new(7);
        assert_eq!(noise.at([3.0, -4.0, 5.0]), 0.0);
        let (mut sum, mut squares, mut before) = (0.0, 0.0, noise.at([0.0, 0.4, 0.7]));
        for step in 1..20_000 {
            let x = step as f32 / 50.0;
            let here = noise.at([x, 0.4 + x / 7.0, 0.7 - x / 3.0]);
            assert!((here - before).abs() < 0.1, "a jump at {x}");
            assert!(here.abs() <= 2.0);
            (sum, squares, before) = (sum + here, squares + here * here, here);
        }
        assert!((sum / 20_000.0).abs() < 0.02);
        assert!((0.02..0.3).contains(&(squares / 20_000.0)));
    }

    #[test]
    fn seeds_give_different_fields() {
        assert_ne!(Noise::new(1).at([0.3, 0.4, 0.5]), Noise::new(2).at([0.3, 0.4, 0.5]));
    }
}
