//! The state machine that decides when to fetch and why, what may still be served, and how a question for a missing key is
//! answered. It has no I/O, thread or clock.
//!
//! Every call takes the current time, and the caller does what the answer says. The only randomness comes from the number that
//! a schedule is made with. The module is public so that it can be simulated; its form may change in any release.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use idporten_config::refresh::RefreshPolicy;
//! use idporten_config::refresh::schedule::{Action, Cause, Now, Schedule, Success};
//!
//! let start = Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH };
//! let mut schedule = Schedule::new(RefreshPolicy::default(), 42, start, None);
//! assert_eq!(schedule.poll(start), Action::Fetch(Cause::Due), "it starts with nothing");
//! schedule.succeeded(&Success::of_age(Duration::ZERO));
//! let Action::Sleep(until) = schedule.poll(start) else { panic!("there is nothing to do") };
//! assert!(until >= Duration::from_secs(9 * 24 * 60 * 60 / 10), "the next refresh is due in a day, less up to a tenth");
//! ```

mod budget;
mod held;
mod random;
mod types;
mod vanished;

use std::time::{Duration, SystemTime};

use super::policy::{HOUR, MINUTE, RefreshPolicy, SECOND};
use crate::fetch::DEADLINE;
use budget::Budget;
use held::Held;
pub(super) use held::is_future;
use random::Random;
pub use types::{Action, Answer, Cause, Health, Limit, Now, Outdated, Seed, Source, Success, Ticket};
use vanished::{Absence, CONFIRM_AFTER, Vanished};

/// A seed younger than the interval is refreshed within this time of the start.
const START_SPREAD: Duration = Duration::from_secs(5 * 60);
/// The longest that a `Retry-After` is obeyed while something is served, and while nothing is.
const MAX_RETRY_AFTER: Duration = HOUR;
const MAX_RETRY_AFTER_EMPTY: Duration = MINUTE;
/// The number of fetches that bad signatures may ask for in a window.
const SIGNATURE_FETCHES: u32 = 2;
const SIGNATURE_WINDOW: Duration = HOUR;
/// The least age of the set, and of the last such attempt, for a bad signature to ask for a fetch.
const SIGNATURE_MIN_AGE: Duration = Duration::from_secs(30);
/// The time after which a fetch is given up, and the longest that a forced one is waited for.
pub(super) const FLIGHT_LIMIT: Duration = DEADLINE.saturating_mul(3);
/// The age above which documents must come from a cache, and may have been replaced since.
const OLD: Duration = MINUTE;
/// The least time that a caller is asked to wait, and the least between a failure and the next attempt.
const SOON: Duration = SECOND;
/// The time by which a fetch may begin late rather than wake the worker for it.
const SLACK: Duration = Duration::from_millis(50);

