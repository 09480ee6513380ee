//! The answers to questions, the fetches that decide them, and documents that arrive old.

use std::time::Duration;

use idporten_config::refresh::schedule::{Action, Answer, Cause, Now, Outdated, Source, Success};

use crate::fixture::{
    DAY, HOUR, MINUTE, NEW, SECOND, asks, at, empty, fetched, next_fetch, pending, policy, retry_after, seeded,
};

#[test]
fn a_question_is_answered_by_a_fetch_that_began_after_it() {
    let mut schedule = fetched(policy(), 1);
    let first = asks(&mut schedule, HOUR);
    // This one comes while the fetch is under way: it may have read the keys before.
    let second = pending(schedule.ask(at(HOUR + SECOND), "new", None, true));
    schedule.succeeded(&NEW);
    assert_eq!(schedule.ask(at(HOUR + SECOND), "new", Some(first), true), Answer::Unknown);
    retry_after(schedule.ask(at(HOUR + SECOND), "new", Some(second), true));
    schedule.force();
    schedule.poll(at(HOUR + 2 * SECOND));
    schedule.succeeded(&NEW);
    assert_eq!(schedule.ask(at(HOUR + 2 * SECOND), "new", Some(second), true), Answer::Unknown);
    // A question of now is not answered by what was fetched before.
    retry_after(schedule.ask(at(HOUR + 2 * SECOND), "new", None, true));
}

#[test]
fn an_old_answer_in_the_first_second_makes_no_kid_unknown() {
    for (asked, age) in [(0, 10), (900, 10), (1_100, 10), (900, 1)] {
        let (asked, age) = (Duration::from_millis(asked), age * SECOND);
        let mut schedule = empty();
        let ticket = pending(schedule.ask(at(asked), "new", None, true));
        assert!(matches!(schedule.poll(at(asked)), Action::Fetch(_)));
        schedule.succeeded(&Success::of_age(age));
        retry_after(schedule.ask(at(asked), "new", Some(ticket), true));
    }
}

#[test]
fn an_answer_that_proves_nothing_makes_no_kid_unknown() {
    let mut schedule = fetched(policy(), 1);
    let ticket = asks(&mut schedule, HOUR);
    schedule.succeeded(&Success { proven_age: None, ..NEW });
    retry_after(schedule.ask(at(HOUR), "new", Some(ticket), true));
    assert_eq!(schedule.proves_freshness(), Some(false));
    schedule.force();
    schedule.poll(at(HOUR));
    schedule.succeeded(&Success::of_age(SECOND));
    assert_eq!(schedule.proves_freshness(), Some(true));
    assert_eq!((fetched(policy(), 1).proves_freshness(), empty().proves_freshness()), (Some(true), None));
}

#[test]
fn what_arrives_old_brings_one_early_refresh_an_interval() {
    let normal = DAY * 9 / 10..=DAY;
    for (old, age, left) in [
        (DAY, Duration::ZERO, normal.clone()),
        (DAY, DAY + 30 * SECOND, normal.clone()),
        (DAY, 6 * HOUR, 15 * HOUR..=18 * HOUR),
        // Newer, and a mirror that lags by most of an interval.
        (DAY, 13 * HOUR, normal.clone()),
        // The same documents, whose age is stated in whole seconds.
        (6 * HOUR, 6 * HOUR + 29 * SECOND, normal.clone()),
    ] {
        let mut schedule = fetched(policy(), 1);
        let due = next_fetch(&schedule, Duration::ZERO);
        schedule.poll(at(due));
        schedule.succeeded(&Success::of_age(old));
        let early = next_fetch(&schedule, due);
        assert_eq!(early, due + 30 * SECOND, "after the first back-off");
        schedule.poll(at(early));
        schedule.succeeded(&Success::of_age(age));
        let next = next_fetch(&schedule, early) - early;
        assert!(left.contains(&next), "of {age:?}: {next:?}");
        schedule.poll(at(early + next));
        schedule.succeeded(&Success::of_age(DAY));
        assert_eq!(next_fetch(&schedule, early + next), early + next + 30 * SECOND, "and again in the next interval");
    }
}

