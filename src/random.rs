//! [`Rng`]: random numbers that are the same on every platform and in every version.
//!
//! `rand` was considered. Its uniform and normal distributions and its shuffle may give other numbers in a new release,
//! which would change every phantom and every resumed fit.

/// The SplitMix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A stream of numbers for `seed`, independent of those of other seeds and `lane`s.
    pub fn new(seed: u64, lane: u64) -> Self {
        let mut rng = Self(seed);
        Self(rng.next_u64() ^ lane.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A uniform number from `low` to `high`.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        // 24 bits are exact in an `f32`.
        let unit = (self.next_u64() >> 40) as f32 / (1_u32 << 24) as f32;
        low + unit * (high - low)
    }

    /// A uniform number in `0..bound`, with a bias below `bound / 2^64`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }

    /// `true` with the given probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.range(0.0, 1.0) < probability
    }

    /// Two independent, approximately normal numbers with mean 0 and standard deviation 1. Each is a sum of four
    /// uniform numbers, which needs no transcendental function and is accurate enough for noise of a few grey levels.
    pub fn normal_pair(&mut self) -> [f32; 2] {
        let sum = |bits: u64| {
            let parts = [bits, bits >> 16, bits >> 32, bits >> 48];
            parts.iter().map(|part| (part & 0xffff) as f32).sum::<f32>()
        };
        // The sum of four uniform numbers in 0..65536 has mean 131070 and variance 4 * 65536^2 / 12.
        const SCALE: f32 = 1.0 / 37_837.23;
        [(sum(self.next_u64()) - 131_070.0) * SCALE, (sum(self.next_u64()) - 131_070.0) * SCALE]
    }

    /// Shuffles `items` (Fisher-Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_reference_implementation() {
        // Its first outputs for the state 1234567.
        let mut rng = Rng(1_234_567);
        let numbers = [rng.next_u64(), rng.next_u64(), rng.next_u64()];
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn mean_variance_and_ranges() {
        let mut rng = Rng::new(1, 2);
        let values: Vec<f32> = (0..20_000).flat_map(|_| rng.normal_pair()).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        assert!((0..1000).all(|_| rng.below(7) < 7 && (2.0..3.0).contains(&rng.range(2.0, 3.0))));
    }
}
