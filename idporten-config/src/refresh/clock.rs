//! The time, and sleeping until then.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use event_listener::{EventListener, Listener};

use super::schedule::Now;

/// What a refresher knows of time: the system's clock, or a test's.
pub(crate) trait Clock: Send + Sync {
    fn now(&self) -> Now;
    /// Sleeps until then, or until woken; not at all where it was woken since it last slept.
    fn park(&self, until: Duration);
    fn wake(&self);
    /// Another thread is at work, from now until it has left: a test's clock stands still meanwhile.
    fn enter(&self) {}
    fn leave(&self) {}
    /// Waits for this on the caller's thread.
    fn block(&self, listener: EventListener) {
        listener.wait();
    }
}

/// The system's clock.
pub(super) struct SystemClock {
    start: Instant,
    woken: Mutex<bool>,
    bell: Condvar,
}

impl SystemClock {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), woken: Mutex::new(false), bell: Condvar::new() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now { monotonic: self.start.elapsed(), wall: SystemTime::now() }
    }

    fn park(&self, until: Duration) {
        let time = until.saturating_sub(self.start.elapsed());
        let woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut woken, _) =
            self.bell.wait_timeout_while(woken, time, |woken| !*woken).unwrap_or_else(PoisonError::into_inner);
        *woken = false;
    }

    fn wake(&self) {
        *self.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_one();
    }
}
