//! Keys that change: what is new is followed, and what was withdrawn is gone.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use idporten_config::document::json::Value;
use idporten_config::testing::{jwks, key};

use crate::story::{DAY, HOUR, JWKS, MINUTE, Setup, Story, WELL_KNOWN, seed, story, undetermined, unknown, with};

#[test]
fn the_first_token_with_a_new_key_verifies_after_one_fetch() {
    let story = story();
    story.provider.publish_keys(&["one", "two"]);
    assert_eq!(story.wait("two").unwrap().iter().len(), 1);
    assert_eq!(story.fetches(), 1);
    story.serves("one");
}

#[test]
fn a_caller_that_does_not_wait_finds_the_key_later() {
    let story = story();
    story.provider.publish_keys(&["one", "two"]);
    assert!(story.find("two").is_err());
    assert_eq!(story.fetches(), 1);
    story.serves("two");
}

#[test]
fn a_rotation_between_two_logins_is_followed() {
    let story = story();
    story.serves("one");
    story.provider.publish_keys(&["two"]);
    assert!(story.wait("two").is_ok());
    story.advance(undetermined(story.wait("one")));
    unknown(story.wait("one"));
}

#[test]
fn a_withdrawn_key_is_gone_after_one_interval() {
    let story = story();
    story.provider.publish_keys(&["two"]);
    story.advance(DAY);
    assert_eq!(story.fetches(), 1);
    assert!(story.find("one").is_err());
}

#[test]
fn a_key_published_a_day_ahead_is_known_before_use() {
    let story = story();
    story.provider.publish_keys(&["one", "two"]);
    story.advance(DAY);
    story.fetches();
    story.serves("two");
    assert_eq!(story.fetches(), 0);
}

#[test]
fn another_key_under_the_same_kid_takes_its_place() {
    let story = story();
    let thumbprint = |story: &Story| story.find("one").unwrap().iter().next().unwrap().thumbprint();
    let old = thumbprint(&story);
    story.provider.publish_jwks(&jwks([key("one", 1)]));
    story.refresher.refresh_now().unwrap();
    assert_ne!(thumbprint(&story), old);
}

#[test]
fn keys_are_read_from_where_the_new_metadata_say_they_are() {
    let story = story();
    let moved = "https://test.idporten.no/moved/jwks";
    story.provider.publish(&with(&seed(Duration::ZERO, &["two"]), &[("jwks_uri", moved.into())]));
    let asked = story.provider.requests().len();
    story.refresher.refresh_now().unwrap();
    assert_eq!(story.provider.requests()[asked..], [WELL_KNOWN, moved]);
    story.serves("two");
    assert_eq!(story.refresher.current().unwrap().metadata().jwks_uri, moved);
}

#[test]
fn neither_half_is_replaced_where_the_keys_cannot_be_had() {
    let story = story();
    let moved = "https://test.idporten.no/moved/jwks";
    story.provider.publish(&with(&seed(Duration::ZERO, &["two"]), &[("jwks_uri", moved.into())]));
    story.provider.publish_text(moved, "{}");
    assert!(story.refresher.refresh_now().is_err());
    assert_ne!(story.refresher.current().unwrap().metadata().jwks_uri, moved);
    story.serves("one");
}

#[test]
fn what_a_caller_holds_does_not_change_under_it() {
    let story = story();
    let (current, keys, kept) =
        (story.refresher.current().unwrap(), story.find("one").unwrap(), story.refresher.current().unwrap().to_arc());
    story.provider.publish_keys(&["two"]);
    story.refresher.refresh_now().unwrap();
    for config in [&*current, keys.config(), &kept, &keys.to_arc()] {
        assert_eq!(config.find_keys(Some("one"), "RS256").len(), 1);
        assert!(config.find_keys(Some("two"), "RS256").is_empty());
    }
    assert!(story.find("one").is_err());
}

/// The nth documents to be published: each member, and each key but one, holds the number.
fn publish(story: &Story, generation: u32) {
    let endpoint = format!("https://test.idporten.no/token/{generation}");
    let snapshot = seed(Duration::ZERO, &["ever", &generation.to_string()]);
    story.provider.publish(&with(&snapshot, &[("token_endpoint", endpoint.into())]));
}

#[test]
fn readers_see_metadata_and_keys_of_one_publication_while_they_are_swapped() {
    let story = Setup::default().begin();
    publish(&story, 0);
    story.refresher.refresh_now().unwrap();
    story.advance(HOUR);
    story.fetches();
    let (swaps, over, seen) = (100, AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let keys = story.find("ever").expect("a key that is always published");
                    let endpoint = &keys.config().metadata().token_endpoint;
                    let generation = endpoint.rsplit('/').next().unwrap();
                    assert_eq!(keys.config().find_keys(Some(generation), "RS256").len(), 1, "{endpoint}");
                    assert_eq!(keys.config().keys().len(), 2);
                    seen.fetch_max(generation.parse().unwrap(), Ordering::Relaxed);
                }
            });
        }
        for generation in 1..=swaps {
            publish(&story, generation);
            story.refresher.refresh_now().unwrap();
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(story.fetches(), 100, "as many as there were rotations");
    assert!(seen.load(Ordering::Relaxed) > 1, "the readers saw a swap");
}

#[test]
fn no_token_is_refused_while_keys_rotate_with_an_overlap() {
    let story = story();
    let kids = ["one", "two", "three", "four", "five"];
    for pair in kids.windows(2) {
        story.provider.publish_keys(pair);
        assert!(story.wait(pair[1]).is_ok());
        story.serves(pair[0]);
        story.advance(7 * DAY + MINUTE);
    }
    assert!(story.told().iter().all(|told| !told.starts_with("health")), "all was well all the time");
}

#[test]
fn the_documents_as_they_were_served_can_be_taken_away() {
    let story = story();
    story.provider.publish_keys(&["two"]);
    story.refresher.refresh_now().unwrap();
    let snapshot = story.refresher.current().unwrap().snapshot().clone();
    assert_eq!(snapshot.jwks_json(), Some(&jwks([key("two", 0)])));
    assert_eq!(snapshot.as_of(), story.clock.now());
    assert_eq!(snapshot.metadata_json().get("jwks_uri").and_then(Value::as_str), Some(JWKS));
    assert_eq!(idporten_config::Snapshot::parse(snapshot.to_string()).unwrap().jwks_json(), snapshot.jwks_json());
}
