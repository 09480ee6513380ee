//! The timed refreshes, their delays, and what may be served.

use std::time::Duration;

use idporten_config::refresh::RefreshPolicy;
use idporten_config::refresh::schedule::{Action, Cause, Health, Limit, Now, Schedule, Seed, Source};

use crate::fixture::{
    COLD, DAY, HOUR, MINUTE, NEW, SECOND, asks, at, before, empty, empty_of, fetched, next_fetch, pending, policy,
    retry_after, seeded,
};

#[test]
fn the_next_refresh_is_drawn_from_the_intervals_last_tenth() {
    let due: Vec<Duration> = (0..1_000).map(|random| next_fetch(&fetched(policy(), random), Duration::ZERO)).collect();
    assert!(due.iter().all(|due| (DAY * 9 / 10..=DAY).contains(due)));
    // Over a span of 144 minutes, no minute is the meeting place of many.
    let busiest = (0..144).map(|minute| {
        let start = DAY * 9 / 10 + minute * MINUTE;
        due.iter().filter(|due| (start..start + MINUTE).contains(due)).count()
    });
    assert!(busiest.max() < Some(25));
}

#[test]
fn a_young_seed_is_refreshed_soon_and_an_old_one_immediately() {
    let first = |source, age| next_fetch(&seeded(policy(), 9, source, age), Duration::ZERO);
    let spread: Vec<_> =
        (0..100).map(|random| next_fetch(&seeded(policy(), random, Source::Baked, HOUR), Duration::ZERO)).collect();
    assert!(spread.iter().all(|first| *first <= 5 * MINUTE));
    assert!(spread.iter().max() > Some(&(4 * MINUTE)) && spread.iter().min() < Some(&MINUTE));
    assert_eq!(first(Source::Baked, DAY), Duration::ZERO);
    assert_eq!(first(Source::Stored, DAY), Duration::ZERO);
    let kept = first(Source::Stored, 20 * HOUR);
    assert!((HOUR..=4 * HOUR).contains(&kept), "what was stored keeps its due time: {kept:?}");
    assert_eq!(next_fetch(&empty(), Duration::ZERO), Duration::ZERO);
}

