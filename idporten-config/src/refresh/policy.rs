//! The durations and budgets of a refresher.

use std::fmt;
use std::time::Duration;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest duration that is allowed, so that no documents are trusted without end.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// The longest delays while nothing is served: of the first retry, and at the end of the doubling.
const EMPTY_BACKOFF: Duration = SECOND;
const MAX_EMPTY_BACKOFF: Duration = Duration::from_secs(30);
/// The fetches of unknown kids in development environments, where each restart of a mock is a rotation of its keys.
const DEVELOPMENT_FETCHES: u32 = 30;
/// The most fetches that unknown kids may ask for in a window.
const MAX_UNKNOWN_KID_FETCHES: u32 = 60;

/// The policy that decides when a refresher fetches and for how long it serves what it has. The defaults follow what the
/// providers ask of their clients.
///
/// ```
/// use std::time::Duration;
///
/// use idporten_config::refresh::RefreshPolicy;
///
/// let policy = RefreshPolicy::default().with_max_age(Duration::from_secs(3 * 24 * 60 * 60));
/// assert!(policy.check().is_ok());
///
/// let error = policy.with_backoff(Duration::from_micros(1), Duration::from_secs(60)).check().unwrap_err();
/// assert_eq!(error.field(), "backoff");
/// assert_eq!(error.to_string(), "`backoff` is 1µs, shorter than 1s; make it longer");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct RefreshPolicy {
    /// The time from a success to the next refresh; 24 hours, as the providers advise, and at least a minute. Each due time is
    /// drawn from 90 to 100 % of it, so that instances that started together do not ask together. Documents that arrive old,
    /// from a cache, are refreshed sooner.
    pub refresh_interval: Duration,
    /// The time after the last success for which documents are served while refreshes fail; 7 days, enough for an outage over a
    /// holiday. After that the answer is [`Reason::TooStale`](super::Reason::TooStale).
    pub max_age: Duration,
    /// The age up to which a compiled-in snapshot is served before the first success of this process; 90 days. Zero means never. A
    /// process without network access trusts a key that was withdrawn since the build for that long.
    pub seed_max_age: Duration,
    /// The time in which unknown kids may ask for [`unknown_kid_fetches`](Self::unknown_kid_fetches) fetches; 60 seconds, and at
    /// least one.
    pub unknown_kid_window: Duration,
    /// The number of fetches that unknown kids may ask for in any [window](Self::unknown_kid_window), failed ones included; 3, and
    /// 30 in a development environment where neither field was changed. Three are made at once, after a fifteenth and after a fifth of
    /// the window (0, 4 and 12 seconds); in a flood that lasts, and for any other number, they are spread evenly. At most
    /// 60. Zero means none: a new key is then known with the next timed refresh.
    pub unknown_kid_fetches: u32,
    /// The longest time that a waiting look-up waits; 3 seconds, which is enough for most fetches.
    pub key_wait: Duration,
    /// The longest delay from a failed refresh to the next attempt; 30 seconds, and at least one. Each further failure doubles
    /// it, and the actual delay is a random part of it. While nothing is served, the delays are a quarter of a second to one second
    /// after the first failure, and double to 30 seconds.
    pub backoff: Duration,
    /// The delay at which the doubling ends; 15 minutes.
    pub max_backoff: Duration,
    /// False if the policy makes no requests at all.
    pub(super) fetches: bool,
}

impl RefreshPolicy {
    /// Returns the policy that makes no request, for machines without a network. What was compiled in or stored is served for as
    /// long as it may be, and a kid that is not in it stays [`Undetermined`](super::LookupError::Undetermined). Give such
    /// machines new snapshots by new builds, within [`seed_max_age`](Self::seed_max_age).
    pub fn never() -> Self {
        Self { fetches: false, ..Self::default() }
    }

    /// Sets [`refresh_interval`](Self::refresh_interval).
    pub fn with_refresh_interval(self, refresh_interval: Duration) -> Self {
        Self { refresh_interval, ..self }
    }

    /// Sets [`max_age`](Self::max_age).
    pub fn with_max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// Sets [`seed_max_age`](Self::seed_max_age).
    pub fn with_seed_max_age(self, seed_max_age: Duration) -> Self {
        Self { seed_max_age, ..self }
    }

    /// Sets [`unknown_kid_window`](Self::unknown_kid_window).
    pub fn with_unknown_kid_window(self, unknown_kid_window: Duration) -> Self {
        Self { unknown_kid_window, ..self }
    }

