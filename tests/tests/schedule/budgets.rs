//! The number and the times of fetches, by reason.

use std::time::Duration;

use idporten_config::refresh::RefreshPolicy;
use idporten_config::refresh::schedule::{Action, Cause};

use crate::fixture::{HOUR, MINUTE, NEW, SECOND, asks, at, before, fetched, next_fetch, pending, policy, retry_after};

/// Returns the times of the fetches for unknown kids, from the hour on, if one comes each tenth of a second for this long.
fn flood(policy: RefreshPolicy, time: Duration) -> Vec<Duration> {
    let mut schedule = fetched(policy, 1);
    let mut fetches = Vec::new();
    let mut passed = Duration::ZERO;
    while passed < time {
        let _ = schedule.ask(at(HOUR + passed), "new", None, true);
        if schedule.poll(at(HOUR + passed)) == Action::Fetch(Cause::UnknownKid) {
            fetches.push(passed);
            if fetches.len() % 2 == 0 {
                schedule.failed(at(HOUR + passed), None, false);
            } else {
                schedule.succeeded(&NEW);
            }
        }
        passed += SECOND / 10;
    }
    fetches
}

#[test]
fn three_fetches_are_spread_first_and_even_in_a_flood() {
    let are = |policy, seconds: &[u32]| {
        let wanted: Vec<Duration> = seconds.iter().map(|second| *second * SECOND).collect();
        assert_eq!(flood(policy, 150 * SECOND), wanted);
    };
    are(policy(), &[0, 4, 12, 60, 80, 100, 120, 140]);
    are(policy().with_unknown_kid_fetches(2), &[0, 30, 60, 90, 120]);
    are(policy().with_unknown_kid_fetches(1), &[0, 60, 120]);
    let half = policy().with_unknown_kid_window(30 * SECOND);
    are(half, &[0, 2, 6, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140]);
    assert_eq!(flood(policy().with_unknown_kid_fetches(30), MINUTE).len(), 30);
}

#[test]
fn no_window_has_more_fetches_than_the_budget_whatever_the_pauses() {
    for pause in 1..90_u32 {
        let mut schedule = fetched(policy(), pause.into());
        let mut fetches = Vec::new();
        let mut now = HOUR;
        for question in 0..200 {
            let _ = schedule.ask(at(now), "new", None, true);
            if schedule.poll(at(now)) == Action::Fetch(Cause::UnknownKid) {
                fetches.push(now);
                schedule.failed(at(now), None, false);
            }
            now += if question % 5 == 0 { pause * SECOND } else { SECOND };
        }
        assert!(fetches.windows(4).all(|four| four[3] - four[0] >= MINUTE), "{fetches:?}");
    }
}

#[test]
fn a_question_during_the_cooldown_learns_the_next_fetch_time() {
    let mut schedule = fetched(policy(), 1);
    asks(&mut schedule, HOUR);
    schedule.succeeded(&NEW);
    assert_eq!(retry_after(schedule.ask(at(HOUR + SECOND), "new", None, true)), 3 * SECOND);
    asks(&mut schedule, HOUR + 4 * SECOND);
    schedule.failed(at(HOUR + 4 * SECOND), None, false);
    assert_eq!(retry_after(schedule.ask(at(HOUR + 4 * SECOND), "new", None, true)), 8 * SECOND, "a failure counts");
    asks(&mut schedule, HOUR + 20 * SECOND);
    schedule.succeeded(&NEW);
    assert_eq!(retry_after(schedule.ask(at(HOUR + 21 * SECOND), "new", None, true)), 39 * SECOND);
    asks(&mut schedule, HOUR + 60 * SECOND);
    schedule.succeeded(&NEW);
    assert_eq!(retry_after(schedule.ask(at(HOUR + 61 * SECOND), "new", None, true)), 19 * SECOND, "an even distance");
}

#[test]
fn a_quiet_window_allows_the_short_distances_again() {
    let mut schedule = fetched(policy(), 1);
    for start in [HOUR, HOUR + 72 * SECOND] {
        for second in [0, 4, 12] {
            asks(&mut schedule, start + second * SECOND);
            schedule.succeeded(&NEW);
        }
    }
}

#[test]
fn a_budget_of_nothing_waits_for_the_timed_refresh() {
    let mut schedule = fetched(policy().with_unknown_kid_fetches(0), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    assert_eq!(retry_after(schedule.ask(at(HOUR), "new", None, true)), due - HOUR);
    assert_eq!(next_fetch(&schedule, HOUR), due);
}

#[test]
fn the_window_counts_from_the_request_and_not_from_the_question() {
    let mut schedule = fetched(policy().with_unknown_kid_fetches(1), 1);
    pending(schedule.ask(at(HOUR), "new", None, true));
    assert_eq!(schedule.poll(at(HOUR + SECOND)), Action::Fetch(Cause::UnknownKid));
    schedule.succeeded(&NEW);
    assert_eq!(retry_after(schedule.ask(at(HOUR + MINUTE), "new", None, true)), SECOND);
}

#[test]
fn timed_and_forced_refreshes_spend_nothing_of_the_window() {
    let mut schedule = fetched(policy(), 1);
    let due = next_fetch(&schedule, Duration::ZERO);
    assert_eq!(schedule.poll(at(due)), Action::Fetch(Cause::Due));
    schedule.succeeded(&NEW);
    for _ in 0..5 {
        schedule.force();
        assert_eq!(schedule.poll(at(due)), Action::Fetch(Cause::Forced));
        schedule.succeeded(&NEW);
    }
    for second in [1, 5, 13] {
        asks(&mut schedule, due + second * SECOND);
        schedule.succeeded(&NEW);
    }
    retry_after(schedule.ask(at(due + 14 * SECOND), "new", None, true));
    schedule.force();
    assert_eq!(schedule.poll(at(due + 14 * SECOND)), Action::Fetch(Cause::Forced), "and no window holds them");
}

#[test]
fn bad_signatures_make_at_most_two_fetches_an_hour() {
    let mut schedule = fetched(policy(), 1);
    assert!(!schedule.report_bad_signature(at(29 * SECOND)));
    for second in [30, 60] {
        let now = at(second * SECOND);
        assert!(schedule.report_bad_signature(now));
        assert_eq!(schedule.poll(now), Action::Fetch(Cause::BadSignature));
        assert!(schedule.report_bad_signature(now), "it is under way");
        schedule.failed(now, None, false);
        assert!(!schedule.report_bad_signature(at(before((second + 30) * SECOND))), "two are not spent at once");
    }
    assert!(!schedule.report_bad_signature(at(HOUR + 29 * SECOND)));
    assert!(schedule.report_bad_signature(at(HOUR + 30 * SECOND)));
}
