//! Drift: which constants of the program differ from the live document now.

use std::time::Duration;

use idporten_config::document::Change;
use idporten_config::document::json::Value;
use idporten_config::refresh::Health;
use idporten_config_tests::scratch::Scratch;

use crate::story::{DAY, HOUR, MINUTE, Setup, Story, seed, story, with};

/// The members that differ.
fn drift(story: &Story) -> Vec<String> {
    let drift = story.status().drift;
    let json: Vec<_> = drift.iter().map(Change::to_json).collect();
    json.iter().filter_map(|json| json.as_object()?.get("member")?.as_str().map(str::to_owned)).collect()
}

fn publish(story: &Story, members: &[(&str, Value)]) {
    story.provider.publish(&with(&seed(Duration::ZERO, &["one"]), members));
    story.refresher.refresh_now().unwrap();
}

const MOVED: (&str, &str) = ("token_endpoint", "https://test.idporten.no/moved/token");

#[test]
fn nothing_drifts_while_the_live_document_says_what_the_constants_say() {
    let story = story();
    story.refresher.refresh_now().unwrap();
    assert!(drift(&story).is_empty());
    assert!(!story.told().iter().any(|told| told.starts_with("drifted")));
}

#[test]
fn a_constant_that_differs_is_named_and_told_of_once() {
    let story = story();
    publish(&story, &[(MOVED.0, MOVED.1.into())]);
    assert_eq!(drift(&story), ["token_endpoint"]);
    assert_eq!(story.status().drift[0].after.as_deref(), Some(MOVED.1));
    assert_eq!(story.refresher.current().unwrap().metadata().token_endpoint, MOVED.1, "and the live value is served");
    assert!(story.told().contains(&"drifted: 1".to_owned()));
    story.advance(5 * DAY);
    assert!(!story.told().iter().any(|told| told.starts_with("drifted")), "it is the same still");
}

#[test]
fn a_value_that_was_withdrawn_or_added_differs() {
    let story = story();
    publish(&story, &[("acr_values_supported", vec!["idporten-loa-high", "idporten-loa-new"].into())]);
    let drift = drift(&story);
    assert!(drift.len() >= 2 && drift.iter().all(|member| member == "acr_values_supported"), "{drift:?}");
}

#[test]
fn what_has_no_constant_and_keys_do_not_drift() {
    let story = story();
    publish(&story, &[("a_member_of_tomorrow", "x".into())]);
    story.provider.publish_keys(&["two"]);
    story.refresher.refresh_now().unwrap();
    assert!(drift(&story).is_empty());
}

#[test]
fn drift_that_is_over_is_told_of() {
    let story = story();
    publish(&story, &[(MOVED.0, MOVED.1.into())]);
    story.told();
    publish(&story, &[]);
    assert!(drift(&story).is_empty());
    assert!(story.told().contains(&"drifted: 0".to_owned()));
}

#[test]
fn drift_is_measured_from_the_seed_though_it_is_not_served() {
    let changed = with(&seed(Duration::ZERO, &["one"]), &[(MOVED.0, MOVED.1.into())]);
    let story = Setup::default().unseeded().published(changed).begin();
    story.refresher.wait_ready(MINUTE).unwrap();
    assert!(drift(&story).contains(&"token_endpoint".to_owned()));
    assert_eq!(story.status().health(), Health::Ok, "the live values are served");
}

#[test]
fn drift_of_what_was_stored_is_known_from_the_start() {
    let scratch = Scratch::new();
    let path = scratch.path().join("idporten.json");
    let stored = with(&seed(HOUR, &["one"]), &[(MOVED.0, MOVED.1.into())]);
    std::fs::write(&path, stored.to_string()).unwrap();
    let story = Setup::default().aged(DAY).store(&path).begin();
    assert_eq!(story.refresher.current().unwrap().metadata().token_endpoint, MOVED.1);
    assert_eq!(drift(&story), ["token_endpoint"]);
}

#[test]
fn the_status_tells_drift_to_machines() {
    let story = story();
    publish(&story, &[(MOVED.0, MOVED.1.into())]);
    let status: serde_json::Value = serde_json::from_str(&story.status().to_string()).unwrap();
    assert_eq!(status["drift"][0]["member"], "token_endpoint");
    assert_eq!(status["drift"][0]["after"], MOVED.1);
}
