//! The held documents, their age, and what the status reports of them.

use std::time::{Duration, SystemTime};

use super::Schedule;
use super::types::{Health, Limit, Now, Seed, Source};
use crate::refresh::policy::{DAY, RefreshPolicy};

#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) source: Source,
    limit: Limit,
    since: Now,
    /// The age at the moment `since`.
    pub(super) age: Duration,
    pub(super) expired: bool,
}

impl Held {
    pub(super) fn from_seed(policy: &RefreshPolicy, seed: Seed, now: Now) -> Self {
        // A seed that is dated ahead counts as new; `may_serve` refuses one that is far ahead.
        let age = now.wall.duration_since(seed.as_of).unwrap_or_default();
        // It is held although it may not serve: its age says whether the first fetch brings something newer.
        let expired = !policy.may_serve(seed, now.wall);
        Self { source: seed.source, limit: seed.limit, since: now, age, expired }
    }

    pub(super) fn from_network(since: Now, age: Duration) -> Self {
        Self { source: Source::Network, limit: Limit::MaxAge, since, age, expired: false }
    }

    /// Returns the age by the clock that shows more: the monotonic clock stands still in a suspended machine, and the wall clock may
    /// be set back.
    pub(super) fn age_at(&self, now: Now) -> Duration {
        self.age.saturating_add(now.since(self.since))
    }

    fn monotonic_age_at(&self, now: Now) -> Duration {
        self.age.saturating_add(now.monotonic.saturating_sub(self.since.monotonic))
    }
}

impl Schedule {
    /// Returns the health, leaked keys aside.
    #[must_use]
    pub fn health(&self, now: Now) -> Health {
        let Some(held) = self.held.filter(|held| !held.expired) else { return Health::Failing };
        if self.until_degraded(&held, now).is_zero() { Health::Degraded } else { Health::Ok }
    }

    /// Returns the time after which the health is degraded if no refresh succeeds.
    pub(super) fn until_degraded(&self, held: &Held, now: Now) -> Duration {
        // One missed refresh is normal (a deployment of the provider, a lost packet); two intervals without success are not.
        let patience = self.policy.refresh_interval.saturating_mul(2);
        // A compiled-in seed counts from the start of the process: a build that is older than two intervals is no failure.
        let without_success = if held.source == Source::Baked { now.since(held.since) } else { held.age_at(now) };
        let by_success = self.policy.fetches.then(|| patience.saturating_sub(without_success));
        let warned = self.policy.seed_max_age.mul_f64(0.8).saturating_sub(held.age_at(now));
        let by_seed = (held.limit == Limit::SeedMaxAge).then_some(warned);
        by_success.into_iter().chain(by_seed).min().unwrap_or(Duration::MAX)
    }

    /// Returns the limit that ended serving, if one did.
    #[must_use]
    pub fn expired(&self) -> Option<Limit> {
        self.held.filter(|held| held.expired).map(|held| held.limit)
    }

    /// Returns the age of what is held.
    #[must_use]
    pub fn age(&self, now: Now) -> Option<Duration> {
        self.held.map(|held| held.age_at(now))
    }

    /// Returns the latest date that is known to have passed.
    pub(in crate::refresh) fn past(&self) -> SystemTime {
        self.past
    }

    /// Returns the source of what is held.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        self.held.map(|held| held.source)
    }

    /// Returns whether the last answer proves when it was generated, and `None` before the first success. Without proof, no missing
    /// kid is called unknown.
    #[must_use]
    pub fn proves_freshness(&self) -> Option<bool> {
        (self.succeeded > 0).then_some(self.proof.is_some())
    }

    /// Returns the number of fetches that failed since the last success.
    #[must_use]
    pub fn consecutive_failures(&self) -> u32 {
        self.failures
    }

    /// Returns the time of the next timed attempt by the wall clock; none while one is under way.
    #[must_use]
    pub fn next_attempt(&self, now: Now) -> Option<SystemTime> {
        let left = self.until_due(now).filter(|_| self.flight.is_none())?;
        now.wall.checked_add(left)
    }

    /// Returns the time by the wall clock at which what is held may be served no longer if no refresh succeeds.
    #[must_use]
    pub fn too_stale_at(&self, now: Now) -> Option<SystemTime> {
        let held = self.held?;
        let (limit, age) = (self.policy.limit(held.limit), self.age_that_counts(&held, now));
        // The limit is added first: `now` less an age may lie before the earliest time that the system can state.
        now.wall.checked_add(limit)?.checked_sub(age)
    }

    /// Returns whether this fetch, or one after it, succeeded, and `None` if it has not ended.
    #[must_use]
    pub fn outcome(&self, number: u64) -> Option<bool> {
        // A later fetch counts too. It cannot be older than the one that was asked for.
        match (self.succeeded >= number, self.failed >= number) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }

    /// Returns the number of the last fetch that began.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.begun
    }

    /// Returns the time at which the fetch under way began. Its wall time is not before any date that is known to have passed.
    #[must_use]
    pub fn fetching_since(&self) -> Option<Now> {
        self.flight.map(|flight| flight.begun)
    }

    pub(super) fn is_serving(&self) -> bool {
        self.held.is_some_and(|held| !held.expired)
    }

    pub(super) fn expired_by(&self, now: Now) -> Option<Limit> {
        let held = self.held.filter(|held| !held.expired && self.left(held, now).is_zero())?;
        Some(held.limit)
    }

    /// Returns the time for which it may still be served.
    pub(super) fn left(&self, held: &Held, now: Now) -> Duration {
        self.policy.limit(held.limit).saturating_sub(self.age_that_counts(held, now))
    }

    /// Returns the age that counts towards the limit. Where refreshes are made, the wall clock counts only once a timed one has failed:
    /// until then a leap ahead may be an error of the clock, and ending service for it would be an outage of our making.
    fn age_that_counts(&self, held: &Held, now: Now) -> Duration {
        if self.missed > 0 || !self.policy.fetches { held.age_at(now) } else { held.monotonic_age_at(now) }
    }
}

impl RefreshPolicy {
    /// Returns whether a seed may be served from the start.
    pub(in crate::refresh) fn may_serve(&self, seed: Seed, now: SystemTime) -> bool {
        match now.duration_since(seed.as_of) {
            Ok(age) => age < self.limit(seed.limit),
            // A limit of zero means never, also for a date that is slightly ahead.
            Err(_) => !is_future(seed.as_of, now) && !self.limit(seed.limit).is_zero(),
        }
    }

    fn limit(&self, limit: Limit) -> Duration {
        match limit {
            Limit::MaxAge => self.max_age,
            Limit::SeedMaxAge => self.seed_max_age,
        }
    }
}

/// Returns whether a date is so far ahead that its documents are not served before the first success: they would count as new at
/// each start until that date. Less than a day ahead counts as now, since the clocks of two machines differ.
pub(in crate::refresh) fn is_future(as_of: SystemTime, now: SystemTime) -> bool {
    as_of.duration_since(now).is_ok_and(|ahead| ahead > DAY)
}