#[test]
fn an_age_of_more_than_a_minute_is_old() {
    let next = |age| {
        let mut schedule = fetched(policy(), 1);
        schedule.force();
        schedule.poll(at(30 * SECOND));
        schedule.succeeded(&Success::of_age(age));
        next_fetch(&schedule, 30 * SECOND) - 30 * SECOND
    };
    assert_eq!(next(61 * SECOND), 30 * SECOND);
    assert_eq!(next(MINUTE), next(Duration::ZERO) - MINUTE, "due earlier by its age");
}

#[test]
fn an_age_up_to_half_the_interval_counts_towards_the_next_refresh() {
    let mut schedule = fetched(policy(), 1);
    for age in [DAY, Duration::ZERO] {
        let due = next_fetch(&schedule, Duration::ZERO);
        schedule.poll(at(due));
        if age == DAY {
            schedule.succeeded(&Success::of_age(age));
        }
    }
    let begun = schedule.fetching_since().unwrap().monotonic;
    let next = |age| {
        let mut schedule = schedule.clone();
        schedule.succeeded(&Success::of_age(age));
        next_fetch(&schedule, begun) - begun
    };
    let interval = next(Duration::ZERO);
    assert_eq!(next(interval / 2), interval - interval / 2);
    assert_eq!(next(interval / 2 + SECOND), interval);
}

#[test]
fn a_retry_after_a_leak_grants_no_second_early_refresh() {
    let mut schedule = fetched(policy(), 1);
    let mut now = Duration::ZERO;
    for _ in 0..2 {
        now = next_fetch(&schedule, now);
        schedule.poll(at(now));
        schedule.succeeded(&Success::of_age(6 * HOUR));
    }
    asks(&mut schedule, now + HOUR);
    schedule.failed(at(now + HOUR), None, true);
    let retry = next_fetch(&schedule, now + HOUR);
    assert!(retry <= now + HOUR + SECOND, "found {retry:?} after {now:?}");
    assert_eq!(schedule.poll(at(retry)), Action::Fetch(Cause::Due));
    schedule.succeeded(&Success::of_age(6 * HOUR));
    assert!(next_fetch(&schedule, retry) > retry + 10 * HOUR, "found {:?}", next_fetch(&schedule, retry));
}

#[test]
fn old_answers_to_unknown_kids_bring_no_more_early_refreshes() {
    let mut schedule = fetched(policy(), 1);
    let mut early = 0;
    for minute in 0..600 {
        let now = HOUR + minute * MINUTE;
        let _ = schedule.ask(at(now), "new", None, true);
        if let Action::Fetch(cause) = schedule.poll(at(now)) {
            early += u32::from(cause == Cause::Due);
            schedule.succeeded(&Success::of_age(6 * HOUR));
        }
    }
    assert!(early <= 1, "{early} early refreshes in ten hours");
}

#[test]
fn a_success_under_a_slow_clock_is_not_too_stale_later() {
    let behind = |time| Now { monotonic: time, wall: at(time).wall - 365 * DAY };
    for age in [Duration::ZERO, HOUR] {
        let mut schedule = seeded(policy(), 1, Source::Stored, age);
        schedule.force();
        schedule.poll(behind(HOUR));
        let begun = schedule.fetching_since().unwrap();
        assert_eq!(begun.wall, at(Duration::ZERO).wall - age, "no earlier than what was stored");
    }
    for age in [Duration::ZERO, 10 * MINUTE] {
        let mut schedule = empty();
        schedule.poll(at(Duration::ZERO));
        schedule.succeeded(&Success::of_age(age));
        schedule.force();
        schedule.poll(behind(HOUR));
        let begun = schedule.fetching_since().unwrap();
        assert_eq!(begun.wall, at(Duration::ZERO).wall - age, "no earlier than what was fetched");
    }
    let mut schedule = seeded(policy(), 1, Source::Stored, HOUR);
    schedule.force();
    schedule.poll(behind(HOUR));
    schedule.succeeded(&NEW);
    schedule.force();
    let right = at(2 * HOUR);
    assert!(matches!(schedule.poll(right), Action::Fetch(_)));
    schedule.failed(right, None, false);
    assert!(matches!(schedule.poll(right), Action::Sleep(_)), "and still served");
}

