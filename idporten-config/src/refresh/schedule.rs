//! When to fetch and why, what may still be served, who must wait: a state machine without I/O, thread or clock.
//!
//! It is told what happens and at what time, and answers what to do. Its one source of randomness is the seed that it is made
//! with. It is public so that it can be simulated and read; its form may change in any release.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use idporten_config::refresh::RefreshPolicy;
//! use idporten_config::refresh::schedule::{Action, Cause, Now, Schedule};
//!
//! let start = Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH };
//! let mut schedule = Schedule::new(RefreshPolicy::default(), 42, start, None);
//! assert_eq!(schedule.poll(start), Action::Fetch(Cause::Due), "it starts with nothing");
//! schedule.succeeded(Duration::ZERO, None);
//! let Action::Sleep(until) = schedule.poll(start) else { panic!("there is nothing to do") };
//! assert_eq!(until, Duration::from_secs(60), "it looks at the wall clock once a minute");
//! ```

mod terms;

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::policy::{HOUR, MINUTE, RefreshPolicy};
pub use terms::{Action, Answer, Cause, Health, Limit, Now, Seed, Source, Ticket};

/// A seed that is younger than the interval is refreshed within this of the start.
const START_SPREAD: Duration = Duration::from_secs(5 * 60);
/// The longest that a `Retry-After` is obeyed.
const MAX_RETRY_AFTER: Duration = HOUR;
/// Bad signatures may ask for one fetch in this time,
const SIGNATURE_WINDOW: Duration = HOUR;
/// and for none while the set is younger than this.
const SIGNATURE_MIN_AGE: Duration = Duration::from_secs(5 * 60);
/// A fetch that has not ended by then never will: three times what it may take.
const FLIGHT_LIMIT: Duration = Duration::from_secs(60);
/// The least that a caller is asked to wait before it asks again, and that a failure is followed by.
const SOON: Duration = Duration::from_secs(1);

/// The state machine.
#[derive(Debug, Clone)]
pub struct Schedule {
    policy: RefreshPolicy,
    random: u64,
    held: Option<Held>,
    /// When the next timed fetch is: so long after that moment.
    due: (Now, Duration),
    flight: Option<Flight>,
    /// A fetch that begins as soon as none is in flight.
    wanted: Option<Cause>,
    /// Fetches are numbered from 1: how many began, the last that succeeded, the last that failed.
    begun: u64,
    succeeded: u64,
    failed: u64,
    /// What was published by then, on the monotonic clock, the last success has seen.
    seen: Duration,
    /// In a row, up to now.
    failures: u32,
    /// How many timed fetches have failed since the last success.
    missed: u32,
    /// `Retry-After`, on the monotonic clock.
    not_before: Duration,
    /// When unknown kids asked for fetches, within the window.
    asked: VecDeque<Duration>,
    /// When a bad signature asked for one.
    reported: Option<Duration>,
}

/// What is served.
#[derive(Debug, Clone, Copy)]
struct Held {
    source: Source,
    limit: Limit,
    since: Now,
    /// How old it was then.
    age: Duration,
    expired: bool,
}

#[derive(Debug, Clone, Copy)]
struct Flight {
    begun: Now,
    timed: bool,
}

impl Schedule {
    /// A schedule that starts now, with what is served from the start. `random` is any number.
    #[must_use]
    pub fn new(policy: RefreshPolicy, random: u64, now: Now, seed: Option<Seed>) -> Self {
        let held = seed.map(|seed| {
            let (age, expired) = (policy.age(seed.as_of, now.wall), !policy.may_serve(seed, now.wall));
            Held { source: seed.source, limit: seed.limit, since: now, age, expired }
        });
        let mut schedule = Self {
            policy,
            random,
            held,
            due: (now, Duration::ZERO),
            flight: None,
            wanted: None,
            begun: 0,
            succeeded: 0,
            failed: 0,
            seen: Duration::ZERO,
            failures: 0,
            missed: 0,
            not_before: Duration::ZERO,
            asked: VecDeque::new(),
            reported: None,
        };
        schedule.due.1 = schedule.first_delay();
        schedule
    }

