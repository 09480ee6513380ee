//! Random numbers, the same for the same seed.

use std::time::Duration;

/// The generator `SplitMix64`, by Steele, Lea and Flood. The tables of the fleet depend on its sequence.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts a sequence.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Draws any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number from zero to less than the limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit
    }

    /// Draws one of the choices.
    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    /// Draws a time between two numbers of milliseconds.
    pub fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.below(most - least))
    }

    /// Draws a time from zero to less than this one, uniformly.
    pub fn within(&mut self, time: Duration) -> Duration {
        time.mul_f64(self.fraction())
    }

    /// Draws the time until the next event of a Poisson process in which this time passes between two events in the mean.
    pub fn wait(&mut self, mean: Duration) -> Duration {
        // Never zero, so that the time of a simulation goes on.
        mean.mul_f64(-(1.0 - self.fraction()).ln()).max(Duration::from_nanos(1))
    }

    fn fraction(&mut self) -> f64 {
        f64::from((self.number() >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
    }
}
