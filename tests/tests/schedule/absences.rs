//! Kids that were served and have left the set.

use std::time::Duration;

use idporten_config::refresh::schedule::{Action, Answer, Cause, Schedule, Success, Ticket};

use crate::fixture::{
    DAY, HOUR, MINUTE, NEW, SECOND, asks, at, before, fetched, next_fetch, pending, policy, retry_after,
};

/// One that held these kids, and whose fetch of the hour lacks them.
fn without(kids: &[String], random: u64) -> Schedule {
    let mut schedule = fetched(policy(), random);
    for success in [Success { kids, ..NEW }, Success { kids_before: kids, ..NEW }] {
        fetches(&mut schedule, HOUR, &success);
    }
    schedule
}

fn retired() -> Schedule {
    without(&["old".to_owned()], 1)
}

/// The program asks for a fetch at this time, and it succeeds.
fn fetches(schedule: &mut Schedule, now: Duration, success: &Success<'_>) {
    schedule.force();
    assert_eq!(schedule.poll(at(now)), Action::Fetch(Cause::Forced));
    schedule.succeeded(success);
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
    assert_eq!(schedule.ask(at(begun), "old", None, true), Answer::Unknown);
    assert!(next_fetch(&schedule, begun) > begun + 20 * HOUR, "and no fetch");
    asks(&mut schedule, begun);
}

#[test]
fn the_confirming_fetch_is_drawn_from_five_to_ten_seconds() {
    let delays: Vec<Duration> =
        (0..100).map(|random| confirms(&mut without(&["old".to_owned()], random), HOUR) - HOUR).collect();
    let (shortest, longest) = (*delays.iter().min().unwrap(), *delays.iter().max().unwrap());
    assert!((5 * SECOND..6 * SECOND).contains(&shortest), "found {shortest:?}");
    assert!((9 * SECOND..=10 * SECOND).contains(&longest), "found {longest:?}");
}

#[test]
fn only_an_answer_that_proves_to_be_later_confirms_an_absence() {
    for (time, proven_age, confirms) in [
        (4 * SECOND, Some(Duration::ZERO), false),
        (MINUTE, Some(56 * SECOND), false),
        (MINUTE, None, false),
        (5 * SECOND, Some(Duration::ZERO), true),
        (MINUTE, Some(55 * SECOND), true),
    ] {
        let mut schedule = retired();
        let ticket = pending_while_fetching(&mut schedule);
        fetches(&mut schedule, HOUR + time, &Success { proven_age, ..NEW });
        for ticket in [None, Some(ticket)] {
            let answer = schedule.ask(at(HOUR + time), "old", ticket, true);
            assert_eq!(answer == Answer::Unknown, confirms, "{time:?} and {proven_age:?}: {answer:?}");
        }
        if confirms {
            let next = next_fetch(&schedule, HOUR + time);
            assert!(next > 20 * HOUR, "the fetch that was asked for is not made: {next:?}");
        }
    }
}

/// A token comes while a fetch is under way, which is too soon to confirm anything.
fn pending_while_fetching(schedule: &mut Schedule) -> Ticket {
    schedule.force();
    schedule.poll(at(HOUR));
    let ticket = pending(schedule.ask(at(HOUR), "old", None, true));
    schedule.succeeded(&NEW);
    ticket
}

#[test]
fn the_confirming_fetch_is_made_despite_one_that_came_too_soon() {
    let mut schedule = retired();
    retry_after(schedule.ask(at(HOUR), "old", None, true));
    fetches(&mut schedule, HOUR + SECOND, &NEW);
    let next = next_fetch(&schedule, HOUR + SECOND);
    assert!((HOUR + 5 * SECOND..=HOUR + 10 * SECOND).contains(&next), "found {next:?}");
    assert_eq!(schedule.poll(at(next)), Action::Fetch(Cause::VanishedKid));
    schedule.failed(at(next), None, false);
    assert!(next_fetch(&schedule, next) > 20 * HOUR, "once, until the next token comes");
}

#[test]
fn a_look_up_that_may_spend_nothing_asks_for_no_confirming_fetch() {
    let mut schedule = retired();
    let due = next_fetch(&schedule, HOUR);
    retry_after(schedule.ask(at(HOUR), "old", None, false));
    assert_eq!(next_fetch(&schedule, HOUR), due);
}

#[test]
fn the_confirming_fetch_obeys_a_retry_after() {
    let mut schedule = retired();
    schedule.force();
    schedule.poll(at(HOUR));
    schedule.failed(at(HOUR), Some(20 * MINUTE), false);
    assert_eq!(retry_after(schedule.ask(at(HOUR), "old", None, true)), 20 * MINUTE + SECOND);
    assert_eq!(next_fetch(&schedule, HOUR), HOUR + 20 * MINUTE);
}

#[test]
fn the_last_128_kids_that_left_are_remembered() {
    let names = |count: usize| (0..count).map(|i| i.to_string()).collect::<Vec<_>>();
    let mut schedule = without(&names(129), 1);
    retry_after(schedule.ask(at(HOUR), "1", None, true));
    pending(schedule.ask(at(HOUR), "0", None, true));
    // Two keys may share a kid, which is one to remember.
    let twice: Vec<String> = names(100).into_iter().flat_map(|name| [name.clone(), name]).collect();
    retry_after(without(&twice, 1).ask(at(HOUR), "0", None, true));
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
            checks.push(second);
        }
    }
    assert_eq!(checks, [300, 600, 900]);
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
            assert!(next_fetch(&schedule, now) > 20 * HOUR, "until the next token comes");
            let left = retry_after(schedule.clone().ask(at(now), "old", None, true));
            assert_eq!(left, MINUTE + SECOND, "and a second for the fetch itself");
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