    /// What is to be done now: to be asked again and again until the answer is to sleep. A fetch counts as begun with this.
    pub fn poll(&mut self, now: Now) -> Action {
        if let Some(limit) = self.expired_by(now) {
            self.held.iter_mut().for_each(|held| held.expired = true);
            return Action::Expire(limit);
        }
        if self.flight.is_some_and(|flight| flight.left(now).is_zero()) {
            return Action::GiveUp;
        }
        let timed = self.is_due(now);
        if self.flight.is_none() && (timed || self.wanted.is_some()) {
            return Action::Fetch(self.begin(now, timed));
        }
        Action::Sleep(self.wake(now).min(now.monotonic.saturating_add(MINUTE)))
    }

    fn begin(&mut self, now: Now, timed: bool) -> Cause {
        let cause = self.wanted.take().unwrap_or(Cause::Due);
        if cause == Cause::UnknownKid {
            // The window counts from the request, which has waited for a moment.
            self.asked.iter_mut().next_back().into_iter().for_each(|asked| *asked = now.monotonic);
        }
        self.begun += 1;
        self.flight = Some(Flight { begun: now, timed });
        cause
    }

    /// When there will be something to do if nothing happens, on the monotonic clock, if both clocks go at one pace.
    #[must_use]
    pub fn wake(&self, now: Now) -> Duration {
        let left = match (&self.flight, self.wanted) {
            (Some(flight), _) => Some(flight.left(now)),
            (None, Some(_)) => Some(Duration::ZERO),
            (None, None) => self.until_due(now),
        };
        let expires = self.held.filter(|held| !held.expired).map(|held| self.left(&held, now));
        let next = left.into_iter().chain(expires).min();
        next.map_or(Duration::MAX, |left| now.monotonic.saturating_add(left))
    }

    /// The fetch ended with documents that are of so long before it began, and whose answers state this `max-age`. They
    /// replace everything.
    pub fn succeeded(&mut self, age: Duration, max_age: Option<Duration>) {
        let Some(flight) = self.flight.take() else { return };
        self.succeeded = self.begun;
        self.seen = flight.begun.monotonic.saturating_sub(age);
        (self.failures, self.missed, self.not_before) = (0, 0, Duration::ZERO);
        self.held =
            Some(Held { source: Source::Network, limit: Limit::MaxAge, since: flight.begun, age, expired: false });
        let interval = self.policy.interval(max_age);
        self.due = (flight.begun, self.draw(interval.mul_f64(0.9), interval));
    }

    /// The fetch failed, and the provider may have said when to come again. Nothing that is served is touched. Where it is
    /// `urgent` the next timed fetch comes as after one that failed, whatever this one was made for.
    pub fn failed(&mut self, now: Now, retry_after: Option<Duration>, urgent: bool) {
        let Some(flight) = self.flight.take() else { return };
        self.failed = self.begun;
        self.failures = self.failures.saturating_add(1);
        if let Some(retry_after) = retry_after {
            self.not_before = now.monotonic.saturating_add(retry_after.min(MAX_RETRY_AFTER));
        }
        // What was asked for between times leaves the timed refresh where it is.
        if flight.timed || urgent {
            self.missed = self.missed.saturating_add(1);
            let longest = self.policy.backoff_after(self.missed);
            self.due = (now, self.draw(SOON.min(longest), longest));
        }
    }

    /// Whether documents of so long before the fetch began are of no use: too old to be served, or older than what is.
    #[must_use]
    pub fn is_outdated(&self, age: Duration) -> bool {
        let held = self.held.zip(self.flight).map(|(held, flight)| held.age_at(flight.begun));
        // Ages are told in whole seconds, and some pass on the way.
        age >= self.policy.max_age || held.is_some_and(|held| age > held.saturating_add(MINUTE))
    }

