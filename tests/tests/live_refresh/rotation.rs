//! The first fetch, and rotations of keys, over TLS.

use idporten_config::refresh::{Health, LookupError, RefreshPolicy, Source};
use idporten_config_tests::live::{JWKS, TEST, WELL_KNOWN, asked, keys, metadata_with, provider, ready};

#[test]
fn a_start_without_a_seed_fetches_each_document_once() {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default());
    let current = refresher.current().unwrap();
    assert_eq!(current.metadata().issuer, TEST.issuer());
    assert_eq!(current.metadata().jwks_uri, JWKS);
    assert_eq!(refresher.find_keys(Some("a"), "RS256").unwrap().iter().len(), 1);
    let status = refresher.status();
    assert_eq!((status.health(), status.source), (Health::Ok, Some(Source::Network)));
    assert_eq!((status.consecutive_failures, status.last_error), (0, None));
    assert_eq!(asked(&server), [WELL_KNOWN, JWKS]);
}

#[test]
fn a_rotation_is_followed_by_the_first_token_with_the_new_key() {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default());
    let before = refresher.current().unwrap().to_arc();

    server.on(JWKS, keys(&["a", "b"]));
    assert!(refresher.find_keys_wait(Some("b"), "RS256").is_ok(), "this very token");
    assert!(refresher.find_keys(Some("a"), "RS256").is_ok(), "the overlap");
    assert_eq!(asked(&server).len(), 4, "one fetch");

    server.on(JWKS, keys(&["b"]));
    refresher.refresh_now().unwrap();
    assert!(refresher.find_keys(Some("b"), "RS256").is_ok());
    let old = refresher.find_keys_wait(Some("a"), "RS256");
    assert!(matches!(old, Err(LookupError::Undetermined { .. })), "one answer alone lacks it: {old:?}");
    assert_eq!(asked(&server).len(), 6, "one that was asked for; that which confirms comes later");
    assert_eq!(before.find_keys(Some("a"), "RS256").len(), 1, "what was kept does not change");
}

#[test]
fn a_look_up_without_waiting_starts_the_fetch_for_later_ones() {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default());
    server.on(JWKS, keys(&["b"]));
    assert!(matches!(refresher.find_keys(Some("b"), "RS256"), Err(LookupError::Undetermined { .. })));
    assert!(refresher.find_keys_wait(Some("b"), "RS256").is_ok());
    assert_eq!(asked(&server).len(), 4, "one fetch for both");
    assert_eq!(refresher.status().counters.unknown_kid_fetches, 1);
}

#[test]
fn new_endpoints_come_with_the_keys_and_are_told_of_as_drift() {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default());
    let moved = "https://test.idporten.no/moved/token";
    server.on(WELL_KNOWN, metadata_with("token_endpoint", moved));
    refresher.refresh_now().unwrap();
    assert_eq!(refresher.current().unwrap().metadata().token_endpoint, moved);
    assert!(refresher.status().to_string().contains("token_endpoint"), "{}", refresher.status());
}
