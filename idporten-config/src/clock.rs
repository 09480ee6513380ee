//! The time, and sleeping until a time, as the refresher and the clocks of tests use them.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use event_listener::{EventListener, Listener};

/// The longest sleep on the system's clock.
pub(crate) const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// A moment on the monotonic clock and on the wall clock.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use idporten_config::refresh::schedule::Now;
///
/// let start = Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH };
/// let resumed = Now { monotonic: Duration::from_secs(1), wall: start.wall + Duration::from_secs(60) };
/// assert_eq!(resumed.since(start), Duration::from_secs(60), "the monotonic clock stood still while the machine slept");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The time since a fixed moment. It never goes back, and may stand still while the machine is suspended.
    pub monotonic: Duration,
    /// The time of day, which may be set.
    pub wall: SystemTime,
}

impl Now {
    /// Returns the time since an earlier moment, by the clock that shows more: the monotonic one stands still while a machine is
    /// suspended, and the wall clock may be set back.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_sub(earlier.monotonic);
        monotonic.max(self.wall.duration_since(earlier.wall).unwrap_or_default())
    }
}

/// The clock of a refresher: that of the system or of a test.
pub(crate) trait Clock: Send + Sync {
    fn now(&self) -> Now;
    /// Returns the time of day alone.
    #[cfg(feature = "jsonwebtoken-11")]
    fn wall(&self) -> SystemTime {
        self.now().wall
    }
    /// Sleeps until this time, until woken, or for a shorter time where the two clocks may have moved apart meanwhile. Returns
    /// at once if it was woken since it last slept.
    fn park(&self, until: Duration);
    fn wake(&self);
    /// Registers a thread that is at work until it leaves. A test's clock stands still meanwhile.
    fn enter(&self) {}
    fn leave(&self) {}
    /// Waits on the caller's thread until notified, or until this time.
    fn block(&self, listener: EventListener, until: Duration);
}

/// The system's clock.
pub(crate) struct SystemClock {
    start: Instant,
    woken: Mutex<bool>,
    bell: Condvar,
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), woken: Mutex::new(false), bell: Condvar::new() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now { monotonic: self.start.elapsed(), wall: SystemTime::now() }
    }

    #[cfg(feature = "jsonwebtoken-11")]
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn park(&self, until: Duration) {
        let time = sleep_time(self.start.elapsed(), until);
        let woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut woken, _) =
            self.bell.wait_timeout_while(woken, time, |woken| !*woken).unwrap_or_else(PoisonError::into_inner);
        *woken = false;
    }

    fn wake(&self) {
        *self.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_one();
    }

    /// Waits with a timeout, since a worker that has ended, or that a `fork` left in the parent process, wakes no waiter.
    fn block(&self, listener: EventListener, until: Duration) {
        match self.start.checked_add(until) {
            Some(deadline) => drop(listener.wait_deadline(deadline)),
            None => listener.wait(),
        }
    }
}

fn sleep_time(now: Duration, until: Duration) -> Duration {
    // The monotonic clock may stand still while the machine is suspended, and nothing announces a wall clock that leaps. A sleep of
    // a day, begun just before the suspension, would end a day after it.
    until.saturating_sub(now).min(LONGEST_SLEEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_sleeps_for_a_minute_at_most() {
        let seconds = |now, until| sleep_time(Duration::from_secs(now), Duration::from_secs(until)).as_secs();
        assert_eq!([seconds(10, 40), seconds(10, 70), seconds(10, 71), seconds(10, 86_400)], [30, 60, 60, 60]);
        assert_eq!((seconds(40, 10), seconds(0, u64::MAX)), (0, 60), "the past, and no end");
    }
}