    /// Sets [`unknown_kid_fetches`](Self::unknown_kid_fetches).
    pub fn with_unknown_kid_fetches(self, unknown_kid_fetches: u32) -> Self {
        Self { unknown_kid_fetches, ..self }
    }

    /// Sets [`key_wait`](Self::key_wait).
    pub fn with_key_wait(self, key_wait: Duration) -> Self {
        Self { key_wait, ..self }
    }

    /// Sets [`backoff`](Self::backoff) and [`max_backoff`](Self::max_backoff).
    pub fn with_backoff(self, backoff: Duration, max_backoff: Duration) -> Self {
        Self { backoff, max_backoff, ..self }
    }

    /// Checks that the fields agree with each other and are no shorter than they may be. A refresher does not start with a policy
    /// that fails this. Development environments and virtual clocks may go below the least durations.
    ///
    /// # Errors
    ///
    /// The first field that is wrong, with a value that is right.
    pub fn check(&self) -> Result<(), PolicyError> {
        self.check_floors()?;
        self.check_contradictions()
    }

    /// Refuses mistaken units: a backoff of some microseconds is thousands of requests a second at a provider in trouble.
    fn check_floors(&self) -> Result<(), PolicyError> {
        let floors = [
            ("refresh_interval", self.refresh_interval, MINUTE),
            ("unknown_kid_window", self.unknown_kid_window, SECOND),
            ("backoff", self.backoff, SECOND),
        ];
        if self.unknown_kid_fetches > MAX_UNKNOWN_KID_FETCHES {
            let reason =
                format!("is {}, more than {MAX_UNKNOWN_KID_FETCHES}; make it smaller", self.unknown_kid_fetches);
            return Err(PolicyError::new("unknown_kid_fetches", reason));
        }
        // Zero is no mistaken unit, and is refused in other words below.
        match floors.into_iter().find(|(_, duration, least)| duration < least && !duration.is_zero()) {
            Some((field, duration, least)) => {
                Err(PolicyError::new(field, format!("is {duration:?}, shorter than {least:?}; make it longer")))
            }
            None => Ok(()),
        }
    }

    pub(super) fn check_contradictions(&self) -> Result<(), PolicyError> {
        let durations = [
            ("refresh_interval", self.refresh_interval),
            ("max_age", self.max_age),
            ("unknown_kid_window", self.unknown_kid_window),
            ("backoff", self.backoff),
            ("max_backoff", self.max_backoff),
            ("key_wait", self.key_wait),
            ("seed_max_age", self.seed_max_age),
        ];
        let zero = "is zero; give it a duration, or use `RefreshPolicy::never()` for no requests at all";
        // The last two may be zero: no look-up waits, and no seed is served.
        let zeros = durations[..5].iter().map(|(field, duration)| (*field, duration.is_zero(), zero));
        let long = "is longer than ten years; make it shorter";
        let longs = durations.iter().map(|(field, duration)| (*field, *duration > LONGEST, long));
        let (interval, window) = (self.refresh_interval, self.unknown_kid_window);
        let contradictions = [
            ("max_age", self.max_age < interval, "is shorter than `refresh_interval`, which renews it; make it longer"),
            ("unknown_kid_window", window >= interval, "is not shorter than `refresh_interval`; make it shorter"),
            ("key_wait", self.key_wait >= interval, "is not shorter than `refresh_interval`; make it shorter"),
            ("max_backoff", self.max_backoff < self.backoff, "is shorter than `backoff`; make it longer"),
            ("max_backoff", self.max_backoff > interval, "is longer than `refresh_interval`; make it shorter"),
        ];
        match zeros.chain(longs).chain(contradictions).find(|(_, is_broken, _)| *is_broken) {
            Some((field, _, reason)) => Err(PolicyError::new(field, reason)),
            None => Ok(()),
        }
    }

    /// Returns the policy for a development environment.
    pub(super) fn for_development(self) -> Self {
        // A policy that sets one of the two is left alone: a service may be tested under it.
        let untouched = Self::default();
        let is_untouched = self.unknown_kid_window == untouched.unknown_kid_window
            && self.unknown_kid_fetches == untouched.unknown_kid_fetches;
        if is_untouched { self.with_unknown_kid_fetches(DEVELOPMENT_FETCHES) } else { self }
    }

