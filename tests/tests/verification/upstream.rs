//! The surprising behaviour of `jsonwebtoken` 11.1.0 that this project replaces. Found by running
//! it; where one of these fails, the crate has changed, and what is said of it in `interop` is to be read again.

use idporten_config::interop::jsonwebtoken::InvalidToken;
use idporten_config::testing::{sign, sign_text, signing_key};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::story::{CLIENT, HEADER, id_claims, id_token_under, id_token_with, refused, verify_id_token, with};

/// A program that is written by hand as the documentation of the crate suggests. The crate reads the system's clock, so that the
/// leeway has to bridge the years between the stories and the day of this run.
fn by_hand(jwt: &str) -> Result<(), ErrorKind> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.leeway = 1_500_000_000;
    validation.set_issuer(&["https://test.idporten.no"]);
    validation.set_audience(&[CLIENT]);
    let decoded = decode::<IgnoredAny>(jwt, &key(), &validation);
    decoded.map(drop).map_err(jsonwebtoken::errors::Error::into_kind)
}

fn key() -> DecodingKey {
    let jwk: Value = serde_json::from_str(&signing_key("one", 0).to_string()).unwrap();
    DecodingKey::from_rsa_components(jwk["n"].as_str().unwrap(), "AQAB").unwrap()
}

#[test]
fn it_leaves_the_headers_type_and_critical_extensions_to_the_caller() {
    for (header, wanted) in [
        (r#"{"alg":"RS256","kid":"one","crit":["x"]}"#, InvalidToken::Critical),
        (r#"{"alg":"RS256","kid":"one","typ":"logout+jwt"}"#, InvalidToken::Type),
    ] {
        let jwt = id_token_under(header);
        assert!(by_hand(&jwt).is_ok(), "{header}");
        refused(verify_id_token(&jwt), &wanted);
    }
}

#[test]
fn it_does_not_require_the_claims_that_it_compares() {
    for name in ["iss", "aud"] {
        let jwt = id_token_with(name, Value::Null);
        assert!(by_hand(&jwt).is_ok(), "{name}");
        refused(verify_id_token(&jwt), &InvalidToken::Missing(name));
    }
}

#[test]
fn it_accepts_one_of_several_issuers_and_any_audience_beside_ours() {
    let issuers = id_token_with("iss", json!(["https://attacker.example", "https://test.idporten.no"]));
    assert!(by_hand(&issuers).is_ok());
    refused(verify_id_token(&issuers), &InvalidToken::WrongType("iss"));
    let audiences = id_token_with("aud", json!([CLIENT, "https://attacker.example"]));
    assert!(by_hand(&audiences).is_ok());
    refused(verify_id_token(&audiences), &InvalidToken::Audience);
}

#[test]
fn it_looks_neither_at_nbf_nor_at_iat_by_itself() {
    let future = u64::from(u32::MAX);
    let jwt = sign("one", 0, &with(with(id_claims(), "nbf", json!(future)), "exp", json!(future)));
    assert!(by_hand(&jwt).is_ok());
    refused(verify_id_token(&jwt), &InvalidToken::NotYetValid);
}

#[test]
fn it_takes_a_claim_of_the_wrong_type_for_an_absent_one() {
    let jwt = id_token_with("exp", json!("1800000120"));
    assert_eq!(by_hand(&jwt), Err(ErrorKind::MissingRequiredClaim("exp".into())));
    refused(verify_id_token(&jwt), &InvalidToken::WrongType("exp"));
}

#[test]
fn its_list_of_algorithms_must_be_of_one_family() {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.algorithms.push(Algorithm::ES256);
    validation.set_audience(&[CLIENT]);
    let answer = decode::<IgnoredAny>(sign("one", 0, &id_claims()), &key(), &validation);
    assert_eq!(answer.unwrap_err().into_kind(), ErrorKind::InvalidAlgorithm);
}

#[test]
fn its_key_set_fails_as_a_whole_on_one_bad_entry() {
    let good = signing_key("one", 0).to_string();
    let reads = |entry: &str| serde_json::from_str::<JwkSet>(&format!("{{\"keys\":[{good},{entry}]}}")).is_ok();
    assert!(reads(r#"{"kty":"AKP","kid":"new"}"#));
    for entry in
        ["null", r#"{"kty":"RSA","kid":1,"n":"AQAB","e":"AQAB"}"#, r#"{"kty":"RSA","x5c":"A","n":"AQAB","e":"AQAB"}"#]
    {
        assert!(!reads(entry), "{entry}");
    }
}

#[test]
fn it_finds_the_first_of_two_keys_under_one_kid_alone() {
    let set = format!("{{\"keys\":[{},{}]}}", signing_key("one", 1), signing_key("one", 0));
    let set: JwkSet = serde_json::from_str(&set).unwrap();
    let key = DecodingKey::from_jwk(set.find("one").unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[CLIENT]);
    let jwt = sign("one", 0, &id_claims());
    assert_eq!(decode::<IgnoredAny>(jwt, &key, &validation).unwrap_err().into_kind(), ErrorKind::InvalidSignature);
}

#[test]
fn it_reads_an_ed448_key_as_one_of_ed25519() {
    let ed448 = DecodingKey::from_ed_components(&"A".repeat(76)).unwrap();
    assert_eq!(ed448.family(), jsonwebtoken::AlgorithmFamily::Ed);
}

#[test]
fn it_refuses_a_header_with_a_kid_that_is_a_number() {
    let jwt = sign_text(&HEADER.replace("\"one\"", "1"), &id_claims().to_string(), 0);
    assert!(matches!(by_hand(&jwt), Err(ErrorKind::Json(_))), "{:?}", by_hand(&jwt));
    refused(verify_id_token(&jwt), &InvalidToken::WrongType("kid"));
}