/// The state machine.
#[derive(Debug, Clone)]
pub struct Schedule {
    policy: RefreshPolicy,
    random: Random,
    held: Option<Held>,
    /// The next timed fetch, as a moment and the delay after it. Both clocks count from the moment, so that a suspended machine
    /// fetches when it wakes.
    due: (Now, Duration),
    /// True if that fetch is earlier than the interval requires, because the last documents were old.
    due_early: bool,
    /// True once the early fetch of this interval has been granted.
    early_spent: bool,
    flight: Option<Flight>,
    /// A fetch that begins as soon as none is in flight.
    wanted: Option<Cause>,
    /// The number of fetches that have begun. Fetches are numbered from 1; `succeeded` and `failed` are the last of each.
    begun: u64,
    succeeded: u64,
    failed: u64,
    /// The time on the monotonic clock at which the fetch of the last success began, and the age that its documents prove. The two
    /// are kept apart: for an old answer right after the start, their difference would lie before the clock's zero.
    proof: Option<(Duration, Duration)>,
    /// The number of failures in a row, of all fetches and (`missed`) of timed ones. Only the latter drive the backoff.
    failures: u32,
    missed: u32,
    /// The end of a `Retry-After`, on the monotonic clock.
    not_before: Duration,
    unknown_kids: Budget,
    signatures: Budget,
    vanished: Vanished,
    /// The latest date that is known to have passed, as a floor for a wall clock that is behind.
    past: SystemTime,
    /// The time on the monotonic clock until which the worker sleeps, as it was last told.
    asleep_until: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Flight {
    begun: Now,
    timed: bool,
}

impl Schedule {
    /// Returns a schedule that starts now, with what is served from the start. `random` is any number.
    #[must_use]
    pub fn new(policy: RefreshPolicy, random: u64, now: Now, seed: Option<Seed>) -> Self {
        let unknown_kids = Budget::of_unknown_kids(policy.unknown_kid_window, policy.unknown_kid_fetches);
        let mut schedule = Self {
            held: seed.map(|seed| Held::from_seed(&policy, seed, now)),
            policy,
            random: Random::new(random),
            due: (now, Duration::ZERO),
            due_early: false,
            early_spent: false,
            flight: None,
            wanted: None,
            begun: 0,
            succeeded: 0,
            failed: 0,
            proof: None,
            failures: 0,
            missed: 0,
            not_before: Duration::ZERO,
            unknown_kids,
            signatures: Budget::new(SIGNATURE_WINDOW, SIGNATURE_FETCHES, vec![SIGNATURE_MIN_AGE]),
            vanished: Vanished::new(),
            past: SystemTime::UNIX_EPOCH,
            asleep_until: Duration::ZERO,
        };
        schedule.due.1 = schedule.first_delay();
        if let Some(seed) = seed {
            schedule.note_date(seed.as_of, now);
        }
        schedule
    }

    /// Notes the date of a seed or a stored success: no success is dated earlier than one that is not in the future.
    pub fn note_date(&mut self, date: SystemTime, now: Now) {
        if date <= now.wall {
            self.past = self.past.max(date);
        }
    }

    /// Returns what is to be done now. It is asked again until the answer is to sleep. A fetch counts as begun with this.
    pub fn poll(&mut self, now: Now) -> Action {
        // Expiry comes first: a fetch that is due at the same moment must not postpone the end of serving.
        if let Some(limit) = self.expired_by(now) {
            self.expire(now);
            return Action::Expire(limit);
        }
        // A client without a limit of its own would otherwise block all later fetches without end.
        if self.flight.is_some_and(|flight| flight.left(now).is_zero()) {
            return Action::GiveUp;
        }
        if self.flight.is_none() && self.until_fetch(now) == Some(Duration::ZERO) {
            return Action::Fetch(self.begin(now));
        }
        self.asleep_until = self.next_wake(now);
        Action::Sleep(self.asleep_until)
    }

    /// Returns whether a fetch is to begin well before the worker next looks, so that it must be woken. The two clocks are read one
    /// after the other, so that each question sees the time of the next fetch differ by some microseconds.
    pub(in crate::refresh) fn is_behind(&self, now: Now) -> bool {
        let left = if self.flight.is_some() { None } else { self.until_fetch(now) };
        left.is_some_and(|left| now.monotonic.saturating_add(left).saturating_add(SLACK) < self.asleep_until)
    }

    /// Returns when there will be something to do or to report if nothing happens, on the monotonic clock, if both clocks go at one
    /// pace.
    #[must_use]
    pub fn next_wake(&self, now: Now) -> Duration {
        let left = self.flight.map_or_else(|| self.until_fetch(now), |flight| Some(flight.left(now)));
        let served = self.held.filter(|held| !held.expired);
        let expires = served.map(|held| self.left(&held, now));
        let degrades = served.map(|held| self.until_degraded(&held, now)).filter(|left| !left.is_zero());
        let next = left.into_iter().chain(expires).chain(degrades).min();
        next.map_or(Duration::MAX, |left| now.monotonic.saturating_add(left))
    }

    /// Stops serving what is held. Delays that were drawn while something was served are too long from here on, and are shortened.
    fn expire(&mut self, now: Now) {
        self.held.iter_mut().for_each(|held| held.expired = true);
        self.limit_retry_after(now);
        let delay = self.retry_delay(self.missed, false);
        if self.until_due(now).is_some_and(|left| left > delay) {
            self.due = (now, delay);
        }
    }

