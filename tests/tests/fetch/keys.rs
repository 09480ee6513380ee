//! The key set: one bad entry never costs a good one, and a set without a good one is refused.

use idporten_config::document::Rule;
use idporten_config::document::{JwkSet, MAX_KEYS};
use idporten_config::fetch::{Kind, Step};
use idporten_config_tests::server::{Reply, Server};

use crate::story::{JWKS, MARKER, Outcome, WELL_KNOWN, fetch, fetch_from, key, key_set, metadata, modulus};

#[track_caller]
fn refused(keys: Reply, message: &str) -> Outcome {
    let outcome = fetch(metadata(), keys).refused(Kind::Document, Step::Keys, message).asked(&[WELL_KNOWN, JWKS]);
    assert_eq!(outcome.error().url(), Some(JWKS));
    outcome
}

#[track_caller]
fn accepted(entries: &[String]) -> JwkSet {
    fetch(metadata(), key_set(entries)).accepted().jwks().unwrap().clone()
}

fn rsa_with(members: &str) -> String {
    format!(r#"{{"kty":"RSA","e":"AQAB","n":"{}"{members}}}"#, modulus("x"))
}

#[test]
fn a_document_that_is_no_key_set_is_refused() {
    for body in ["null", "1", "[]", "\"\""] {
        refused(Reply::json(body), "the top level of a key set must be an object");
    }
    for body in ["{", "", &format!("{{\"keys\": {MARKER}}}"), "\u{feff}{}"] {
        refused(Reply::json(body), "not JSON: ");
    }
    refused(Reply::json("[".repeat(10_000)), "nested deeper than 64 levels");
    refused(Reply::json("{}"), "must have a list `keys`");
    for body in [r#"{"keys":null}"#, r#"{"keys":{}}"#, r#"{"keys":"x"}"#] {
        refused(Reply::json(body), "`keys` must be a list");
    }
    refused(Reply::json(format!(r#"{{"keys":[{0}],"keys":[{0}]}}"#, key("a"))), "the member `keys` is there twice");
}

#[test]
fn a_set_without_a_usable_key_is_refused_with_every_reason() {
    refused(key_set(&[]), "the key set has no usable key");
    let entries = [rsa_with(r#","use":"enc""#), "null".to_owned(), r#"{"kty":"oct","k":"m4rk3r"}"#.to_owned()];
    let outcome = refused(key_set(&entries), "entry 0: `use` is not `sig`; entry 1: must be an object, found null");
    assert_eq!(outcome.error().violations()[0].rule, Rule::Keys);
}

#[test]
fn junk_beside_a_good_key_costs_the_good_key_nothing() {
    let short = format!("{}A", &modulus("x")[..170]);
    let junk = [
        ("null".to_owned(), "must be an object"),
        ("\"x\"".to_owned(), "must be an object"),
        ("[]".to_owned(), "must be an object"),
        ("0".to_owned(), "must be an object"),
        (r#"{"kty":"AKP","alg":"ML-DSA-65","pub":"AA"}"#.to_owned(), "`kty` is not"),
        (r#"{"kty":"oct","k":"m4rk3r"}"#.to_owned(), "`kty` is `oct`"),
        (r#"{"kty":"RSA","e":"AQAB"}"#.to_owned(), "`n` is missing"),
        (r#"{"kty":"EC","crv":"P-256","x":"AA"}"#.to_owned(), "`x` has 1 bytes"),
        (r#"{"kty":"OKP","x":"AA"}"#.to_owned(), "`crv` is missing"),
        (format!(r#"{{"kty":"RSA","e":"AQAB","n":"{}=="}}"#, modulus("x")), "without padding"),
        (format!(r#"{{"kty":"RSA","e":"AQAB","n":"{short}"}}"#), "bits; at least 2048"),
        (rsa_with(r#","kid":1"#), "`kid` must be a string"),
        (rsa_with(r#","alg":1"#), "`alg` must be a string"),
        (rsa_with(r#","use":1"#), "`use` must be a string"),
        (rsa_with(r#","use":"enc""#), "`use` is not `sig`"),
        (rsa_with(r#","alg":"ES256""#), "does not fit"),
        (rsa_with(r#","e":"AQAB""#), "is there twice"),
    ];
    let entries: Vec<_> = junk.iter().map(|(entry, _)| entry.clone()).chain([key("good")]).collect();
    let set = accepted(&entries);
    assert_eq!(set.keys().iter().map(|key| key.kid()).collect::<Vec<_>>(), [Some("good")]);
    assert_eq!(set.rejected().len(), junk.len());
    assert!(!set.is_leaked());
    for (rejected, (entry, reason)) in set.rejected().iter().zip(&junk) {
        assert!(rejected.reason.contains(reason), "{entry}: {}", rejected.reason);
        assert!(!rejected.reason.contains(MARKER));
    }
}

#[test]
fn a_published_private_key_marks_the_set_and_the_rest_serves() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"] {
        let set = accepted(&[rsa_with(&format!(r#","kid":"leaked","{member}":"{MARKER}""#)), key("good")]);
        assert!(set.is_leaked(), "{member}");
        assert_eq!(set.keys().iter().map(|key| key.kid()).collect::<Vec<_>>(), [Some("good")]);
        assert_eq!(set.rejected()[0].kid.as_deref(), Some("leaked"));
    }
    let alone = refused(key_set(&[rsa_with(&format!(r#","d":"{MARKER}""#))]), "must be taken as leaked");
    assert_eq!(alone.error().violations()[0].rule, Rule::Leaked);
}

#[test]
fn certificates_play_no_part_in_whether_a_key_is_served() {
    for x5c in ["\"x\"", "[]", "[\"AAAA\"]", "null"] {
        assert_eq!(accepted(&[rsa_with(&format!(r#","x5c":{x5c}"#))]).keys().len(), 1, "{x5c}");
    }
}

#[test]
fn an_address_within_a_key_is_never_asked() {
    let elsewhere = "https://test.idporten.no/elsewhere";
    let server = Server::start();
    server.on(WELL_KNOWN, metadata());
    server.on(JWKS, key_set(&[rsa_with(&format!(r#","x5u":"{elsewhere}","jku":"{elsewhere}""#))]));
    server.on(elsewhere, Reply::json("{}"));
    fetch_from(&server, server.options()).asked(&[WELL_KNOWN, JWKS]).accepted();
}

#[test]
fn as_many_keys_as_allowed_are_accepted_and_one_more_is_refused() {
    let keys: Vec<_> = (0..=MAX_KEYS).map(|i| key(&format!("kid{i}"))).collect();
    assert_eq!(accepted(&keys[..MAX_KEYS]).keys().len(), MAX_KEYS);
    refused(key_set(&keys), "101 keys; at most 100 are accepted");
}

#[test]
fn different_keys_under_one_kid_are_all_candidates_and_are_reported() {
    let other = key("a").replace(&modulus("a"), &modulus("b"));
    let set = accepted(&[key("a"), other, key("a")]);
    assert_eq!(set.keys().len(), 2, "equal ones are one");
    assert_eq!(set.ambiguous_kids(), ["a"]);
}
