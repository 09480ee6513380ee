//! What may be served, until when, and what the status says of it.

use std::time::Duration;

use idporten_config::refresh::RefreshPolicy;
use idporten_config::refresh::schedule::{Action, Cause, Health, Limit, Now, Schedule, Seed, Source, Success};

use crate::fixture::{
    DAY, HOUR, MINUTE, NEW, SECOND, asks, at, before, empty, expires, fetched, next_fetch, policy, seeded,
};

#[test]
fn a_seed_less_than_a_day_ahead_counts_as_of_now() {
    let start = at(Duration::ZERO);
    let seed = |ahead| Seed { source: Source::Baked, as_of: start.wall + ahead, limit: Limit::SeedMaxAge };
    let mut schedule = Schedule::new(policy(), 1, start, Some(seed(DAY)));
    assert_eq!(schedule.expired(), None);
    assert_eq!(schedule.too_stale_at(start), Some(start.wall + 90 * DAY));
    schedule.force();
    schedule.poll(start);
    assert_eq!(schedule.fetching_since(), Some(start), "and makes no success one of the future");
    let never = Schedule::new(policy().with_seed_max_age(Duration::ZERO), 1, start, Some(seed(HOUR)));
    assert_eq!(never.expired(), Some(Limit::SeedMaxAge));
    let schedule = Schedule::new(policy(), 1, start, Some(seed(DAY + SECOND)));
    assert_eq!(schedule.expired(), Some(Limit::SeedMaxAge));
    assert_eq!(next_fetch(&schedule, Duration::ZERO), Duration::ZERO);
}

#[test]
fn a_seed_beyond_its_limit_is_not_served_from_the_start() {
    for (policy, age) in [(policy(), 90 * DAY), (policy().with_seed_max_age(Duration::ZERO), Duration::ZERO)] {
        let schedule = seeded(policy, 1, Source::Baked, age);
        assert_eq!(schedule.expired(), Some(Limit::SeedMaxAge));
        assert_eq!(schedule.health(at(Duration::ZERO)), Health::Failing);
        assert_eq!(next_fetch(&schedule, Duration::ZERO), Duration::ZERO);
    }
    assert_eq!(seeded(policy(), 1, Source::Baked, before(90 * DAY)).expired(), None);
    assert_eq!(seeded(policy(), 1, Source::Stored, 7 * DAY).expired(), Some(Limit::MaxAge));
}

#[test]
fn serving_ends_in_time_while_a_fetch_is_under_way() {
    let mut schedule = fetched(policy(), 1);
    assert_eq!(schedule.poll(at(before(7 * DAY))), Action::Fetch(Cause::Due));
    assert_eq!(schedule.poll(at(before(7 * DAY))), Action::Sleep(7 * DAY));
    assert_eq!(schedule.poll(at(7 * DAY)), Action::Expire(Limit::MaxAge));
}

#[test]
fn an_expiry_before_any_failure_postpones_no_refresh() {
    for random in 0..3_000 {
        let start = |limit| seeded(policy().with_seed_max_age(limit), random, Source::Baked, HOUR);
        let due = next_fetch(&start(DAY), Duration::ZERO);
        let end = 150 * SECOND;
        if due > end {
            let next = next_fetch(&start(HOUR + end), Duration::ZERO);
            assert!((end..=due.min(end + SECOND)).contains(&next), "{next:?}, due at {due:?}");
        }
    }
}

#[test]
fn an_expiry_continues_the_doubling_of_the_delays() {
    let next = |random| {
        let mut schedule = fetched(policy(), random);
        let (expired, _) = expires(&mut schedule, None);
        next_fetch(&schedule, expired) - expired
    };
    let longest = (0..30).map(next).max();
    assert!((Some(20 * SECOND)..=Some(30 * SECOND)).contains(&longest), "found {longest:?}");
}

#[test]
fn an_expiry_brings_the_next_attempt_within_half_a_minute() {
    let mut schedule = fetched(policy().with_backoff(HOUR, HOUR), 1);
    let (expired, limit) = expires(&mut schedule, Some(HOUR));
    assert_eq!((expired, limit), (7 * DAY, Limit::MaxAge));
    let next = next_fetch(&schedule, expired).saturating_sub(expired);
    assert!(next <= MINUTE, "`Retry-After` is obeyed for a minute now, found {next:?}");
}

#[test]
fn a_suspended_machine_refreshes_when_it_wakes() {
    let mut schedule = fetched(policy(), 1);
    let asleep = Now { monotonic: MINUTE, wall: at(2 * DAY).wall };
    assert_eq!(schedule.poll(asleep), Action::Fetch(Cause::Due));
}

#[test]
fn the_time_suspended_counts_at_once_where_no_refresh_is_made() {
    let mut schedule = seeded(RefreshPolicy::never(), 1, Source::Baked, 80 * DAY);
    let awake = |time| Now { monotonic: MINUTE, wall: at(time).wall };
    assert!(matches!(schedule.poll(awake(before(10 * DAY))), Action::Sleep(_)));
    assert_eq!(schedule.poll(awake(10 * DAY)), Action::Expire(Limit::SeedMaxAge));
}