    /// Shortens a `Retry-After` to what is obeyed while nothing is served: a long one would keep the service down for its whole
    /// length.
    pub(in crate::refresh) fn limit_retry_after(&mut self, now: Now) {
        self.not_before = self.not_before.min(now.monotonic.saturating_add(MAX_RETRY_AFTER_EMPTY));
    }

    fn begin(&mut self, now: Now) -> Cause {
        let timed = self.until_due(now) == Some(Duration::ZERO);
        let timed_cause = if timed { Cause::Due } else { Cause::VanishedKid };
        let cause = self.wanted.take().unwrap_or(timed_cause);
        match cause {
            Cause::UnknownKid => self.unknown_kids.spend(now.monotonic),
            Cause::BadSignature => self.signatures.spend(now.monotonic),
            Cause::Due | Cause::Forced | Cause::VanishedKid => {}
        }
        self.vanished.begin(now.monotonic, cause == Cause::VanishedKid);
        // A fetch that was asked for, an early one or a retry begins no new interval, and grants no second early fetch.
        if timed && !self.due_early && self.missed == 0 {
            self.early_spent = false;
        }
        self.begun += 1;
        // A wall clock that reads earlier than a date that has passed is wrong: documents dated by it would look too stale, or
        // older than a seed with withdrawn keys, once it is right again.
        self.flight = Some(Flight { begun: Now { wall: now.wall.max(self.past), ..now }, timed });
        cause
    }

    /// Ends the fetch with documents that replace everything.
    pub fn succeeded(&mut self, success: &Success<'_>) {
        let Some(flight) = self.flight.take() else { return };
        let begun = flight.begun.monotonic;
        let is_newer = self.held.is_none_or(|held| held.age_at(flight.begun) > success.age.saturating_add(SOON));
        self.succeeded = self.begun;
        // All that follows counts from the beginning of the fetch: the provider may have generated its answer just then.
        self.proof = success.proven_age.map(|age| (begun, age));
        (self.failures, self.missed, self.not_before) = (0, 0, Duration::ZERO);
        self.held = Some(Held::from_network(flight.begun, success.age));
        // A later success under a clock that was set back is not dated before this one.
        self.past = self.past.max(flight.begun.wall.checked_sub(success.age).unwrap_or(self.past));
        self.due = (flight.begun, self.next_delay(success.age, is_newer));
        let delay = self.random.draw(CONFIRM_AFTER, 2 * CONFIRM_AFTER);
        self.vanished.update(begun, success, delay);
    }

    /// Returns the delay from a success to the next timed fetch. A cache that revalidates in the background (RFC 5861 section 3)
    /// answers with what the reader before asked for, so that a second fetch soon after brings what is new. That is done once an
    /// interval.
    fn next_delay(&mut self, age: Duration, is_newer: bool) -> Duration {
        let longest = self.policy.refresh_interval;
        let interval = self.random.draw(longest.mul_f64(0.9), longest);
        self.due_early = age > OLD && !self.early_spent;
        if self.due_early {
            self.early_spent = true;
            return self.policy.backoff;
        }
        // A mirror that lags by most of an interval, or whose provider is down, answers a sooner request no better.
        let counts = age <= OLD || is_newer && age <= interval / 2;
        if counts { interval.saturating_sub(age).max(self.policy.backoff.min(interval)) } else { interval }
    }

    /// Ends the fetch with a failure. What is served stays as it is. `retry_after` is what the provider asked for (RFC 9110
    /// section 10.2.3). If the failure `withdraws` what is held, since the provider leaked its keys, the next timed fetch is due
    /// as after a failed timed one.
    pub fn failed(&mut self, now: Now, retry_after: Option<Duration>, withdraws: bool) {
        let Some(flight) = self.flight.take() else { return };
        self.failed = self.begun;
        self.failures = self.failures.saturating_add(1);
        let serves = self.is_serving() && !withdraws;
        if let Some(retry_after) = retry_after {
            self.not_before = now.monotonic.saturating_add(retry_after.min(MAX_RETRY_AFTER));
        }
        if !serves {
            self.limit_retry_after(now);
        }
        // A failure of a fetch that was asked for leaves the timed refresh where it is: tokens of unknown kids could otherwise
        // drive the backoff to its maximum.
        if flight.timed || withdraws {
            self.missed = self.missed.saturating_add(1);
            self.due = (now, self.retry_delay(self.missed, serves));
        }
    }

