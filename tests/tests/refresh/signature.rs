//! Bad signatures under a known kid: the provider may have put another key under it, and an attacker may send as many as it likes.

use std::time::Duration;

use idporten_config::refresh::RefreshPolicy;
use idporten_config::testing::{jwks, key};

use crate::story::{DAY, HOUR, MINUTE, SECOND, Setup, Story, member, seed, story, undetermined, unknown, with_keys};

/// A story in which the set is old enough to be doubted.
fn ripe() -> Story {
    let story = story();
    story.advance(10 * MINUTE);
    story
}

#[test]
fn looking_a_key_up_alone_never_makes_a_fetch_however_often() {
    let story = ripe();
    (0..1_000).for_each(|_| story.serves("one"));
    assert_eq!(story.fetches(), 0);
}

#[test]
fn a_report_brings_the_key_that_took_over_the_kid() {
    let story = ripe();
    let old = story.status().keys[0].thumbprint.clone();
    story.provider.publish_jwks(&jwks([key("one", 1)]));
    assert!(story.refresher.report_bad_signature("one"));
    assert_eq!(story.fetches(), 1);
    assert_ne!(story.status().keys[0].thumbprint, old);
}

#[test]
fn reports_make_two_fetches_an_hour() {
    let story = ripe();
    let mut fetches = Vec::new();
    for second in 0..(2 * 60 * 60) {
        story.refresher.report_bad_signature("one");
        fetches.extend(std::iter::repeat_n(second, story.fetches()));
        story.advance(SECOND);
    }
    assert_eq!(fetches, [0, 30, 3_600, 5_400]);
}

#[test]
fn a_replaced_key_under_its_kid_is_known_within_half_a_minute() {
    let story = story();
    story.refresher.refresh_now().unwrap();
    story.provider.publish_jwks(&jwks([key("one", 1)]));
    let old = story.status().keys[0].thumbprint.clone();
    while story.status().keys[0].thumbprint == old {
        story.refresher.report_bad_signature("one");
        story.advance(SECOND / 10);
        assert!(story.elapsed() < 5 * MINUTE + 31 * SECOND);
    }
}

#[test]
fn a_third_report_within_the_hour_says_that_there_is_no_fetch() {
    let story = ripe();
    for _ in 0..2 {
        assert!(story.refresher.report_bad_signature("one"));
        story.rest();
        story.advance(30 * SECOND);
    }
    story.advance(HOUR - 61 * SECOND);
    assert!(!story.refresher.report_bad_signature("one"));
    story.advance(SECOND);
    assert!(story.refresher.report_bad_signature("one"));
}

#[test]
fn failed_fetches_count_and_two_are_not_spent_at_once() {
    let story = ripe();
    story.provider.fail(500);
    for _ in 0..100 {
        story.refresher.report_bad_signature("one");
        story.rest();
    }
    assert_eq!(story.fetches(), 1);
}

#[test]
fn no_fetch_is_made_while_the_set_is_young() {
    let story = story();
    story.refresher.refresh_now().unwrap();
    story.fetches();
    story.advance(29 * SECOND);
    assert!(!story.refresher.report_bad_signature("one"));
    assert_eq!(story.fetches(), 0);
    story.advance(SECOND);
    assert!(story.refresher.report_bad_signature("one"));
    assert_eq!(story.fetches(), 1);
}

#[test]
fn no_fetch_is_made_for_a_kid_that_is_its_keys_thumbprint() {
    let thumbprint = story().status().keys[0].thumbprint.clone();
    let named = |variant| member(&key("one", variant), "kid", thumbprint.as_str());
    for set in [vec![named(0)], vec![named(0), named(1)]] {
        let seed = with_keys(&seed(HOUR, &["one"]), &jwks(set));
        let story = Setup::default().seed(seed.clone()).published(seed).settle();
        story.advance(10 * MINUTE);
        assert_eq!(story.status().keys[0].thumbprint, thumbprint);
        assert!(!story.refresher.report_bad_signature(&thumbprint));
        assert_eq!(story.fetches(), 0);
    }
}

#[test]
fn a_bad_signature_under_an_absent_kid_makes_no_fetch() {
    let story = ripe();
    assert!(!story.refresher.report_bad_signature("two"));
    assert!(!story.refresher.report_bad_signature(""));
    assert_eq!(story.fetches(), 0);
}

#[test]
fn reports_and_unknown_kids_have_budgets_of_their_own() {
    let story = ripe();
    unknown(story.wait("a"));
    undetermined(story.wait("b"));
    story.advance(10 * MINUTE);
    assert!(story.refresher.report_bad_signature("one"));
    story.rest();
    unknown(story.wait("a"));
    undetermined(story.wait("b"));
    assert_eq!(story.fetches(), 3);
}

#[test]
fn a_report_in_an_outage_fetches_within_the_retry_after() {
    let story = ripe();
    story.provider.fail_for(30 * MINUTE);
    assert!(story.refresher.refresh_now().is_err());
    story.fetches();
    assert!(!story.refresher.report_bad_signature("one"));
    assert_eq!(story.fetches(), 0);
}

#[test]
fn a_report_without_a_set_or_without_requests_makes_no_fetch() {
    let story = Setup::default().unseeded().begin_where(|provider| provider.fail(500));
    story.rest();
    assert!(!story.refresher.report_bad_signature("one"));
    let story = Setup::default().aged(DAY).policy(|_| RefreshPolicy::never()).begin();
    assert!(!story.refresher.report_bad_signature("one"));
    story.advance(Duration::ZERO);
    assert!(story.provider.requests().is_empty());
}
