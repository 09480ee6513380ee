//! Kids that were served and have left the set.

use std::time::Duration;

use idporten_config::refresh::schedule::{Action, Answer, Cause, Schedule, Success};

use crate::fixture::{
    DAY, HOUR, MINUTE, NEW, SECOND, asks, at, before, fetched, next_fetch, pending, policy, retry_after,
};

/// One that held the kid, and whose fetch of the hour lacks it.
fn retired() -> Schedule {
    let mut schedule = fetched(policy(), 1);
    let kids = ["old".to_owned()];
    for success in [Success { kids: &kids, ..NEW }, Success { kids_before: &kids, ..NEW }] {
        schedule.force();
        assert_eq!(schedule.poll(at(HOUR)), Action::Fetch(Cause::Forced));
        schedule.succeeded(&success);
    }
    schedule
}

/// Returns the time of the fetch that a token of the kid asks for at this time. It succeeds, and lacks the kid too.
fn confirms(schedule: &mut Schedule, asked: Duration) -> Duration {
    let left = retry_after(schedule.ask(at(asked), "old", None, true));
    let begun = next_fetch(schedule, asked);
    assert_eq!(left, begun - asked + SECOND);
    assert_eq!(schedule.poll(at(begun)), Action::Fetch(Cause::VanishedKid));
    schedule.succeeded(&NEW);
    begun
}

#[test]
fn a_vanished_kid_is_undetermined_until_a_later_answer_confirms_it() {
    let mut schedule = retired();
    let begun = confirms(&mut schedule, HOUR);
    assert!((HOUR + 5 * SECOND..=HOUR + 10 * SECOND).contains(&begun), "{begun:?}");
    assert_eq!(schedule.ask(at(begun), "old", None, true), Answer::Unknown);
    assert!(next_fetch(&schedule, begun) > begun + 20 * HOUR, "and no fetch");
    asks(&mut schedule, begun);
}

#[test]
fn an_answer_too_soon_or_too_old_confirms_no_absence() {
    for (time, age) in [(4 * SECOND, Duration::ZERO), (MINUTE, 56 * SECOND)] {
        let mut schedule = retired();
        schedule.force();
        schedule.poll(at(HOUR + time));
        schedule.succeeded(&Success::of_age(age));
        let answer = schedule.ask(at(HOUR + time), "old", None, true);
        assert!(!matches!(answer, Answer::Unknown), "found {answer:?}");
    }
}

#[test]
fn a_kid_that_comes_back_is_forgotten() {
    let mut schedule = retired();
    let back = ["old".to_owned()];
    for success in [Success { kids: &back, ..NEW }, Success { kids_before: &back, ..NEW }] {
        schedule.force();
        schedule.poll(at(HOUR + MINUTE));
        schedule.succeeded(&success);
    }
    let begun = confirms(&mut schedule, HOUR + MINUTE);
    assert!(begun >= HOUR + 65 * SECOND, "the absence counts from the last time: {begun:?}");
}

#[test]
fn a_vanished_kid_in_use_is_checked_every_five_minutes() {
    let mut schedule = retired();
    let begun = confirms(&mut schedule, HOUR);
    let mut checks = Vec::new();
    for second in 0..(16 * 60) {
        let now = begun + second * SECOND;
        assert_eq!(schedule.ask(at(now), "old", None, true), Answer::Unknown);
        if let Action::Fetch(cause) = schedule.poll(at(now)) {
            assert_eq!(cause, Cause::VanishedKid);
            schedule.succeeded(&NEW);
            checks.push(second / 60);
        }
    }
    assert_eq!(checks, [5, 10, 15]);
    assert!(next_fetch(&schedule, begun + 16 * MINUTE) > begun + 20 * HOUR, "nobody asks, and there is no fetch");
}

#[test]
fn kids_that_left_have_one_fetch_a_minute_together() {
    let mut schedule = retired();
    let mut fetches = Vec::new();
    let mut now = HOUR;
    while now < HOUR + 10 * MINUTE {
        let _ = schedule.ask(at(now), "old", None, true);
        if matches!(schedule.poll(at(now)), Action::Fetch(_)) {
            schedule.failed(at(now), None, false);
            fetches.push(now);
        }
        now += SECOND / 2;
    }
    assert_eq!(fetches.len(), 10, "{fetches:?}");
    assert!(fetches.windows(2).all(|two| two[1] - two[0] >= MINUTE), "{fetches:?}");
}

#[test]
fn a_kid_that_left_is_an_unknown_one_after_a_day() {
    let mut schedule = retired();
    confirms(&mut schedule, HOUR);
    let next_day = HOUR + DAY;
    let due = next_fetch(&schedule, HOUR + MINUTE);
    schedule.poll(at(due));
    schedule.succeeded(&NEW);
    assert_eq!(schedule.ask(at(before(next_day)), "old", None, true), Answer::Unknown);
    schedule.poll(at(before(next_day)));
    schedule.succeeded(&NEW);
    pending(schedule.ask(at(next_day), "old", None, true));
    assert_eq!(schedule.poll(at(next_day)), Action::Fetch(Cause::UnknownKid));
}
