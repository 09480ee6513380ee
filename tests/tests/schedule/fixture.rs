//! The schedules that the tables begin with, and what they ask of them.

use std::time::{Duration, SystemTime};

use idporten_config::refresh::RefreshPolicy;
use idporten_config::refresh::schedule::{Action, Answer, Cause, Limit, Now, Schedule, Seed, Source, Success, Ticket};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// More steps than any of these stories takes: one that ends in a loop fails instead.
const MANY_STEPS: usize = 10_000;

/// The least delays in milliseconds while nothing is served.
pub(crate) const COLD: [u64; 8] = [250, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500];

/// A success with documents of now, which hold no kid.
pub(crate) const NEW: Success<'_> =
    Success { age: Duration::ZERO, proven_age: Some(Duration::ZERO), kids_before: &[], kids: &[] };

/// So long after the start, by both clocks.
pub(crate) fn at(time: Duration) -> Now {
    Now { monotonic: time, wall: SystemTime::UNIX_EPOCH + 1_000 * DAY + time }
}

/// A second before.
pub(crate) fn before(time: Duration) -> Duration {
    time.saturating_sub(SECOND)
}

pub(crate) fn policy() -> RefreshPolicy {
    RefreshPolicy::default()
}

/// One that has nothing at the start.
pub(crate) fn empty() -> Schedule {
    Schedule::new(policy(), 1, at(Duration::ZERO), None)
}

pub(crate) fn empty_of(random: u64) -> Schedule {
    Schedule::new(policy(), random, at(Duration::ZERO), None)
}

pub(crate) fn seeded(policy: RefreshPolicy, random: u64, source: Source, age: Duration) -> Schedule {
    let limit = if source == Source::Baked { Limit::SeedMaxAge } else { Limit::MaxAge };
    let start = at(Duration::ZERO);
    Schedule::new(policy, random, start, Some(Seed { source, as_of: start.wall - age, limit }))
}

/// One that has just fetched.
pub(crate) fn fetched(policy: RefreshPolicy, random: u64) -> Schedule {
    let mut schedule = Schedule::new(policy, random, at(Duration::ZERO), None);
    assert_eq!(schedule.poll(at(Duration::ZERO)), Action::Fetch(Cause::Due));
    schedule.succeeded(&NEW);
    schedule
}

/// Returns the time at which the next fetch begins, if nothing else happens.
pub(crate) fn next_fetch(schedule: &Schedule, from: Duration) -> Duration {
    let mut schedule = schedule.clone();
    let mut now = from;
    for _ in 0..MANY_STEPS {
        match schedule.poll(at(now)) {
            Action::Fetch(_) => return now,
            Action::GiveUp => schedule.failed(at(now), None, false),
            Action::Expire(_) => {}
            Action::Sleep(until) => now = until,
        }
    }
    panic!("no fetch begins");
}

/// Returns the time and the limit at which serving ends if every fetch fails, with this `Retry-After`.
pub(crate) fn expires(schedule: &mut Schedule, retry_after: Option<Duration>) -> (Duration, Limit) {
    let mut now = Duration::ZERO;
    for _ in 0..MANY_STEPS {
        match schedule.poll(at(now)) {
            Action::Fetch(_) => schedule.failed(at(now), retry_after, false),
            Action::Expire(limit) => return (now, limit),
            Action::Sleep(until) => now = until,
            Action::GiveUp => panic!("no fetch hangs"),
        }
    }
    panic!("serving never ends");
}

pub(crate) fn pending(answer: Answer) -> Ticket {
    match answer {
        Answer::Pending(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn retry_after(answer: Answer) -> Duration {
    match answer {
        Answer::Undetermined { retry_after } => retry_after,
        other => panic!("{other:?}"),
    }
}

/// A fetch for an unknown kid begins.
pub(crate) fn asks(schedule: &mut Schedule, now: Duration) -> Ticket {
    let ticket = pending(schedule.ask(at(now), "new", None, true));
    assert_eq!(schedule.poll(at(now)), Action::Fetch(Cause::UnknownKid));
    ticket
}
