//! The limit on the fetches for one reason within a time, and on their distance.

use std::collections::VecDeque;
use std::time::Duration;

/// A limit of `count` fetches in any `window`, spread over it. A token bucket would allow up to twice as many in some windows.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    window: Duration,
    count: usize,
    /// The least times from the first fetch after a pause to the second, and from the second to the third. Later fetches, and
    /// those beyond this list, keep an even distance of `window / count`.
    first_gaps: Vec<Duration>,
    /// The times on the monotonic clock at which the fetches within the window began; at most `count`.
    begun: VecDeque<Duration>,
    /// The number of fetches since the last pause of a whole window.
    streak: usize,
}

impl Budget {
    pub(super) fn new(window: Duration, count: u32, first_gaps: Vec<Duration>) -> Self {
        Self { window, count: count as usize, first_gaps, begun: VecDeque::new(), streak: 0 }
    }

    /// Returns the budget of unknown kids. A key set that lags behind its first token is asked for again after a fifteenth and a
    /// fifth of the window: spending all fetches at once would leave the rest of the window without any.
    pub(super) fn of_unknown_kids(window: Duration, count: u32) -> Self {
        let first_gaps = if count == 3 { vec![window / 15, window * 2 / 15] } else { Vec::new() };
        Self::new(window, count, first_gaps)
    }

    /// Returns whether the budget allows no fetch at all.
    pub(super) fn is_none(&self) -> bool {
        self.count == 0
    }

    /// Returns the time on the monotonic clock from which the next fetch may begin.
    pub(super) fn free_at(&self, now: Duration) -> Duration {
        let mut recent = self.begun.iter().filter(|begun| self.is_recent(**begun, now));
        let Some(first) = recent.next() else { return now };
        let last = self.begun.back().unwrap_or(first);
        let after_last = last.saturating_add(self.gap());
        // The gap alone does not bound a window: the first gaps are shorter than `window / count`.
        let spent = 1 + recent.count() >= self.count;
        // No offset is drawn. It would spread the fetches of a fleet when a flood begins everywhere at once, but each caller would
        // wait longer for a new key.
        if spent { after_last.max(first.saturating_add(self.window)) } else { after_last }
    }

    /// Counts a fetch that begins. It counts from its beginning and whether or not it succeeds: if only successes counted, a
    /// provider in trouble would be asked most often.
    pub(super) fn spend(&mut self, now: Duration) {
        while self.begun.front().is_some_and(|begun| !self.is_recent(*begun, now)) {
            self.begun.pop_front();
        }
        // A pause of a whole window allows the short first gaps again, since a rotation usually follows a quiet time.
        self.streak = if self.begun.is_empty() { 1 } else { self.streak + 1 };
        self.begun.push_back(now);
    }

    fn is_recent(&self, begun: Duration, now: Duration) -> bool {
        begun.saturating_add(self.window) > now
    }

    fn gap(&self) -> Duration {
        let even = self.window / u32::try_from(self.count.max(1)).unwrap_or(u32::MAX);
        self.first_gaps.get(self.streak - 1).copied().unwrap_or(even)
    }
}