    /// Returns the longest delay of the next attempt after this many failures in a row, while something is served or nothing is.
    pub(super) fn backoff_after(&self, failures: u32, serves: bool) -> Duration {
        let (first, longest) =
            if serves { (self.backoff, self.max_backoff) } else { (EMPTY_BACKOFF, MAX_EMPTY_BACKOFF) };
        // A shift by 32 bits would overflow.
        let doublings = failures.saturating_sub(1).min(30);
        first.saturating_mul(1 << doublings).min(longest)
    }
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            refresh_interval: DAY,
            max_age: 7 * DAY,
            seed_max_age: 90 * DAY,
            unknown_kid_window: MINUTE,
            unknown_kid_fetches: 3,
            key_wait: 3 * SECOND,
            backoff: 30 * SECOND,
            max_backoff: 15 * MINUTE,
            fetches: true,
        }
    }
}

/// The error of a policy that contradicts itself or has a duration below its floor.
///
/// ```
/// use std::time::Duration;
///
/// use idporten_config::refresh::RefreshPolicy;
///
/// let error = RefreshPolicy::default().with_refresh_interval(Duration::from_secs(1)).check().unwrap_err();
/// assert_eq!(error.field(), "refresh_interval");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    field: &'static str,
    reason: String,
}

impl PolicyError {
    fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field, reason: reason.into() }
    }

    /// Returns the name of the field of [`RefreshPolicy`] that is wrong.
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
    fn the_defaults_are_those_that_the_documentation_states() {
        let policy = RefreshPolicy::default();
        assert_eq!([policy.refresh_interval, policy.max_age, policy.seed_max_age], [DAY, 7 * DAY, 90 * DAY]);
        assert_eq!((policy.unknown_kid_window, policy.unknown_kid_fetches), (MINUTE, 3));
        assert_eq!([policy.key_wait, policy.backoff, policy.max_backoff], [3 * SECOND, 30 * SECOND, 15 * MINUTE]);
    }

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
            (policy().with_seed_max_age(Duration::from_secs(10 * 365 * 24 * 60 * 60 + 1)), "seed_max_age"),
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
        let zero = policy().with_backoff(MINUTE, Duration::ZERO).check().unwrap_err().to_string();
        assert!(zero.starts_with("`max_backoff` is zero"), "{zero}");
        for policy in [
            policy(),
            RefreshPolicy::never(),
            policy().with_seed_max_age(Duration::ZERO).with_max_age(DAY),
            policy().with_key_wait(Duration::ZERO).with_seed_max_age(10 * 365 * DAY),
            policy().with_backoff(DAY, DAY),
        ] {
            assert_eq!(policy.check(), Ok(()));
        }
    }

    #[test]
    fn durations_below_their_floors_are_refused_by_the_name_of_the_field() {
        let policy = RefreshPolicy::default;
        let micros = Duration::from_micros(1);
        for (policy, field, least) in [
            (policy().with_backoff(micros, MINUTE), "backoff", "1s"),
            (policy().with_unknown_kid_window(SECOND / 2), "unknown_kid_window", "1s"),
            (policy().with_refresh_interval(MINUTE / 2), "refresh_interval", "60s"),
        ] {
            let error = policy.check().unwrap_err();
            assert_eq!(error.field(), field);
            assert!(error.to_string().ends_with(&format!("shorter than {least}; make it longer")), "found `{error}`");
        }
        let error = policy().with_unknown_kid_fetches(61).check().unwrap_err();
        assert_eq!(error.to_string(), "`unknown_kid_fetches` is 61, more than 60; make it smaller");
        let least = policy().with_unknown_kid_fetches(60).with_backoff(SECOND, SECOND).with_unknown_kid_window(SECOND);
        assert_eq!(least.with_refresh_interval(MINUTE).check(), Ok(()));
    }

    #[test]
    fn development_environments_have_thirty_fetches_unless_the_policy_says_otherwise() {
        let fetches = |policy: RefreshPolicy| policy.for_development().unknown_kid_fetches;
        assert_eq!(fetches(RefreshPolicy::default()), 30);
        assert_eq!(fetches(RefreshPolicy::default().with_unknown_kid_fetches(1)), 1);
        assert_eq!(fetches(RefreshPolicy::default().with_unknown_kid_window(HOUR)), 3);
    }

    #[test]
    fn the_delay_after_failures_doubles_up_to_its_limit() {
        let seconds = |serves| move |failures| RefreshPolicy::default().backoff_after(failures, serves).as_secs();
        assert_eq!([1, 2, 3, 5, 6, 7, u32::MAX].map(seconds(true)), [30, 60, 120, 480, 900, 900, 900]);
        assert_eq!([1, 2, 3, 5, 6, 7, u32::MAX].map(seconds(false)), [1, 2, 4, 16, 30, 30, 30]);
    }
}