#[test]
fn a_cached_answer_from_before_the_question_makes_no_kid_unknown() {
    let mut schedule = fetched(policy(), 1);
    let ticket = asks(&mut schedule, HOUR);
    schedule.succeeded(&Success::of_age(50 * MINUTE));
    retry_after(schedule.ask(at(HOUR + SECOND), "new", Some(ticket), true));
}

#[test]
fn a_fetch_that_fails_leaves_everybody_who_waited_for_it_undetermined() {
    let mut schedule = fetched(policy(), 1);
    let waiting = [asks(&mut schedule, HOUR), pending(schedule.ask(at(HOUR + SECOND), "new", None, true))];
    // So late that the budget would allow another fetch.
    let failed = HOUR + 5 * SECOND;
    schedule.failed(at(failed), None, false);
    for ticket in waiting {
        assert_eq!(retry_after(schedule.ask(at(failed), "new", Some(ticket), true)), SECOND);
    }
    assert!(
        schedule.fetching_since().is_none() && next_fetch(&schedule, failed) > 20 * HOUR,
        "no second fetch, no new due time"
    );
}

#[test]
fn who_waits_for_a_refresh_that_is_due_anyway_spends_nothing() {
    let mut schedule = fetched(policy(), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    let ticket = pending(schedule.ask(at(due), "new", None, false));
    assert_eq!(schedule.poll(at(due)), Action::Fetch(Cause::Due));
    schedule.succeeded(&NEW);
    assert_eq!(schedule.ask(at(due), "new", Some(ticket), false), Answer::Unknown);
    let next = next_fetch(&schedule, due);
    assert_eq!(retry_after(schedule.ask(at(due + HOUR), "new", None, false)), SECOND);
    assert_eq!(next_fetch(&schedule, due + HOUR), next, "and asks for none");
}

#[test]
fn a_requested_fetch_is_joined_and_keeps_its_cause() {
    let mut schedule = fetched(policy(), 1);
    pending(schedule.ask(at(HOUR), "new", None, true));
    let number = schedule.force().unwrap();
    assert_eq!(schedule.outcome(number), None);
    assert_eq!(schedule.poll(at(HOUR)), Action::Fetch(Cause::UnknownKid));
    assert_eq!((schedule.number(), schedule.force()), (number, Some(number)));
    schedule.succeeded(&NEW);
    assert_eq!(schedule.outcome(number), Some(true));
    assert!(next_fetch(&schedule, HOUR) > 20 * HOUR, "none follows");
    let next = schedule.force().unwrap();
    schedule.poll(at(HOUR));
    schedule.failed(at(HOUR), None, false);
    assert_eq!([number, next].map(|number| schedule.outcome(number)), [Some(true), Some(false)]);
}

#[test]
fn no_cache_answers_a_fetch_for_a_key() {
    let of_keys = [Cause::UnknownKid, Cause::VanishedKid, Cause::BadSignature].map(Cause::needs_revalidation);
    let others = [Cause::Due, Cause::Forced].map(Cause::needs_revalidation);
    assert_eq!((of_keys, others), ([true; 3], [false; 2]));
}

#[test]
fn a_question_keeps_its_cause_when_the_refresh_becomes_due() {
    let mut schedule = fetched(policy(), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    pending(schedule.ask(at(due - SECOND), "new", None, true));
    assert_eq!(schedule.poll(at(due)), Action::Fetch(Cause::UnknownKid), "a cache must not answer it");
}

#[test]
fn what_was_old_when_it_was_fetched_goes_on_growing_old() {
    let mut schedule = empty();
    schedule.poll(at(Duration::ZERO));
    assert_eq!(schedule.outdated(7 * DAY), Some(Outdated::MaxAge));
    schedule.succeeded(&Success::of_age(3 * DAY));
    assert_eq!(schedule.too_stale_at(at(Duration::ZERO)), Some(at(4 * DAY).wall));
    schedule.force();
    schedule.poll(at(DAY));
    assert_eq!(schedule.outdated(4 * DAY + 61 * SECOND), Some(Outdated::Held(4 * DAY)));
    assert_eq!([4 * DAY + MINUTE, Duration::ZERO].map(|age| schedule.outdated(age)), [None; 2]);
}
