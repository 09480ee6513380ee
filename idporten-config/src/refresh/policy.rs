//! How often, how long, how many: the durations and budgets of a refresher.

use std::fmt;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Longer than this is for ever, and nothing is trusted for ever.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// When a refresher fetches, and for how long it serves what it has. The defaults are what the providers ask of their clients.
///
/// ```
/// use std::time::Duration;
///
/// use idporten_config::refresh::RefreshPolicy;
///
/// let policy = RefreshPolicy::default().with_max_age(Duration::from_secs(3 * 24 * 60 * 60));
/// assert!(policy.check().is_ok());
///
/// let error = policy.with_refresh_interval(Duration::ZERO).check().unwrap_err();
/// assert_eq!(error.field(), "refresh_interval");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefreshPolicy {
    /// How long after a success the next refresh is due; 24 hours, as the providers advise. Each due time is drawn from 90 to
    /// 100 % of it, so that instances that started together do not ask together.
    pub refresh_interval: Duration,
    /// How long after the last success that success is served while refreshes fail; 7 days: a long outage over a holiday. After
    /// it the answer is [`Reason::TooStale`](super::Reason::TooStale).
    pub max_age: Duration,
    /// How old a snapshot that was compiled in may be served before the first success of this process; 90 days. Zero: never. A
    /// key that was withdrawn since the build is trusted that long by whoever is kept from the network.
    pub seed_max_age: Duration,
    /// The time in which unknown kids may ask for [`unknown_kid_fetches`](Self::unknown_kid_fetches); 60 seconds.
    pub unknown_kid_window: Duration,
    /// How many fetches unknown kids may ask for in a window, failed ones included; 2: one for a rotation, one for luck. Zero:
    /// none, so that a new key is known with the next timed refresh.
    pub unknown_kid_fetches: u32,
    /// How long a look-up that waits does wait; 3 seconds: a fetch takes less, and a user is still there.
    pub key_wait: Duration,
    /// After a failed refresh, the next attempt comes within this; 30 seconds. Each further failure doubles it, and the time is
    /// drawn anew from all of it, so that a provider that comes back is not met by everybody at once.
    pub backoff: Duration,
    /// What the doubling ends at; 15 minutes.
    pub max_backoff: Duration,
    /// Whether a positive `max-age` of the answers may shorten the interval, to an hour at the least; no: the providers ask for
    /// about 24 hours in words. `no-store`, `no-cache` and zero are no statement.
    pub honour_max_age: bool,
    /// Whether there are requests at all.
    pub(super) fetches: bool,
}

impl RefreshPolicy {
    /// The policy that makes no request: what was compiled in or stored is served for as long as it may be, and a kid that is
    /// not in it stays [`Undetermined`](super::LookupError::Undetermined). For machines without a network; give them new
    /// snapshots by new builds, within [`seed_max_age`](Self::seed_max_age).
    #[must_use]
    pub fn never() -> Self {
        Self { fetches: false, ..Self::default() }
    }

    /// Sets [`refresh_interval`](Self::refresh_interval).
    #[must_use]
    pub fn with_refresh_interval(self, refresh_interval: Duration) -> Self {
        Self { refresh_interval, ..self }
    }

    /// Sets [`max_age`](Self::max_age).
    #[must_use]
    pub fn with_max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// Sets [`seed_max_age`](Self::seed_max_age).
    #[must_use]
    pub fn with_seed_max_age(self, seed_max_age: Duration) -> Self {
        Self { seed_max_age, ..self }
    }

    /// Sets [`unknown_kid_window`](Self::unknown_kid_window).
    #[must_use]
    pub fn with_unknown_kid_window(self, unknown_kid_window: Duration) -> Self {
        Self { unknown_kid_window, ..self }
    }

    /// Sets [`unknown_kid_fetches`](Self::unknown_kid_fetches).
    #[must_use]
    pub fn with_unknown_kid_fetches(self, unknown_kid_fetches: u32) -> Self {
        Self { unknown_kid_fetches, ..self }
    }

    /// Sets [`key_wait`](Self::key_wait).
    #[must_use]
    pub fn with_key_wait(self, key_wait: Duration) -> Self {
        Self { key_wait, ..self }
    }

    /// Sets [`backoff`](Self::backoff) and [`max_backoff`](Self::max_backoff).
    #[must_use]
    pub fn with_backoff(self, backoff: Duration, max_backoff: Duration) -> Self {
        Self { backoff, max_backoff, ..self }
    }

    /// Sets [`honour_max_age`](Self::honour_max_age).
    #[must_use]
    pub fn with_honour_max_age(self, honour_max_age: bool) -> Self {
        Self { honour_max_age, ..self }
    }