    /// Somebody asks for a key that is not in the set; with the ticket that it got when it asked first. Where `spends`, it may
    /// ask for a fetch out of the budget of unknown kids.
    pub fn ask(&mut self, now: Now, ticket: Option<Ticket>, spends: bool) -> Answer {
        let next = self.begun + u64::from(self.flight.is_none());
        let ticket = ticket.unwrap_or(Ticket { begun: self.begun, asked: now.monotonic, fails_with: next });
        if self.succeeded > ticket.begun {
            // Behind a cache, what has just been fetched may be from before the question. Ages are told in whole seconds.
            let has_seen = self.seen.saturating_add(SOON) >= ticket.asked;
            let retry_after = self.cooldown(now).unwrap_or(SOON);
            return if has_seen { Answer::Unknown } else { Answer::Undetermined { retry_after } };
        }
        if self.failed >= ticket.fails_with {
            return Answer::Undetermined { retry_after: self.cooldown(now).unwrap_or(SOON) };
        }
        if self.flight.is_some() || self.wanted.is_some() || self.is_due(now) {
            return Answer::Pending(ticket);
        }
        match self.cooldown(now) {
            None if spends => {
                self.asked.push_back(now.monotonic);
                self.wanted = Some(Cause::UnknownKid);
                Answer::Pending(ticket)
            }
            cooldown => Answer::Undetermined { retry_after: cooldown.unwrap_or(SOON) },
        }
    }

    /// How long unknown kids must wait until they may ask for a fetch again.
    fn cooldown(&mut self, now: Now) -> Option<Duration> {
        if !self.policy.fetches || self.policy.unknown_kid_fetches == 0 {
            return Some(self.until_due(now).unwrap_or(self.policy.refresh_interval).max(SOON));
        }
        let window = self.policy.unknown_kid_window;
        let is_past = |asked: &Duration| asked.saturating_add(window) <= now.monotonic;
        while self.asked.front().is_some_and(is_past) {
            self.asked.pop_front();
        }
        let spent = self.asked.len() >= self.policy.unknown_kid_fetches as usize;
        let free = self.asked.front().filter(|_| spent).map_or(Duration::ZERO, |asked| asked.saturating_add(window));
        let left = free.max(self.not_before).saturating_sub(now.monotonic);
        (!left.is_zero()).then_some(left)
    }

    /// A signature under a kid of the set was bad: whether a fetch is under way because of that, or anyway.
    pub fn report_bad_signature(&mut self, now: Now) -> bool {
        let Some(held) = self.held.filter(|_| self.policy.fetches) else { return false };
        if self.flight.is_some() || self.wanted.is_some() || self.is_due(now) {
            return true;
        }
        let spent = self.reported.is_some_and(|at| at.saturating_add(SIGNATURE_WINDOW) > now.monotonic);
        if spent || held.age_at(now) < SIGNATURE_MIN_AGE || self.not_before > now.monotonic {
            return false;
        }
        self.reported = Some(now.monotonic);
        self.wanted = Some(Cause::BadSignature);
        true
    }

    /// The program asks for a fetch, whatever budgets say. The number is that of the fetch to wait for: the one in flight, or
    /// the next. None where there are no requests.
    pub fn force(&mut self) -> Option<u64> {
        if !self.policy.fetches {
            return None;
        }
        if self.flight.is_some() {
            return Some(self.begun);
        }
        // The place of an unknown kid is not taken: its fetch is as good.
        self.wanted.get_or_insert(Cause::Forced);
        Some(self.begun + 1)
    }

    /// Whether this fetch, or one after it, succeeded; none where it has not ended.
    #[must_use]
    pub fn outcome(&self, number: u64) -> Option<bool> {
        match (self.succeeded >= number, self.failed >= number) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }

    /// How things stand, leaked keys aside.
    #[must_use]
    pub fn health(&self, now: Now) -> Health {
        let Some(held) = self.held.filter(|held| !held.expired) else { return Health::Failing };
        let patience = self.policy.refresh_interval.saturating_mul(2);
        let without_success = if held.source == Source::Baked { now.since(held.since) } else { held.age_at(now) };
        let aged = held.limit == Limit::SeedMaxAge && held.age_at(now) >= self.policy.seed_max_age.mul_f64(0.8);
        if aged || self.policy.fetches && without_success >= patience { Health::Degraded } else { Health::Ok }
    }