    /// Draws the delay to the next attempt. While something is served it has full jitter, so that a fleet does not ask a provider
    /// that comes back all at once. While nothing is served the least delay is a quarter of the longest: the first longest
    /// delay is one second then, and the usual least of one second would leave no jitter.
    fn retry_delay(&mut self, failures: u32, serves: bool) -> Duration {
        let longest = self.policy.backoff_after(failures, serves);
        let least = if serves { SOON.min(longest) } else { longest / 4 };
        self.random.draw(least, longest)
    }

    /// Returns the reason why documents that were this old when the fetch began are of no use, if there is one.
    #[must_use]
    pub fn outdated(&self, age: Duration) -> Option<Outdated> {
        if age >= self.policy.max_age {
            return Some(Outdated::MaxAge);
        }
        let held = self.held.zip(self.flight).map(|(held, flight)| held.age_at(flight.begun));
        // Ages are stated in whole seconds, and replicas of a cache may differ by some.
        held.filter(|held| age > held.saturating_add(MINUTE)).map(Outdated::Held)
    }

    /// Answers a question for a key that is not in the set. `ticket` is what the caller got when it first asked. If it `spends`, the
    /// question may ask for a fetch from the budget of unknown kids.
    pub fn ask(&mut self, now: Now, kid: &str, ticket: Option<Ticket>, spends: bool) -> Answer {
        let absence = if spends { self.vanished.ask(kid, now.monotonic) } else { None };
        if absence == Some(Absence::Confirmed) {
            return Answer::Unknown;
        }
        let next = self.begun + u64::from(self.flight.is_none());
        let ticket = ticket.unwrap_or(Ticket { begun: self.begun, asked: now.monotonic, fails_with: next });
        // A fetch that was in flight at the time of the question does not answer it: the provider may have generated its answer
        // before the key was published. Its failure does end the wait (`fails_with`), so that an outage answers soon.
        if self.succeeded > ticket.begun {
            let is_answer = absence.is_none() && self.has_seen(ticket.asked);
            return if is_answer { Answer::Unknown } else { self.undetermined(now, absence) };
        }
        if self.failed >= ticket.fails_with {
            return self.undetermined(now, absence);
        }
        if self.flight.is_some() || self.until_fetch(now) == Some(Duration::ZERO) {
            return Answer::Pending(ticket);
        }
        // A kid that has left has a budget of its own: the tokens of a withdrawn key must not spend that of the next rotation.
        if absence.is_none() && spends && self.cooldown(now).is_zero() {
            self.wanted = Some(Cause::UnknownKid);
            return Answer::Pending(ticket);
        }
        self.undetermined(now, absence)
    }

    /// Returns whether the last success proves that it has seen what was published at this time. Behind a cache, an answer that was
    /// just fetched may have been generated before the question.
    fn has_seen(&self, asked: Duration) -> bool {
        self.proof.is_some_and(|(begun, age)| begun >= asked.saturating_add(age))
    }

    fn undetermined(&self, now: Now, absence: Option<Absence>) -> Answer {
        let left = match absence {
            // A second is added for the fetch itself.
            Some(Absence::Open(at)) => at.max(self.not_before).saturating_sub(now.monotonic).saturating_add(SOON),
            _ => self.cooldown(now),
        };
        Answer::Undetermined { retry_after: left.max(SOON) }
    }

    /// Returns the time until unknown kids may ask for a fetch again.
    fn cooldown(&self, now: Now) -> Duration {
        if !self.policy.fetches || self.unknown_kids.is_none() {
            return self.until_due(now).unwrap_or(self.policy.refresh_interval).max(SOON);
        }
        self.unknown_kids.free_at(now.monotonic).max(self.not_before).saturating_sub(now.monotonic)
    }