    /// Whether its parts agree with each other. A refresher does not start with a policy that contradicts itself.
    ///
    /// # Errors
    ///
    /// The first field that is wrong, and what would be right.
    pub fn check(&self) -> Result<(), PolicyError> {
        let refuse = |field, reason: &str| Err(PolicyError { field, reason: reason.to_owned() });
        let durations = [
            ("refresh_interval", self.refresh_interval),
            ("max_age", self.max_age),
            ("unknown_kid_window", self.unknown_kid_window),
            ("backoff", self.backoff),
            ("max_backoff", self.max_backoff),
            ("key_wait", self.key_wait),
            ("seed_max_age", self.seed_max_age),
        ];
        if let Some((field, _)) = durations[..5].iter().find(|(_, duration)| duration.is_zero()) {
            return refuse(
                field,
                "is zero; give it a duration, or use `RefreshPolicy::never()` for no requests at all",
            );
        }
        if let Some((field, _)) = durations.iter().find(|(_, duration)| *duration > LONGEST) {
            return refuse(field, "is longer than ten years, and nothing is trusted for ever; make it shorter");
        }
        match () {
            () if self.max_age < self.refresh_interval => refuse(
                "max_age",
                "is shorter than `refresh_interval`: every set would be too stale before it is refreshed",
            ),
            () if self.unknown_kid_window >= self.refresh_interval => refuse(
                "unknown_kid_window",
                "is not shorter than `refresh_interval`, which refreshes anyway; make it shorter",
            ),
            () if self.key_wait >= self.refresh_interval => {
                refuse("key_wait", "is not shorter than `refresh_interval`; no caller waits that long, make it shorter")
            }
            () if self.max_backoff < self.backoff => {
                refuse("max_backoff", "is shorter than `backoff`, which it limits; make it longer")
            }
            () if self.max_backoff > self.refresh_interval => refuse(
                "max_backoff",
                "is longer than `refresh_interval`: a retry comes sooner than a refresh; make it shorter",
            ),
            () => Ok(()),
        }
    }

    /// How long until the next refresh is due, at the most, after answers with this `max-age`.
    pub(super) fn interval(&self, max_age: Option<Duration>) -> Duration {
        match max_age {
            Some(stated) if self.honour_max_age && !stated.is_zero() => stated.max(HOUR).min(self.refresh_interval),
            _ => self.refresh_interval,
        }
    }

    /// The longest that the next attempt waits after so many failures in a row.
    pub(super) fn backoff_after(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(30);
        self.backoff.saturating_mul(1 << doublings).min(self.max_backoff)
    }
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            refresh_interval: DAY,
            max_age: 7 * DAY,
            seed_max_age: 90 * DAY,
            unknown_kid_window: MINUTE,
            unknown_kid_fetches: 2,
            key_wait: 3 * SECOND,
            backoff: 30 * SECOND,
            max_backoff: 15 * MINUTE,
            honour_max_age: false,
            fetches: true,
        }
    }
}

/// A policy that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    field: &'static str,
    reason: String,
}

impl PolicyError {
    /// The field of [`RefreshPolicy`] that is wrong.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.field, self.reason)
    }
}

impl std::error::Error for PolicyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_are_refused_by_the_name_of_the_field() {
        let policy = RefreshPolicy::default;
        for (policy, field) in [
            (policy().with_refresh_interval(Duration::ZERO), "refresh_interval"),
            (policy().with_max_age(Duration::ZERO), "max_age"),
            (policy().with_unknown_kid_window(Duration::ZERO), "unknown_kid_window"),
            (policy().with_backoff(Duration::ZERO, MINUTE), "backoff"),
            (policy().with_max_age(DAY / 2), "max_age"),
            (policy().with_max_age(Duration::MAX), "max_age"),
            (policy().with_seed_max_age(Duration::MAX), "seed_max_age"),
            (policy().with_unknown_kid_window(DAY), "unknown_kid_window"),
            (policy().with_key_wait(DAY), "key_wait"),
            (policy().with_backoff(HOUR, MINUTE), "max_backoff"),
            (policy().with_backoff(MINUTE, 2 * DAY), "max_backoff"),
            (RefreshPolicy::never().with_refresh_interval(Duration::ZERO), "refresh_interval"),
        ] {
            let error = policy.check().unwrap_err();
            assert_eq!(error.field(), field);
            assert!(error.to_string().starts_with(&format!("`{field}` is ")), "{error}");
        }
        for policy in [policy(), RefreshPolicy::never(), policy().with_seed_max_age(Duration::ZERO).with_max_age(DAY)] {
            assert_eq!(policy.check(), Ok(()));
        }
    }

    #[test]
    fn a_stated_age_shortens_the_interval_only_where_that_is_asked_for() {
        let stated = |policy: RefreshPolicy, seconds| policy.interval(Some(Duration::from_secs(seconds)));
        let honouring = RefreshPolicy::default().with_honour_max_age(true);
        assert_eq!(stated(RefreshPolicy::default(), 7_200), DAY);
        assert_eq!(stated(honouring.clone(), 7_200), 2 * HOUR);
        assert_eq!(stated(honouring.clone(), 60), HOUR);
        assert_eq!(stated(honouring.clone(), 315_360_000), DAY);
        assert_eq!(honouring.interval(None), DAY);
        assert_eq!(stated(honouring.with_refresh_interval(MINUTE), 60), MINUTE, "an hour is no way to lengthen it");
    }

    #[test]
    fn the_delay_after_failures_doubles_up_to_its_limit() {
        let seconds = |failures| RefreshPolicy::default().backoff_after(failures).as_secs();
        assert_eq!([1, 2, 3, 5, 6, 7, u32::MAX].map(seconds), [30, 60, 120, 480, 900, 900, 900]);
    }
}
