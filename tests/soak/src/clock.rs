//! The time since the machine started, which two processes on it share.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Returns the time on the monotonic clock. It is read from the kernel, so that a faked time of day does not change it.
pub(crate) fn now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    let part = |value: i64| u64::try_from(value).unwrap_or_default();
    Duration::from_secs(part(now.tv_sec)) + Duration::from_nanos(part(now.tv_nsec))
}
