//! [`Rng`]: random numbers that are the same on every platform and in every version.
//!
//! `rand` was considered. Its uniform and normal distributions and its shuffle may give other numbers in a new release,
//! which would change every phantom and every resumed fit.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A stream for `seed` that is unrelated to those of its neighbours and of other `lane`s.
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

    /// Uniform from `low` to `high`.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        // 24 bits fill an f32's significand exactly.
        let unit = (self.next_u64() >> 40) as f32 / (1_u32 << 24) as f32;
        low + unit * (high - low)
    }

    /// Uniform in `0..bound`; the bias of the multiplication is below `bound` in 2^64.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }

    /// Whether something happens that does so with this probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.range(0.0, 1.0) < probability
    }

    /// Two independent, nearly normal numbers of mean 0 and standard deviation 1: sums of four uniform ones each,
    /// which needs no transcendental function and is close enough for noise of a few grey levels.
    pub fn normal_pair(&mut self) -> [f32; 2] {
        let sum = |bits: u64| {
            let parts = [bits, bits >> 16, bits >> 32, bits >> 48];
            parts.iter().map(|part| (part & 0xffff) as f32).sum::<f32>()
        };
        // Four uniform numbers over 0..65536 have mean 131070 and variance 4 * 65536^2 / 12.
        const SCALE: f32 = 1.0 / 37_837.23;
        [(sum(self.next_u64()) - 131_070.0) * SCALE, (sum(self.next_u64()) - 131_070.0) * SCALE]
    }

    /// Fisher and Yates.
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
    fn the_published_sequence() {
        // The first outputs for state 1234567, as the algorithm's reference implementation gives them.
        let mut rng = Rng(1_234_567);
        let numbers = [rng.next_u64(), rng.next_u64(), rng.next_u64()];
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn moments() {
        let mut rng = Rng::new(1, 2);
        let values: Vec<f32> = (0..20_000).flat_map(|_| rng.normal_pair()).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        assert!((0..1000).all(|_| rng.below(7) < 7 && (2.0..3.0).contains(&rng.range(2.0, 3.0))));
    }
}
