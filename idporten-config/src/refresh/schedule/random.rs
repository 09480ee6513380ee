//! The random numbers of a schedule.

use std::time::Duration;

/// The generator `SplitMix64` by Steele, Lea and Flood: it needs no dependency, and a simulation is reproducible from its seed.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Draws a duration between two, uniformly.
    pub(super) fn draw(&mut self, least: Duration, most: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let fraction = f64::from((mixed >> 32) as u32) / f64::from(u32::MAX);
        let spread = most.saturating_sub(least);
        let drawn = spread.mul_f64(fraction).min(spread);
        // Whole microseconds: Windows states the time in steps of 100 ns, and a due time that it rounds down would come too soon.
        least + Duration::from_micros(u64::try_from(drawn.as_micros()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        let mut random = Random::new(1_234_567);
        for published in [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423] {
            let drawn = random.draw(Duration::ZERO, Duration::from_micros(u32::MAX.into())).as_micros();
            // The last step of the generator is left out: of the upper half it changes the lowest bit alone.
            assert!(drawn.abs_diff(u128::from(published >> 32)) <= 1, "{published}: found {drawn}");
        }
    }
}
