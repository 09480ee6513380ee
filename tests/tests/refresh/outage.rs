//! Outages: what was there goes on, for as long as the policy allows, and no token is called invalid.

use std::error::Error;
use std::time::Duration;

use idporten_config::document::json::Value;
use idporten_config::fetch::{Kind, Step};
use idporten_config::refresh::{Cause, Event, Limit, LookupError, Reason, RefreshError};
use idporten_config::testing::{jwks, key};

use crate::story::{
    DAY, HOUR, JWKS, MINUTE, SECOND, Setup, Story, WELL_KNOWN, fleet, member, seed, story, undetermined, unknown,
};

/// A story in which the provider has been down since the last success, which was just before.
fn down() -> Story {
    let story = story();
    story.refresher.refresh_now().unwrap();
    story.provider.fail(500);
    story.fetches();
    story.told();
    story
}

#[test]
fn a_known_kid_verifies_through_the_whole_outage_and_not_longer() {
    let story = down();
    story.advance(7 * DAY - SECOND);
    story.serves("one");
    story.advance(SECOND);
    story.is_unavailable(Reason::TooStale(Limit::MaxAge));
}

#[test]
fn an_outage_that_is_too_long_says_which_limit_and_what_failed() {
    let story = down();
    story.advance(7 * DAY);
    let Err(LookupError::Unavailable(error)) = story.find("one") else { panic!("something is served") };
    assert_eq!(error.last_error().unwrap().kind(), Kind::Status(500));
    let message = error.to_string();
    assert!(
        message.contains("`max_age`") && message.contains("status 500") && message.contains(WELL_KNOWN),
        "{message}"
    );
    assert!(error.source().is_some());
    assert!(matches!(story.wait("one"), Err(LookupError::Unavailable(_))), "nor is it an invalid token");
}

#[test]
fn a_shorter_limit_is_kept_to_the_second() {
    let story = Setup::default().policy(|policy| policy.with_max_age(36 * HOUR)).settle();
    story.refresher.refresh_now().unwrap();
    story.provider.disconnect();
    story.advance(36 * HOUR - SECOND);
    story.serves("one");
    story.advance(SECOND);
    story.is_unavailable(Reason::TooStale(Limit::MaxAge));
}

#[test]
fn an_unknown_kid_in_an_outage_is_undetermined() {
    let story = down();
    undetermined(story.find("two"));
    undetermined(story.wait("two"));
    story.advance(6 * DAY);
    undetermined(story.find("two"));
    undetermined(story.wait("two"));
    story.serves("one");
}

#[test]
fn a_refresh_that_fails_leaves_the_set_as_it_was() {
    let story = down();
    let (before, status) = (story.refresher.current().unwrap().to_arc(), story.status());
    story.advance(DAY);
    assert!(story.fetches() > 0);
    let now = story.refresher.current().unwrap().to_arc();
    assert_eq!((now.snapshot(), now.as_of()), (before.snapshot(), before.as_of()));
    assert_eq!(story.status().last_success, status.last_success);
}

#[test]
fn what_ends_an_outage_also_ends_its_errors() {
    let story = down();
    story.advance(8 * DAY);
    assert!(story.find("one").is_err());
    story.provider.recover();
    story.advance(15 * MINUTE);
    story.serves("one");
    let status = story.status();
    assert_eq!((status.consecutive_failures, status.last_error, status.unavailable), (0, None, None));
}

#[test]
fn look_ups_of_an_expired_set_do_not_make_fetches() {
    let story = down();
    story.advance(8 * DAY);
    story.fetches();
    for kid in 0..200 {
        assert!(matches!(story.wait(&kid.to_string()), Err(LookupError::Unavailable(_))));
        assert!(matches!(story.find("one"), Err(LookupError::Unavailable(_))));
    }
    assert_eq!(story.fetches(), 0);
    assert_eq!(story.status().counters.unavailable, 400, "each was counted");
}

#[test]
fn attempts_grow_apart_up_to_the_limit_and_a_success_begins_anew() {
    let story = down();
    let backoffs = [30, 60, 120, 240, 480, 900, 900, 900];
    let due = story.status().next_attempt.unwrap();
    story.advance(due.duration_since(story.clock.now()).unwrap());
    assert_eq!(story.fetches(), 1);
    for longest in backoffs {
        let wait = story.status().next_attempt.unwrap().duration_since(story.clock.now()).unwrap();
        assert!(wait >= SECOND && wait <= longest * SECOND, "{wait:?} of {longest} s");
        story.advance(wait - Duration::from_nanos(1));
        assert_eq!(story.fetches(), 0);
        story.advance(Duration::from_nanos(1));
        assert_eq!(story.fetches(), 1);
    }
    story.provider.recover();
    story.advance(15 * MINUTE);
    assert_eq!(story.fetches(), 1);
    story.provider.fail(500);
    story.advance(DAY);
    assert!(story.told().contains(&"failed: 1".to_owned()), "counted from the start");
}

