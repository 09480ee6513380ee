//! Clocks that are wrong: set back, set forward, and standing still while a machine is suspended.

use std::time::{Duration, SystemTime};

use idporten_config::refresh::{Limit, Reason};

use crate::story::{DAY, HOUR, MINUTE, SECOND, Setup, after, story, undetermined, unknown};

#[test]
fn a_wall_clock_that_goes_back_changes_nothing() {
    let story = story();
    let (set, due) = (story.clock.now(), story.status().next_attempt.unwrap());
    let left = due.duration_since(set).unwrap();
    story.clock.set(set - 365 * DAY);
    story.advance(left - SECOND);
    assert_eq!(story.fetches(), 0);
    story.advance(SECOND);
    assert_eq!(story.fetches(), 1, "by the time that has passed");
    story.serves("one");
    story.advance(DAY);
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_wall_clock_that_goes_back_to_1970_serves_on() {
    let story = story();
    story.clock.set(SystemTime::UNIX_EPOCH);
    story.refresher.refresh_now().unwrap();
    story.advance(3 * DAY);
    story.serves("one");
    unknown(story.wait("two"));
}

#[test]
fn an_old_answer_by_a_clock_set_back_keeps_the_date() {
    let story = story();
    story.refresher.refresh_now().unwrap();
    let date = story.status().as_of;
    story.clock.set(story.clock.now() - 10 * HOUR);
    story.advance(5 * HOUR);
    story.provider.state_age(5 * HOUR);
    story.refresher.refresh_now().unwrap();
    assert_eq!(story.status().as_of, date, "what replaces a success is not dated before it");
}

#[test]
fn an_outage_ends_serving_although_the_wall_clock_goes_back() {
    let story = story();
    story.refresher.refresh_now().unwrap();
    story.provider.fail(500);
    for _ in 0..7 {
        story.serves("one");
        story.advance(DAY);
        story.clock.set(after(Duration::ZERO));
    }
    story.is_unavailable(Reason::TooStale(Limit::MaxAge));
}

#[test]
fn a_question_after_a_suspension_does_not_wait_for_the_workers_next_look() {
    let story = story();
    story.clock.suspend(2 * DAY);
    assert_eq!(story.fetches(), 0, "the worker looks once a minute");
    undetermined(story.find("two"));
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_wall_clock_set_forward_causes_a_refresh_within_a_minute() {
    let story = story();
    story.clock.set(story.clock.now() + 25 * HOUR);
    story.advance(MINUTE);
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_wall_clock_leap_ends_nothing_while_the_provider_answers() {
    let story = story();
    story.clock.set(story.clock.now() + 3_650 * DAY);
    story.serves("one");
    story.advance(MINUTE);
    story.serves("one");
    assert!(!story.told().iter().any(|told| told.starts_with("expired")));
    story.clock.set(after(Duration::ZERO));
    story.advance(2 * DAY);
    story.serves("one");
}

#[test]
fn a_machine_that_was_suspended_refreshes_within_a_minute() {
    let story = story();
    story.clock.suspend(3 * DAY);
    story.serves("one");
    story.advance(MINUTE);
    assert_eq!(story.fetches(), 1);
    assert!(story.status().age.unwrap() <= MINUTE);
}

#[test]
fn a_long_suspended_machine_serves_until_a_refresh_fails() {
    let story = story();
    story.provider.fail(500);
    story.clock.suspend(8 * DAY);
    story.serves("one");
    story.advance(MINUTE);
    let told = story.told();
    assert_eq!(told[..3], ["started: Due", "health: ok to degraded", "failed: 1"]);
    assert_eq!(told[3..5], ["expired: max_age", "health: degraded to failing"]);
    story.is_unavailable(Reason::TooStale(Limit::MaxAge));
}

#[test]
fn the_time_suspended_counts_once_a_refresh_has_failed_since() {
    let story = story();
    story.refresher.refresh_now().unwrap();
    story.provider.fail(500);
    story.clock.suspend(5 * DAY);
    story.advance(2 * DAY - SECOND);
    story.serves("one");
    story.advance(SECOND);
    story.is_unavailable(Reason::TooStale(Limit::MaxAge));
}

#[test]
fn the_window_of_unknown_kids_does_not_follow_the_wall_clock() {
    let story = story();
    unknown(story.wait("a"));
    story.clock.set(story.clock.now() + HOUR);
    assert_eq!(undetermined(story.wait("c")), 4 * SECOND);
    story.clock.set(after(Duration::ZERO) - DAY);
    story.advance(4 * SECOND);
    unknown(story.wait("c"));
}

#[test]
fn setting_the_wall_clock_does_not_change_the_length_of_waits() {
    let story = story();
    story.provider.delay(&story.clock, 10 * SECOND);
    let lookup = crate::story::begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    story.clock.set(story.clock.now() - DAY);
    let start = story.clock.now();
    undetermined(story.clock.block_on(lookup));
    assert_eq!(story.clock.now().duration_since(start).unwrap(), 3 * SECOND);
}

#[test]
fn the_status_says_when_serving_ends_though_the_machine_was_suspended() {
    let story = story();
    story.refresher.refresh_now().unwrap();
    let ends = story.clock.now() + 7 * DAY;
    assert_eq!(story.status().too_stale_at, Some(ends));
    story.provider.fail(500);
    story.clock.suspend(3 * DAY);
    story.advance(MINUTE);
    assert_eq!(story.status().too_stale_at, Some(ends));
}

#[test]
fn a_seed_grows_old_by_the_wall_clock_of_the_start() {
    let story = Setup::default().aged(80 * DAY).begin_where(|provider| provider.fail(500));
    story.clock.set(after(Duration::ZERO) - 80 * DAY);
    story.advance(10 * DAY - SECOND);
    story.serves("one");
    story.advance(SECOND);
    story.is_unavailable(Reason::TooStale(Limit::SeedMaxAge));
}

#[test]
fn a_status_can_be_written_whatever_the_wall_clock_says() {
    for wall in [SystemTime::UNIX_EPOCH - DAY, SystemTime::UNIX_EPOCH + 4_000_000 * DAY] {
        let story = Setup::default().begin();
        story.clock.set(wall);
        story.provider.fail(500);
        story.advance(2 * DAY);
        assert!(story.status().to_string().contains("\"environment\":\"idporten-test\""));
        assert!(serde_json::to_string(&story.status()).is_ok());
    }
}