    /// Notes that a signature under a kid of the set was bad. Returns whether a fetch is under way because of that, or anyway.
    pub fn report_bad_signature(&mut self, now: Now) -> bool {
        let Some(held) = self.held.filter(|_| self.policy.fetches) else { return false };
        // A fetch that is made anyway answers the report as well, and spends nothing.
        if self.flight.is_some() || self.until_fetch(now) == Some(Duration::ZERO) {
            return true;
        }
        let free_at = self.signatures.free_at(now.monotonic).max(self.not_before);
        if free_at > now.monotonic || held.age_at(now) < SIGNATURE_MIN_AGE {
            return false;
        }
        self.wanted = Some(Cause::BadSignature);
        true
    }

    /// Asks for a fetch outside of the budgets, on behalf of the program. Returns the number of the fetch to wait for: the one
    /// in flight, or the next. None where the policy makes no requests.
    pub fn force(&mut self) -> Option<u64> {
        if !self.policy.fetches {
            return None;
        }
        // The fetch in flight is joined rather than followed by another, so that callers in a loop cannot exceed one at a time.
        if self.flight.is_some() {
            return Some(self.begun);
        }
        // A fetch that an unknown kid has asked for serves as well. It keeps its cause, and so spends its budget.
        self.wanted.get_or_insert(Cause::Forced);
        Some(self.begun + 1)
    }

    fn until_due(&self, now: Now) -> Option<Duration> {
        let (from, delay) = self.due;
        // The wall clock makes a refresh due, and does not shorten a `Retry-After`: one that leaps would
        // send a request to a provider in trouble.
        let left = delay.saturating_sub(now.since(from)).max(self.not_before.saturating_sub(now.monotonic));
        self.policy.fetches.then_some(left)
    }

    /// Returns the time until the next fetch begins, timed or asked for, if none is in flight.
    fn until_fetch(&self, now: Now) -> Option<Duration> {
        if self.wanted.is_some() {
            return Some(Duration::ZERO);
        }
        let vanished = self.vanished.wanted(now.monotonic);
        let left = vanished.map(|at| at.max(self.not_before).saturating_sub(now.monotonic));
        self.until_due(now).into_iter().chain(left).min()
    }

    /// Draws the delay from the start to the first fetch: none unless a young seed is held. A young compiled-in seed is refreshed
    /// within minutes, and not at once, since all instances of a new release start together.
    fn first_delay(&mut self) -> Duration {
        let interval = self.policy.refresh_interval;
        match self.held {
            Some(held) if held.expired || held.age >= interval => Duration::ZERO,
            Some(Held { source: Source::Baked, .. }) => self.random.draw(Duration::ZERO, START_SPREAD.min(interval)),
            Some(held) => self.random.draw(interval.mul_f64(0.9), interval).saturating_sub(held.age),
            None => Duration::ZERO,
        }
    }
}

impl Flight {
    /// Returns the time that the fetch may still take.
    fn left(&self, now: Now) -> Duration {
        FLIGHT_LIMIT.saturating_sub(now.monotonic.saturating_sub(self.begun.monotonic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_by_microseconds_wake_nobody_and_a_suspension_does() {
        let at = |monotonic, wall| Now {
            monotonic: Duration::from_micros(monotonic),
            wall: SystemTime::UNIX_EPOCH + Duration::from_micros(wall),
        };
        let seed = Seed { source: Source::Baked, as_of: SystemTime::UNIX_EPOCH, limit: Limit::SeedMaxAge };
        let mut schedule = Schedule::new(RefreshPolicy::default(), 0, at(0, 0), Some(seed));
        assert!(matches!(schedule.poll(at(0, 0)), Action::Sleep(_)));
        assert!(!schedule.is_behind(at(1_000, 1_020)));
        assert!(schedule.is_behind(at(1_000, 24 * 3_600 * 1_000_000)));
    }
}
