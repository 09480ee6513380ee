//! The timed refreshes and their delays.

use std::time::Duration;

use idporten_config::refresh::RefreshPolicy;
use idporten_config::refresh::schedule::{Action, Cause, Limit, Schedule, Source, Success};

use crate::fixture::{
    COLD, DAY, HOUR, MINUTE, NEW, SECOND, asks, at, before, empty, empty_of, expires, fetched, next_fetch, pending,
    policy, retry_after, seeded,
};

#[test]
fn the_next_refresh_is_drawn_from_the_intervals_last_tenth() {
    let due: Vec<Duration> = (0..1_000).map(|random| next_fetch(&fetched(policy(), random), Duration::ZERO)).collect();
    assert!(due.iter().all(|due| (DAY * 9 / 10..=DAY).contains(due)));
    assert!(due.iter().min() < Some(&(DAY * 91 / 100)) && due.iter().max() > Some(&(DAY * 99 / 100)));
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
        (0..1_000).map(|random| next_fetch(&seeded(policy(), random, Source::Baked, HOUR), Duration::ZERO)).collect();
    assert!(spread.iter().all(|first| *first <= 5 * MINUTE));
    assert!(spread.iter().max() > Some(&(295 * SECOND)) && spread.iter().min() < Some(&(5 * SECOND)));
    assert_eq!(first(Source::Baked, DAY), Duration::ZERO);
    assert_eq!(first(Source::Stored, DAY), Duration::ZERO);
    let kept = first(Source::Stored, 20 * HOUR);
    assert!((HOUR..=4 * HOUR).contains(&kept), "what was stored keeps its due time: {kept:?}");
    assert_eq!(next_fetch(&empty(), Duration::ZERO), Duration::ZERO);
}

#[test]
fn the_shortest_interval_is_kept_whatever_the_answers_age() {
    let minute = || policy().with_refresh_interval(MINUTE);
    let first: Vec<Duration> =
        (0..100).map(|random| next_fetch(&seeded(minute(), random, Source::Baked, SECOND), Duration::ZERO)).collect();
    assert!(first.iter().all(|first| *first <= MINUTE), "{first:?}");
    let next = |backoff, random, age| {
        let mut schedule = Schedule::new(minute().with_backoff(backoff, backoff), random, at(Duration::ZERO), None);
        schedule.poll(at(Duration::ZERO));
        schedule.succeeded(&Success::of_age(age));
        next_fetch(&schedule, Duration::ZERO)
    };
    assert_eq!(next(30 * SECOND, 1, MINUTE), 30 * SECOND, "never immediately");
    assert!((0..100).all(|random| next(MINUTE, random, Duration::ZERO) < MINUTE), "and still spread out");
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
            now = next_fetch(&schedule, now);
            assert!(now >= DAY * 9 / 10, "a success ends them");
            schedule.poll(at(now));
            schedule.failed(at(now), None, false);
            assert!(next_fetch(&schedule, now) <= now + 30 * SECOND, "and the next is the first");
        }
        for ((delays, least), limit) in delays.iter().zip(least).zip(limits) {
            let (least, limit) = (Duration::from_millis(least), Duration::from_secs(limit));
            let (shortest, longest) = (*delays.iter().min().unwrap(), *delays.iter().max().unwrap());
            assert!((least..=least + limit / 20).contains(&shortest), "{shortest:?} of {least:?} to {limit:?}");
            assert!((limit * 9 / 10..=limit).contains(&longest), "{longest:?} of {limit:?}");
        }
    }
}

#[test]
fn a_backoff_below_a_second_is_obeyed() {
    let tenth = SECOND / 10;
    let mut schedule = fetched(policy().with_backoff(tenth, tenth), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    schedule.poll(at(due));
    schedule.failed(at(due), None, false);
    assert_eq!(next_fetch(&schedule, due), due + tenth);
}

#[test]
fn a_leak_is_followed_by_attempts_as_if_nothing_were_served() {
    let mut schedule = fetched(policy(), 1);
    asks(&mut schedule, HOUR);
    schedule.failed(at(HOUR), Some(DAY), true);
    assert_eq!(next_fetch(&schedule, HOUR), HOUR + MINUTE);
    let mut schedule = fetched(policy(), 1);
    let mut now = HOUR;
    for limit in [1, 2, 4] {
        schedule.force();
        schedule.poll(at(now));
        schedule.failed(at(now), None, true);
        let next = next_fetch(&schedule, now);
        assert!((now + limit * SECOND / 4..=now + limit * SECOND).contains(&next), "{limit} s: {:?}", next - now);
        now = next;
    }
}

#[test]
fn a_leak_shortens_an_earlier_retry_after() {
    let mut schedule = fetched(policy(), 1);
    asks(&mut schedule, HOUR);
    schedule.failed(at(HOUR), Some(HOUR), false);
    schedule.force();
    schedule.poll(at(HOUR));
    schedule.failed(at(HOUR), None, true);
    assert_eq!(next_fetch(&schedule, HOUR), HOUR + MINUTE);
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
fn the_last_answer_decides_until_when_a_retry_after_holds() {
    let mut schedule = fetched(policy(), 1);
    for (asked, obeyed) in [(20 * MINUTE, 20 * MINUTE), (MINUTE, MINUTE)] {
        schedule.force();
        schedule.poll(at(HOUR));
        schedule.failed(at(HOUR), Some(asked), false);
        assert_eq!(retry_after(schedule.ask(at(HOUR), "new", None, true)), obeyed);
    }
    schedule.force();
    schedule.poll(at(HOUR));
    schedule.succeeded(&NEW);
    asks(&mut schedule, HOUR);
}

#[test]
fn a_requested_fetch_is_immediate_and_its_failure_delays_nothing() {
    let mut schedule = fetched(policy(), 1);
    pending(schedule.ask(at(HOUR), "new", None, true));
    assert_eq!(schedule.next_wake(at(HOUR)), HOUR);
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
    assert_eq!(schedule.next_attempt(at(before(MINUTE))), None, "one is under way");
    assert_eq!(schedule.poll(at(MINUTE)), Action::GiveUp);
    schedule.failed(at(MINUTE), None, false);
    assert!(next_fetch(&schedule, MINUTE) <= MINUTE + SECOND);
}

#[test]
fn a_policy_that_makes_no_request_makes_none_whatever_is_asked() {
    let mut schedule = seeded(RefreshPolicy::never(), 1, Source::Baked, 30 * DAY);
    assert_eq!(retry_after(schedule.ask(at(HOUR), "new", None, true)), DAY, "the interval, not a second");
    assert!(!schedule.report_bad_signature(at(HOUR)));
    assert_eq!(schedule.force(), None);
    assert_eq!(expires(&mut schedule, None), (60 * DAY, Limit::SeedMaxAge));
    assert_eq!((schedule.number(), schedule.next_attempt(at(60 * DAY))), (0, None), "no fetch has begun");
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