#[test]
fn a_wall_clock_that_goes_back_changes_nothing() {
    let mut schedule = fetched(policy(), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    let back = |time| Now { monotonic: time, wall: at(Duration::ZERO).wall - 300 * DAY };
    assert!(matches!(schedule.poll(back(before(due))), Action::Sleep(_)));
    assert_eq!(schedule.poll(back(due)), Action::Fetch(Cause::Due));
    schedule.failed(back(due), None, false);
    assert!(matches!(schedule.clone().poll(back(before(7 * DAY))), Action::Fetch(_)));
    assert_eq!(schedule.poll(back(7 * DAY)), Action::Expire(Limit::MaxAge));
}

#[test]
fn a_wall_clock_leap_expires_nothing_until_a_refresh_fails() {
    let mut schedule = fetched(policy(), 1);
    asks(&mut schedule, MINUTE);
    schedule.failed(at(MINUTE), None, false);
    let ahead = Now { monotonic: MINUTE, wall: at(8 * DAY).wall };
    assert_eq!(schedule.too_stale_at(ahead), Some(ahead.wall + 7 * DAY - MINUTE));
    assert_eq!(schedule.poll(ahead), Action::Fetch(Cause::Due), "it is due, and served meanwhile");
    assert!(matches!(schedule.poll(ahead), Action::Sleep(_)));
    let mut healed = schedule.clone();
    schedule.failed(ahead, None, false);
    assert_eq!(schedule.poll(ahead), Action::Expire(Limit::MaxAge));
    healed.succeeded(&NEW);
    assert!(matches!(healed.poll(ahead), Action::Sleep(_)));
}

#[test]
fn health_follows_the_age_of_what_is_served() {
    let fetched = fetched(policy(), 1);
    let of = |schedule: &Schedule, time| schedule.health(at(time));
    assert_eq!(of(&fetched, before(2 * DAY)), Health::Ok);
    assert_eq!(of(&fetched, 2 * DAY), Health::Degraded);
    let short = self::fetched(policy().with_seed_max_age(DAY), 1);
    assert_eq!(of(&short, DAY * 9 / 10), Health::Ok, "the limit of seeds is that of seeds alone");
    let stored = |age| seeded(policy(), 1, Source::Stored, age);
    assert_eq!([before(2 * DAY), 2 * DAY].map(|age| of(&stored(age), Duration::ZERO)), [Health::Ok, Health::Degraded]);
    let baked = |policy, age| seeded(policy, 1, Source::Baked, age);
    assert_eq!(of(&baked(policy(), before(72 * DAY)), Duration::ZERO), Health::Ok);
    assert_eq!(of(&baked(policy(), 72 * DAY), Duration::ZERO), Health::Degraded, "80 % of what a seed may be");
    assert_eq!(of(&baked(policy(), HOUR), 2 * DAY), Health::Degraded, "two intervals without a success");
    assert_eq!(of(&baked(RefreshPolicy::never(), HOUR), 2 * DAY), Health::Ok, "none is expected");
    assert_eq!(of(&empty(), Duration::ZERO), Health::Failing);
}

#[test]
fn the_status_is_that_of_what_is_held() {
    let mut schedule = seeded(policy(), 1, Source::Stored, HOUR);
    assert_eq!((schedule.source(), schedule.age(at(HOUR))), (Some(Source::Stored), Some(2 * HOUR)));
    let due = next_fetch(&schedule, Duration::ZERO);
    assert_eq!(schedule.next_attempt(at(HOUR)), Some(at(due).wall));
    for failures in [1, 2] {
        schedule.force();
        schedule.poll(at(HOUR));
        schedule.failed(at(HOUR), None, false);
        assert_eq!(schedule.consecutive_failures(), failures);
    }
    schedule.force();
    schedule.poll(at(HOUR));
    schedule.succeeded(&Success::of_age(MINUTE));
    assert_eq!((schedule.source(), schedule.age(at(2 * HOUR))), (Some(Source::Network), Some(HOUR + MINUTE)));
    assert_eq!((empty().source(), empty().age(at(HOUR))), (None, None));
}

#[test]
fn the_schedule_wakes_when_the_health_changes() {
    let sleeps_until = |schedule: &mut Schedule, now| match schedule.poll(at(now)) {
        Action::Sleep(until) => until,
        other => panic!("a sleep, found {other:?}"),
    };
    let mut seed = seeded(RefreshPolicy::never(), 1, Source::Baked, 30 * DAY);
    assert_eq!(sleeps_until(&mut seed, Duration::ZERO), 42 * DAY, "80 % of what a seed may be");
    assert_eq!(sleeps_until(&mut seed, 42 * DAY), 60 * DAY, "and then its end");
    let mut late = fetched(policy(), 1);
    let now = 2 * DAY - 30 * SECOND;
    assert_eq!(late.poll(at(now)), Action::Fetch(Cause::Due));
    assert_eq!(sleeps_until(&mut late, now), 2 * DAY, "two intervals without a success, while a fetch is under way");
}
