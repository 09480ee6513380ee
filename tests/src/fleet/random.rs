//! Chance, the same for the same seed.

use std::time::Duration;

/// `SplitMix64`, by Steele, Lea and Flood.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From zero to less than this, each as likely as any other.
    pub(super) fn below(&mut self, most: Duration) -> Duration {
        most.mul_f64(self.fraction())
    }

    /// Until the next of what comes once in this time in the mean, whenever the last one came.
    pub(super) fn wait(&mut self, mean: Duration) -> Duration {
        // Never zero: time goes on.
        mean.mul_f64(-(1.0 - self.fraction()).ln()).max(Duration::from_nanos(1))
    }

    fn fraction(&mut self) -> f64 {
        f64::from((self.number() >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
    }
}
