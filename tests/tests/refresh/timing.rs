//! The times of refreshes while every fetch succeeds.

use std::collections::BTreeSet;
use std::time::Duration;

use idporten_config::refresh::{RefreshPolicy, StartError};
use idporten_config::testing::{MemoryProvider, VirtualClock};

use crate::story::{DAY, HOUR, MINUTE, Setup, Story, after, fleet, seed, story};

/// Returns the time from the last success to the next refresh.
fn interval(story: &Story) -> Duration {
    story.refresher.refresh_now().unwrap();
    let status = story.status();
    status.next_attempt.unwrap().duration_since(status.last_success.unwrap()).unwrap()
}

#[test]
fn a_refresh_is_made_when_due_and_not_before() {
    let story = story();
    let interval = interval(&story);
    story.fetches();
    story.advance(interval - Duration::from_nanos(1));
    story.serves("one");
    assert_eq!(story.fetches(), 0);
    story.advance(Duration::from_nanos(1));
    assert_eq!(story.fetches(), 1);
}

#[test]
fn each_due_time_is_drawn_from_the_last_tenth_of_the_interval() {
    let story = story();
    let intervals: BTreeSet<_> = (0..40).map(|_| interval(&story)).collect();
    let (first, last) = (*intervals.first().unwrap(), *intervals.last().unwrap());
    assert!(first >= DAY.mul_f64(0.9) && last <= DAY, "{intervals:?}");
    assert!(last - first > HOUR, "{intervals:?}");
}

#[test]
fn instances_that_start_together_do_not_ask_together() {
    let intervals: BTreeSet<_> = fleet(Setup::default, |_| ()).map(|story| interval(&story)).collect();
    assert_eq!(intervals.len(), 12, "{intervals:?}");
}

#[test]
fn each_run_of_a_test_draws_the_same_times() {
    assert_eq!(interval(&story()), interval(&story()));
}

#[test]
fn what_nobody_asks_for_is_kept_fresh_all_the_same() {
    let story = story();
    story.advance(30 * DAY);
    let fetches = story.fetches();
    assert!((30..=34).contains(&fetches), "{fetches}");
    assert!(story.status().age.unwrap() <= DAY);
}

#[test]
fn another_interval_is_heeded() {
    let policy = |policy: RefreshPolicy| policy.with_refresh_interval(6 * HOUR);
    let interval = interval(&Setup::default().policy(policy).settle());
    assert!(interval >= (6 * HOUR).mul_f64(0.9) && interval <= 6 * HOUR, "{interval:?}");
}

#[test]
fn a_contradictory_policy_does_not_start_and_names_the_field() {
    let policy = RefreshPolicy::default;
    for (policy, field) in [
        (policy().with_refresh_interval(Duration::ZERO), "refresh_interval"),
        (policy().with_max_age(HOUR), "max_age"),
        (policy().with_unknown_kid_window(DAY), "unknown_kid_window"),
        (policy().with_unknown_kid_window(Duration::ZERO), "unknown_kid_window"),
        (policy().with_key_wait(2 * DAY), "key_wait"),
        (policy().with_backoff(HOUR, MINUTE), "max_backoff"),
        (policy().with_backoff(Duration::ZERO, MINUTE), "backoff"),
        (policy().with_seed_max_age(Duration::MAX), "seed_max_age"),
    ] {
        let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
        let clock = VirtualClock::new(after(Duration::ZERO));
        let error = Setup::default().policy(|_| policy).start(&clock, provider.clone()).unwrap_err();
        assert!(matches!(&error, StartError::Policy(error) if error.field() == field), "{error}");
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
        clock.advance(DAY);
        assert!(provider.requests().is_empty());
    }
}

#[test]
fn waits_with_nearly_equal_deadlines_end_together() {
    let wait = |key_wait| {
        let story = Setup::default().policy(|policy| policy.with_key_wait(Duration::from_millis(key_wait))).begin();
        // Settled at a whole second, which is where the ends are counted from.
        story.advance(5 * MINUTE);
        story.provider.delay(&story.clock, MINUTE);
        let start = story.elapsed();
        assert!(story.wait("new").is_err());
        (story.elapsed() - start).as_millis()
    };
    assert_eq!([900, 910, 949, 950, 951].map(wait), [900, 950, 950, 950, 1_000]);
}