#[test]
fn a_seed_less_than_a_day_ahead_counts_as_of_now() {
    let start = at(Duration::ZERO);
    let seed = |ahead| Seed { source: Source::Baked, as_of: start.wall + ahead, limit: Limit::SeedMaxAge };
    let schedule = Schedule::new(policy(), 1, start, Some(seed(DAY)));
    assert_eq!(schedule.expired(), None);
    assert_eq!(schedule.too_stale_at(start), Some(start.wall + 90 * DAY));
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
fn failures_are_followed_by_delays_that_grow_to_a_limit() {
    for (serves, least, limits) in
        [(true, [1_000; 8], [30, 60, 120, 240, 480, 900, 900, 900]), (false, COLD, [1, 2, 4, 8, 16, 30, 30, 30])]
    {
        let mut delays = [(); 8].map(|()| Vec::new());
        for random in 0..300 {
            let mut schedule = if serves { fetched(policy(), random) } else { empty_of(random) };
            let mut now = next_fetch(&schedule, Duration::ZERO);
            for delays in &mut delays {
                assert_eq!(schedule.poll(at(now)), Action::Fetch(Cause::Due));
                schedule.failed(at(now), None, false);
                let next = next_fetch(&schedule, now);
                delays.push(next.saturating_sub(now));
                now = next;
            }
            schedule.poll(at(now));
            schedule.succeeded(&NEW);
            assert_eq!(schedule.consecutive_failures(), 0);
            assert!(next_fetch(&schedule, now) >= now + DAY * 9 / 10, "a success ends them");
        }
        for ((delays, least), limit) in delays.iter().zip(least).zip(limits) {
            let (least, limit) = (Duration::from_millis(least), Duration::from_secs(limit));
            let (shortest, longest) = (*delays.iter().min().unwrap(), *delays.iter().max().unwrap());
            assert!((least..=least.max(limit / 3)).contains(&shortest), "{shortest:?} of {least:?} to {limit:?}");
            assert!((limit * 9 / 10..=limit).contains(&longest), "{longest:?} of {limit:?}");
        }
    }
}

#[test]
fn an_expiry_brings_the_next_attempt_within_half_a_minute() {
    let mut schedule = fetched(policy().with_backoff(HOUR, HOUR), 1);
    let mut now = Duration::ZERO;
    let expired = loop {
        match schedule.poll(at(now)) {
            Action::Fetch(_) => schedule.failed(at(now), Some(HOUR), false),
            Action::Expire(_) => break now,
            Action::Sleep(until) => now = until,
            Action::GiveUp => panic!("no fetch hangs"),
        }
    };
    assert_eq!(expired, 7 * DAY);
    let next = next_fetch(&schedule, expired).saturating_sub(expired);
    assert!(next <= MINUTE, "`Retry-After` is obeyed for a minute now, found {next:?}");
}

#[test]
fn a_retry_after_is_obeyed_for_at_most_an_hour() {
    for (asked, obeyed) in [(MINUTE * 20, MINUTE * 20), (DAY, HOUR)] {
        let mut schedule = fetched(policy(), 1);
        asks(&mut schedule, HOUR);
        schedule.failed(at(HOUR), Some(asked), false);
        assert_eq!(retry_after(schedule.ask(at(HOUR), "new", None, true)), obeyed, "unknown kids obey");
        assert!(!schedule.report_bad_signature(at(HOUR)), "bad signatures obey");
        asks(&mut schedule, HOUR + obeyed);

        let mut schedule = fetched(policy(), 1);
        let due = next_fetch(&schedule, Duration::ZERO);
        schedule.poll(at(due));
        schedule.failed(at(due), Some(asked), false);
        assert_eq!(next_fetch(&schedule, due), due + obeyed, "timed refreshes obey");
    }
    let mut schedule = empty();
    schedule.poll(at(Duration::ZERO));
    schedule.failed(at(Duration::ZERO), Some(DAY), false);
    assert_eq!(next_fetch(&schedule, Duration::ZERO), MINUTE, "a minute while nothing is served");
}

#[test]
fn a_requested_fetch_is_immediate_and_its_failure_delays_nothing() {
    let mut schedule = fetched(policy(), 1);
    pending(schedule.ask(at(HOUR), "new", None, true));
    assert_eq!(schedule.wake(at(HOUR)), HOUR);
    for i in 0..8 {
        schedule.force();
        schedule.poll(at(HOUR + i * SECOND));
        schedule.failed(at(HOUR + i * SECOND), None, false);
    }
    let due = next_fetch(&schedule, HOUR);
    schedule.poll(at(due));
    schedule.failed(at(due), None, false);
    assert!(next_fetch(&schedule, due) <= due + 30 * SECOND, "the first timed failure is the first");
}

#[test]
fn a_fetch_that_hangs_is_given_up_after_a_minute() {
    let mut schedule = empty();
    schedule.poll(at(Duration::ZERO));
    assert_eq!(schedule.poll(at(before(MINUTE))), Action::Sleep(MINUTE));
    assert_eq!(schedule.poll(at(MINUTE)), Action::GiveUp);
    schedule.failed(at(MINUTE), None, false);
    assert!(next_fetch(&schedule, MINUTE) <= MINUTE + SECOND);
}

#[test]
fn a_policy_that_makes_no_request_makes_none_whatever_is_asked() {
    let mut schedule = seeded(RefreshPolicy::never(), 1, Source::Baked, 30 * DAY);
    retry_after(schedule.ask(at(HOUR), "new", None, true));
    assert!(!schedule.report_bad_signature(at(HOUR)));
    assert_eq!(schedule.force(), None);
    let mut now = Duration::ZERO;
    let expired = loop {
        match schedule.poll(at(now)) {
            action @ (Action::Fetch(_) | Action::GiveUp) => panic!("{action:?}"),
            Action::Expire(limit) => break limit,
            Action::Sleep(until) => now = until,
        }
    };
    assert_eq!((expired, now), (Limit::SeedMaxAge, 60 * DAY));
    assert_eq!(schedule.next_attempt(at(now)), None);
}

#[test]
fn a_suspended_machine_refreshes_when_it_wakes() {
    let mut schedule = fetched(policy(), 1);
    let asleep = Now { monotonic: MINUTE, wall: at(2 * DAY).wall };
    assert_eq!(schedule.poll(asleep), Action::Fetch(Cause::Due));
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
    let ahead = Now { monotonic: MINUTE, wall: at(8 * DAY).wall };
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
    let baked = |policy, age| seeded(policy, 1, Source::Baked, age);
    assert_eq!(of(&baked(policy(), before(72 * DAY)), Duration::ZERO), Health::Ok);
    assert_eq!(of(&baked(policy(), 72 * DAY), Duration::ZERO), Health::Degraded, "80 % of what a seed may be");
    assert_eq!(of(&baked(policy(), HOUR), 2 * DAY), Health::Degraded, "two intervals without a success");
    assert_eq!(of(&baked(RefreshPolicy::never(), HOUR), 2 * DAY), Health::Ok, "none is expected");
    assert_eq!(of(&empty(), Duration::ZERO), Health::Failing);
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

#[test]
fn a_failed_requested_fetch_does_not_move_the_timed_refresh() {
    let mut schedule = fetched(policy(), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    asks(&mut schedule, HOUR);
    schedule.failed(at(HOUR), None, false);
    assert_eq!(next_fetch(&schedule, HOUR), due);
    schedule.force();
    schedule.poll(at(2 * HOUR));
    schedule.succeeded(&NEW);
    assert!(next_fetch(&schedule, 2 * HOUR) >= 2 * HOUR + DAY * 9 / 10, "and a success moves it");
}