    /// The number of the last fetch that began.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.begun
    }

    /// Whether a fetch is under way.
    #[must_use]
    pub fn is_fetching(&self) -> bool {
        self.flight.is_some()
    }

    /// The limit by which what is held may be served no longer.
    #[must_use]
    pub fn expired(&self) -> Option<Limit> {
        self.held.filter(|held| held.expired).map(|held| held.limit)
    }

    /// How old what is held is.
    #[must_use]
    pub fn age(&self, now: Now) -> Option<Duration> {
        self.held.map(|held| held.age_at(now))
    }

    /// Where what is held comes from.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        self.held.map(|held| held.source)
    }

    /// How many fetches failed since the last success.
    #[must_use]
    pub fn consecutive_failures(&self) -> u32 {
        self.failures
    }

    /// The next timed attempt, by the wall clock; none while one is under way.
    #[must_use]
    pub fn next_attempt(&self, now: Now) -> Option<SystemTime> {
        let left = self.until_due(now).filter(|_| self.flight.is_none())?;
        now.wall.checked_add(left)
    }

    /// When what is held may be served no longer if no refresh succeeds, by the wall clock.
    #[must_use]
    pub fn too_stale_at(&self, now: Now) -> Option<SystemTime> {
        let held = self.held?;
        let (limit, age) = (self.policy.limit(held.limit), self.age_that_counts(&held, now));
        now.wall.checked_add(limit)?.checked_sub(age)
    }

    fn is_due(&self, now: Now) -> bool {
        self.until_due(now) == Some(Duration::ZERO)
    }

    fn until_due(&self, now: Now) -> Option<Duration> {
        let (from, delay) = self.due;
        let left = delay.saturating_sub(now.since(from)).max(self.not_before.saturating_sub(now.monotonic));
        self.policy.fetches.then_some(left)
    }

    fn expired_by(&self, now: Now) -> Option<Limit> {
        let held = self.held.filter(|held| !held.expired && self.left(held, now).is_zero())?;
        Some(held.limit)
    }

    /// How long it may still be served.
    fn left(&self, held: &Held, now: Now) -> Duration {
        self.policy.limit(held.limit).saturating_sub(self.age_that_counts(held, now))
    }

    /// The wall clock counts once a refresh is missed: until then it may be the clock that is wrong.
    fn age_that_counts(&self, held: &Held, now: Now) -> Duration {
        if self.missed > 0 { held.age_at(now) } else { held.monotonic_age_at(now) }
    }

    /// How long after the start the first fetch is due: at once where there is nothing, or nothing young.
    fn first_delay(&mut self) -> Duration {
        let interval = self.policy.refresh_interval;
        match self.held {
            Some(held) if held.expired || held.age >= interval => Duration::ZERO,
            Some(Held { source: Source::Baked, .. }) => self.draw(Duration::ZERO, START_SPREAD.min(interval)),
            Some(held) => self.draw(interval.mul_f64(0.9), interval).saturating_sub(held.age),
            None => Duration::ZERO,
        }
    }

    /// A duration between two, each as likely as any other.
    fn draw(&mut self, least: Duration, most: Duration) -> Duration {
        // SplitMix64, by Steele, Lea and Flood.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let fraction = f64::from((mixed >> 32) as u32) / f64::from(u32::MAX);
        least + most.saturating_sub(least).mul_f64(fraction).min(most.saturating_sub(least))
    }
}

impl Flight {
    /// How long it may still take.
    fn left(&self, now: Now) -> Duration {
        FLIGHT_LIMIT.saturating_sub(now.monotonic.saturating_sub(self.begun.monotonic))
    }
}

impl Held {
    /// How old it is, by whichever clock says more.
    fn age_at(&self, now: Now) -> Duration {
        self.age.saturating_add(now.since(self.since))
    }

    fn monotonic_age_at(&self, now: Now) -> Duration {
        self.age.saturating_add(now.monotonic.saturating_sub(self.since.monotonic))
    }
}

impl RefreshPolicy {
    /// How old documents of then are. One of the future was dated by a wrong clock, and counts as old.
    pub(super) fn age(&self, as_of: SystemTime, now: SystemTime) -> Duration {
        now.duration_since(as_of).unwrap_or(self.refresh_interval)
    }

    /// Whether this may be served from the start.
    pub(super) fn may_serve(&self, seed: Seed, now: SystemTime) -> bool {
        self.age(seed.as_of, now) < self.limit(seed.limit)
    }

    fn limit(&self, limit: Limit) -> Duration {
        match limit {
            Limit::MaxAge => self.max_age,
            Limit::SeedMaxAge => self.seed_max_age,
        }
    }
}