#[test]
fn the_delays_between_attempts_are_random_so_a_fleet_spreads() {
    let waits: Vec<_> = fleet(|| Setup::default().unseeded(), |provider| provider.fail(500))
        .map(|story| story.status().next_attempt.unwrap().duration_since(story.clock.now()).unwrap())
        .collect();
    assert!(waits.iter().all(|wait| *wait >= SECOND / 4 && *wait <= SECOND), "{waits:?}");
    assert!(waits.iter().any(|wait| wait.abs_diff(waits[0]) > SECOND / 100), "{waits:?}");
}

#[test]
fn a_failed_first_fetch_is_retried_soon_but_not_per_caller() {
    let story = Setup::default().unseeded().begin_where(|provider| provider.fail(500));
    for _ in 0..50 {
        assert!(matches!(story.find("one"), Err(LookupError::Unavailable(_))));
    }
    assert_eq!(story.fetches(), 1);
    story.provider.recover();
    story.advance(SECOND);
    story.serves("one");
}

#[test]
fn a_cold_start_in_an_outage_retries_every_half_minute() {
    let story = Setup::default().unseeded().begin_where(|provider| provider.fail(500));
    story.advance(MINUTE);
    let first = story.fetches();
    assert!((6..=9).contains(&first), "{first} in the first minute");
    story.advance(HOUR);
    let hour = story.fetches();
    assert!((120..=480).contains(&hour), "{hour} in the next hour");
    story.provider.recover();
    story.advance(30 * SECOND);
    story.serves("one");
}

#[test]
fn a_retry_after_is_obeyed() {
    let story = story();
    story.provider.fail_for(40 * MINUTE);
    assert!(story.refresher.refresh_now().is_err());
    assert_eq!(undetermined(story.wait("two")), 40 * MINUTE);
    story.provider.recover();
    story.fetches();
    story.advance(40 * MINUTE - SECOND);
    undetermined(story.wait("two"));
    assert_eq!(story.fetches(), 0);
    story.advance(SECOND);
    unknown(story.wait("two"));
}

#[test]
fn a_retry_after_delays_the_timed_refresh_too() {
    let story = Setup::default().aged(25 * HOUR).begin_where(|provider| provider.fail_for(10 * MINUTE));
    assert_eq!(story.fetches(), 1);
    story.provider.recover();
    story.advance(10 * MINUTE - SECOND);
    assert_eq!(story.fetches(), 0);
    story.advance(SECOND);
    assert_eq!(story.fetches(), 1);
}

#[test]
fn retry_after_is_capped_at_an_hour_or_a_minute_while_empty() {
    for (setup, longest) in [(Setup::default().aged(25 * HOUR), HOUR), (Setup::default().unseeded(), MINUTE)] {
        let story = setup.begin_where(|provider| provider.fail_for(365 * DAY));
        assert_eq!(story.fetches(), 1);
        story.provider.recover();
        story.advance(longest - SECOND);
        assert_eq!(story.fetches(), 0);
        story.advance(SECOND);
        assert_eq!(story.fetches(), 1);
        story.serves("one");
    }
}

#[test]
fn a_forced_refresh_says_how_it_failed_and_disturbs_nobody() {
    let story = down();
    let Err(RefreshError::Failed(error)) = story.refresher.refresh_now() else { panic!("it did not fail") };
    assert_eq!((error.kind(), error.step(), error.url()), (Kind::Status(500), Some(Step::Metadata), Some(WELL_KNOWN)));
    story.serves("one");
    assert_eq!(story.refresher.status().consecutive_failures, 1);
}

#[test]
fn a_failed_requested_fetch_does_not_move_the_timed_refresh() {
    let story = down();
    let due = story.status().next_attempt;
    assert!(story.refresher.refresh_now().is_err());
    undetermined(story.wait("two"));
    assert_eq!(story.status().next_attempt, due);
}

