//! The metadata document: what is accepted, and what is refused before anything more is asked for.

use std::time::{Duration, SystemTime};

use idporten_config::document::Origin;
use idporten_config::document::Rule;
use idporten_config::document::json::Value;
use idporten_config::environment::{KnownEnvironment, Lifecycle};
use idporten_config::fetch::{Fetcher, Kind, Step};
use idporten_config::{SigningAlg, Snapshot};
use idporten_config_tests::server::{Reply, Server};

use crate::story::{
    JWKS, MARKER, TEST, WELL_KNOWN, document, fetch, fetch_from, key, keys, metadata, metadata_with, metadata_without,
};

/// Metadata that must be refused, with nothing asked for after it.
#[track_caller]
fn refused(metadata: Reply, message: &str) {
    let outcome = fetch(metadata, keys()).refused(Kind::Document, Step::Metadata, message).asked(&[WELL_KNOWN]);
    assert_eq!(outcome.error().url(), Some(WELL_KNOWN));
    assert!(!outcome.error().violations().is_empty());
}

#[test]
fn the_documents_are_taken_as_they_are_served() {
    let server = Server::start();
    server.on(WELL_KNOWN, metadata());
    server.on(JWKS, keys());
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let snapshot = Fetcher::new(server.options()).unwrap().fetch(&TEST.into(), now).unwrap();
    assert_eq!((snapshot.origin(), snapshot.as_of()), (Origin::Fetched, now));
    assert_eq!(snapshot.metadata_json(), &document(TEST));
    assert_eq!(
        snapshot.jwks_json(),
        Some(&Value::parse(format!(r#"{{"keys":[{}],"served_by":"{MARKER}"}}"#, key("a")).as_bytes()).unwrap())
    );
    assert!(snapshot.complete_metadata().is_some());
    assert_eq!(Snapshot::parse(snapshot.to_string()).unwrap(), snapshot);
}

#[test]
fn each_environment_is_fetched_from_its_own_urls() {
    let server = Server::start();
    let fetcher = Fetcher::new(server.options()).unwrap();
    let mut expected = Vec::new();
    for environment in KnownEnvironment::ALL.iter().filter(|environment| environment.lifecycle() == Lifecycle::Active) {
        let document = document(*environment);
        let jwks_uri = document.get("jwks_uri").and_then(Value::as_str).unwrap().to_owned();
        server.on(environment.well_known_url(), Reply::json(Value::from(document).to_string()));
        server.on(&jwks_uri, keys());
        expected.extend([environment.well_known_url().to_owned(), jwks_uri]);
        let snapshot = fetcher.fetch(&(*environment).into(), SystemTime::now()).unwrap();
        assert_eq!(snapshot.metadata().issuer.as_deref(), Some(environment.issuer()));
    }
    assert!(expected.contains(&"https://maskinporten.no/.well-known/oauth-authorization-server".to_owned()));
    assert_eq!(server.requests().into_iter().map(|request| request.url).collect::<Vec<_>>(), expected);
}

#[test]
fn the_keys_are_asked_for_at_exactly_the_published_address() {
    for jwks_uri in ["https://test.idporten.no/7f3a9c/jwks", "https://test.idporten.no/keys%2Fall?set=b&v=2"] {
        let server = Server::start();
        server.on(WELL_KNOWN, metadata_with("jwks_uri", jwks_uri));
        server.on(jwks_uri, keys());
        fetch_from(&server, server.options()).asked(&[WELL_KNOWN, jwks_uri]).accepted();
    }
}

#[test]
fn keys_that_move_are_found_by_the_next_fetch() {
    let (server, moved) = (Server::start(), "https://test.idporten.no/jwks/2");
    server.on(WELL_KNOWN, [metadata(), metadata_with("jwks_uri", moved)]);
    server.on(JWKS, keys());
    server.on(moved, keys());
    let fetcher = Fetcher::new(server.options()).unwrap();
    for _ in 0..2 {
        fetcher.fetch(&TEST.into(), SystemTime::now()).unwrap();
    }
    let urls: Vec<_> = server.requests().into_iter().map(|request| request.url).collect();
    assert_eq!(urls, [WELL_KNOWN, JWKS, WELL_KNOWN, moved]);
}

#[test]
fn a_document_of_another_issuer_is_refused_and_nothing_more_is_asked() {
    for issuer in ["https://idporten.no", "https://test.idporten.no/pathname", "https://TEST.idporten.no", ""] {
        refused(metadata_with("issuer", issuer), "differs from the environment's");
    }
    refused(
        metadata_with("issuer", "https://test.idporten.no/"),
        "expected \"https://test.idporten.no\", found \"https://test.idporten.no/\" (differs only by a trailing slash)",
    );
    refused(metadata_with("issuer", Value::Null), "`metadata.issuer`: must be a string, found null");
    refused(metadata_with("issuer", 1), "`metadata.issuer`: must be a string, found a number");
    refused(metadata_without("issuer"), "`metadata.issuer`: is required by");
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    for body in ["null", "[]", "\"\"", "1", "true"] {
        refused(Reply::json(body), "must be a top level object, found");
    }
    for body in ["", "{\"", "{", " ", "{}{}", &format!("{{{MARKER}}}"), &format!("{{\"a\": {MARKER}}}")] {
        refused(Reply::json(body), "not JSON: ");
    }
    refused(Reply::json(b"{\"a\": \"\xff\"}"), "not UTF-8");
    refused(Reply::json(format!("\u{feff}{{\"a\": \"{MARKER}\"}}")), "byte-order mark");
    refused(Reply::json("[".repeat(10_000)), "nested deeper than 64 levels");
    refused(Reply::json(r#"{"a":"#.repeat(100_000)), "nested deeper than 64 levels");
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    let twice = format!(r#"{{"jwks_uri": "{JWKS}", "jwks_uri": "{JWKS}", "served_by": "{MARKER}"}}"#);
    refused(Reply::json(twice), "`metadata.jwks_uri`: is there twice");
    let outcome = fetch(Reply::json(r#"{"a": {"b": 1, "b": 1}}"#), keys());
    assert!(outcome.error().violations().iter().any(|violation| violation.rule == Rule::Duplicate));
}

#[test]
fn an_address_of_keys_that_may_not_be_trusted_is_never_asked() {
    for (jwks_uri, message) in [
        ("http://test.idporten.no/jwks.json", "is plain http"),
        ("/jwks.json", "is not an absolute https URL"),
        ("jwks", "is not an absolute https URL"),
        ("", "is not an absolute https URL"),
        ("file:///etc/passwd", "is not an absolute https URL"),
        ("https://idporten.no/jwks.json", "is not on test.idporten.no"),
        ("https://mirror.example/jwks.json", "is not on test.idporten.no"),
        ("https://login.test.idporten.no/jwks.json", "must be on the issuer's own host"),
        ("https://test.idporten.no@mirror.example/jwks.json", "has user information"),
        ("https://test.idporten.no:8443/jwks.json", "has a port"),
        ("https://127.0.0.1/jwks.json", "is not on test.idporten.no"),
        ("https://169.254.169.254/latest/meta-data", "is not on test.idporten.no"),
        ("https://test.idporten.no\\@mirror.example/", "has user information"),
        ("https://mirror.example\\.test.idporten.no/", "has a host with characters"),
        ("https://test.idporten.no/../jwks.json", "`.` or `..`"),
        ("https://test.idporten.no/jwks.json#a", "has a fragment"),
    ] {
        refused(metadata_with("jwks_uri", jwks_uri), message);
    }
    refused(metadata_with("jwks_uri", Value::Null), "`metadata.jwks_uri`: must be a string");
    refused(metadata_without("jwks_uri"), "`metadata.jwks_uri`: is required by OpenID Connect Discovery");
}

#[test]
fn production_never_asks_test_for_keys() {
    let (server, production) = (Server::start(), KnownEnvironment::IdportenProd);
    let mut document = document(production);
    document.set("jwks_uri", JWKS.into());
    server.on(production.well_known_url(), Reply::json(Value::from(document).to_string()));
    server.on(JWKS, keys());
    let fetcher = Fetcher::new(server.options()).unwrap();
    let error = fetcher.fetch(&production.into(), SystemTime::now()).unwrap_err();
    assert!(error.to_string().contains("is on a host of another environment, idporten-test"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn every_endpoint_must_be_https() {
    for member in ["token_endpoint", "userinfo_endpoint", "an_endpoint_of_tomorrow_endpoint"] {
        refused(metadata_with(member, "http://test.idporten.no/x"), &format!("`metadata.{member}`: "));
    }
}

#[test]
fn every_rule_that_is_broken_is_reported_at_once() {
    let outcome = fetch(Reply::json(r#"{"issuer": 1, "scopes_supported": "openid"}"#), keys());
    let rules: Vec<_> = outcome.error().violations().iter().map(|violation| violation.rule).collect();
    assert_eq!(rules.iter().filter(|rule| **rule == Rule::Missing).count(), 6);
    assert_eq!(rules.iter().filter(|rule| **rule == Rule::Type).count(), 2);
}

#[test]
fn algorithms_that_verify_nothing_never_reach_a_verifier() {
    let algs = vec!["none", "HS256", "RS256", "ES256"];
    let snapshot = fetch(metadata_with("id_token_signing_alg_values_supported", algs), keys()).accepted();
    assert_eq!(snapshot.signing_algs(), [SigningAlg::RS256, SigningAlg::ES256]);
}

#[test]
fn a_content_type_that_is_not_json_is_refused() {
    let refused = |reply: fn(Reply) -> Reply, message| {
        fetch(reply(metadata()), keys()).refused(Kind::Document, Step::Metadata, message).asked(&[WELL_KNOWN]);
        fetch(metadata(), reply(keys())).refused(Kind::Document, Step::Keys, message);
    };
    refused(|reply| reply.header("Content-Type", "text/html; charset=utf-8"), "\"text/html; charset=utf-8\"");
    refused(|reply| reply.header("Content-Type", "text/json"), "not JSON");
    let absent = "the content type is absent, not JSON; the provider must send `Content-Type: application/json`";
    refused(|reply| reply.without("Content-Type"), absent);
    refused(|reply| reply.header("Content-Type", ""), absent);
}

#[test]
fn a_very_long_content_type_is_cut_in_the_message() {
    let endless = format!("text/{}", "x".repeat(10_000));
    let outcome = fetch(metadata().header("Content-Type", endless), keys());
    assert!(outcome.error().to_string().len() < 1_000, "{} bytes", outcome.error().to_string().len());
}

#[test]
fn a_content_type_that_is_json_is_accepted() {
    for content_type in ["application/json; charset=utf-8", "application/jwk-set+json", "Application/JSON"] {
        fetch(metadata(), keys().header("Content-Type", content_type)).asked(&[WELL_KNOWN, JWKS]).accepted();
    }
    fetch(metadata().header("Content-Type", "application/json;charset=UTF-8"), keys()).accepted();
}