#[test]
fn documents_that_break_a_rule_leave_the_old_set() {
    let good = seed(Duration::ZERO, &["two"]);
    let text = |members: &[(&str, Value)]| {
        let mut document = good.metadata_json().clone();
        for (name, value) in members {
            document.set(name, value.clone());
        }
        Value::from(document).to_string()
    };
    let endpoint = |url: &str| text(&[("token_endpoint", url.into())]);
    let no_key = jwks([]).to_string();
    let unusable = jwks([member(&key("two", 0), "use", "enc"), Value::Null]).to_string();
    for (url, text, rule) in [
        (WELL_KNOWN, text(&[("issuer", "https://test.idporten.no/".into())]), "issuer"),
        (WELL_KNOWN, text(&[("issuer", "https://idporten.no".into())]), "issuer"),
        (WELL_KNOWN, text(&[("jwks_uri", "https://idporten.no/jwks.json".into())]), "jwks_uri"),
        (WELL_KNOWN, endpoint("http://test.idporten.no/token"), "token_endpoint"),
        (WELL_KNOWN, endpoint("https://attacker.example/token"), "token_endpoint"),
        (WELL_KNOWN, text(&[("token_endpoint", Value::Null)]), "token_endpoint"),
        (WELL_KNOWN, "{\"".to_owned(), "not JSON"),
        (WELL_KNOWN, "null".to_owned(), "a top level object"),
        (JWKS, no_key, "no usable key"),
        (JWKS, unusable, "`use` is not `sig`"),
        (JWKS, "{}".to_owned(), "keys"),
    ] {
        let story = story();
        story.provider.publish(&good);
        story.provider.publish_text(url, text);
        let Err(RefreshError::Failed(error)) = story.refresher.refresh_now() else { panic!("{rule} passed") };
        assert_eq!(error.kind(), Kind::Document, "{error}");
        let told = story.status().last_error.unwrap();
        assert!(told.contains(rule), "{rule}: {told}");
        story.serves("one");
        assert!(story.find("two").is_err());
    }
}

#[test]
fn without_an_earlier_set_the_broken_rule_is_the_reason() {
    let story = Setup::default().unseeded().begin_where(|provider| provider.publish_text(JWKS, "{\"keys\": []}"));
    story.rest();
    story.is_unavailable(Reason::NotYetFetched);
    let message = story.refresher.current().unwrap_err().to_string();
    assert!(message.contains("no usable key"), "{message}");
}

#[test]
fn a_wrong_set_that_passes_every_rule_is_served() {
    let story = story();
    story.provider.publish_jwks(&jwks([key("one", 1)]));
    story.refresher.refresh_now().unwrap();
    assert_eq!(story.find("one").unwrap().iter().len(), 1, "there is no second cache behind it");
}

#[test]
fn an_answer_of_each_status_but_200_is_a_failure() {
    let story = story();
    for status in [201, 204, 301, 302, 304, 307, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504] {
        story.provider.fail(status);
        let Err(RefreshError::Failed(error)) = story.refresher.refresh_now() else { panic!("{status} passed") };
        assert_eq!(error.kind(), Kind::Status(status));
    }
    story.serves("one");
}

#[test]
fn only_transient_statuses_get_a_second_request() {
    for (status, requests) in [(503, 2), (502, 2), (408, 2), (500, 1), (404, 1), (429, 1)] {
        let story = story();
        story.provider.fail(status);
        assert!(story.refresher.refresh_now().is_err());
        assert_eq!(story.fetches(), requests, "{status}");
    }
}

#[test]
fn a_silent_provider_is_given_up_in_time_and_retried() {
    let story = story();
    story.provider.publish_keys(&["two"]);
    story.provider.delay(&story.clock, 5 * MINUTE);
    let start = story.elapsed();
    let Err(RefreshError::Failed(error)) = story.refresher.refresh_now() else { panic!("it answered") };
    assert_eq!(error.kind(), Kind::Network);
    assert!(story.elapsed() - start <= MINUTE, "{:?}", story.elapsed() - start);
    story.serves("one");
    story.provider.recover();
    story.advance(DAY);
    story.serves("two");
}

#[test]
fn an_outage_over_a_weekend_is_told_in_order() {
    let story = down();
    story.advance(DAY);
    story.provider.recover();
    story.advance(15 * MINUTE);
    let told = story.told();
    assert_eq!(told[..2], ["started: Due", "failed: 1"]);
    assert_eq!(told[told.len() - 2..], ["started: Due", "refreshed: no change"]);
}

#[test]
fn a_key_published_during_an_outage_is_served_after_it() {
    let story = down();
    story.provider.publish_keys(&["two"]);
    story.advance(3 * DAY);
    story.serves("one");
    story.provider.recover();
    story.advance(15 * MINUTE);
    story.serves("two");
    let due = story.events().iter().filter(|event| matches!(event, Event::Started { cause: Cause::Due, .. })).count();
    assert!(due > 100, "tried again and again: {due}");
}
