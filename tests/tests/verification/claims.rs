//! ID tokens that are right in everything but one claim.

use std::time::Duration;

use idporten_config::interop::jsonwebtoken::{Expect, InvalidToken, Rules, VerifyError};
use idporten_config::testing::{sign, sign_text};
use serde_json::{Value, json};

use crate::story::{CLIENT, HEADER, NONCE, NOW, Story, id_claims, id_token_with, refused, verify_id_token, with};

/// The claims that a verification of an ID token looks at.
const CHECKED: [&str; 13] =
    ["iss", "aud", "sub", "azp", "nonce", "acr", "jti", "sid", "exp", "nbf", "iat", "auth_time", "events"];

#[test]
fn an_id_token_with_nothing_wrong_is_accepted() {
    let token = verify_id_token(&sign("one", 0, &id_claims())).unwrap();
    assert_eq!((token.claims.sub.as_str(), token.kid.as_deref(), token.alg.as_str()), ("a-user", Some("one"), "RS256"));
}

/// Each line is a claim, what it is set to (`null` takes it away), and the decision.
#[test]
fn one_wrong_claim_refuses_an_id_token() {
    let wrong = |name| InvalidToken::WrongType(name);
    let missing = |name| InvalidToken::Missing(name);
    let cases = [
        ("iss", json!("https://test.idporten.no/"), InvalidToken::Issuer),
        ("iss", json!("https://idporten.no"), InvalidToken::Issuer),
        ("iss", json!("HTTPS://TEST.IDPORTEN.NO"), InvalidToken::Issuer),
        ("iss", json!(""), InvalidToken::Issuer),
        ("iss", json!("http://test.idporten.no"), InvalidToken::Issuer),
        ("iss", json!("https://test.idporten.no:443"), InvalidToken::Issuer),
        ("iss", json!("https://test.idporten.no."), InvalidToken::Issuer),
        ("iss", json!("https://test.idporten.no#"), InvalidToken::Issuer),
        ("iss", json!(" https://test.idporten.no"), InvalidToken::Issuer),
        ("iss", json!("https://test.idporten.no\0"), InvalidToken::Issuer),
        ("iss", json!("https://test.idporten.no\u{200b}"), InvalidToken::Issuer),
        ("iss", json!("https://test.idp\u{3bf}rten.no"), InvalidToken::Issuer),
        ("iss", json!("https://test.idporten.n\u{ba}"), InvalidToken::Issuer),
        ("iss", json!("https://login.test.idporten.no"), InvalidToken::Issuer),
        ("iss", json!(0), wrong("iss")),
        ("iss", json!(true), wrong("iss")),
        ("iss", Value::Null, missing("iss")),
        ("iss", json!(["https://test.idporten.no"]), wrong("iss")),
        ("iss", json!({ "0": "https://test.idporten.no" }), wrong("iss")),
        ("aud", json!("another-client"), InvalidToken::Audience),
        ("aud", json!(CLIENT.to_uppercase()), InvalidToken::Audience),
        ("aud", json!(""), InvalidToken::Audience),
        ("aud", json!([]), missing("aud")),
        ("aud", Value::Null, missing("aud")),
        ("aud", json!([CLIENT, "another-client"]), InvalidToken::Audience),
        ("aud", json!([CLIENT, ""]), InvalidToken::Audience),
        ("aud", json!([CLIENT, CLIENT]), missing("azp")),
        ("aud", json!(format!("{CLIENT} ")), InvalidToken::Audience),
        ("aud", json!(format!("{CLIENT} another-client")), InvalidToken::Audience),
        ("aud", json!(1), wrong("aud")),
        ("aud", json!([CLIENT, 1]), wrong("aud")),
        ("aud", json!([CLIENT, null]), wrong("aud")),
        ("aud", json!([CLIENT, [CLIENT]]), wrong("aud")),
        ("aud", json!([[CLIENT]]), wrong("aud")),
        ("aud", json!({ CLIENT: true }), wrong("aud")),
        ("azp", json!("another-client"), InvalidToken::AuthorizedParty),
        ("azp", json!(""), InvalidToken::AuthorizedParty),
        ("azp", json!([CLIENT]), wrong("azp")),
        ("exp", json!(NOW - 61), InvalidToken::Expired),
        ("exp", json!(NOW - 60), InvalidToken::Expired),
        ("exp", json!(0), InvalidToken::Expired),
        ("exp", json!(-1), InvalidToken::Expired),
        ("exp", json!(-1e300), InvalidToken::Expired),
        ("exp", Value::Null, missing("exp")),
        ("exp", json!((NOW + 120).to_string()), wrong("exp")),
        ("exp", json!([NOW + 120]), wrong("exp")),
        ("exp", json!(true), wrong("exp")),
        ("exp", json!({ "seconds": NOW + 120 }), wrong("exp")),
        ("exp", json!(f64::MIN_POSITIVE), InvalidToken::Expired),
        ("nbf", json!(NOW + 61), InvalidToken::NotYetValid),
        ("nbf", json!(1_800_000_060.5), InvalidToken::NotYetValid),
        ("nbf", json!((NOW - 1).to_string()), wrong("nbf")),
        ("nbf", json!([NOW - 1]), wrong("nbf")),
        ("nbf", json!(1e300), InvalidToken::NotYetValid),
        ("iat", json!(u64::MAX), InvalidToken::IssuedInFuture),
        ("iat", json!({}), wrong("iat")),
        ("jti", json!(["a-token"]), wrong("jti")),
        ("sid", json!({}), wrong("sid")),
        ("iat", json!(NOW + 61), InvalidToken::IssuedInFuture),
        ("iat", Value::Null, missing("iat")),
        ("iat", json!(NOW.to_string()), wrong("iat")),
        ("auth_time", json!(NOW + 61), InvalidToken::IssuedInFuture),
        ("auth_time", json!("now"), wrong("auth_time")),
        ("nonce", json!("another"), InvalidToken::Nonce),
        ("nonce", json!(NONCE.to_lowercase()), InvalidToken::Nonce),
        ("nonce", json!(format!("{NONCE}A")), InvalidToken::Nonce),
        ("nonce", json!(""), InvalidToken::Nonce),
        ("nonce", Value::Null, InvalidToken::Nonce),
        ("nonce", json!(format!("{NONCE} ")), InvalidToken::Nonce),
        ("nonce", json!(1), wrong("nonce")),
        ("nonce", json!([NONCE]), wrong("nonce")),
        ("sub", Value::Null, missing("sub")),
        ("sub", json!(["a-user"]), wrong("sub")),
        ("sub", json!(1), wrong("sub")),
        ("acr", json!(["idporten-loa-high"]), wrong("acr")),
    ];
    for (name, value, wanted) in cases {
        let found = verify_id_token(&id_token_with(name, value.clone())).map_err(|error| format!("{error:?}"));
        assert_eq!(found.unwrap_err(), format!("Invalid({wanted:?})"), "{name}: {value}");
    }
}

#[test]
fn a_null_claim_has_the_wrong_type_and_is_not_absent() {
    let mut claims = id_claims();
    for name in CHECKED {
        let value = claims[name].take();
        refused(verify_id_token(&sign("one", 0, &claims)), &InvalidToken::WrongType(name));
        claims = with(claims, name, value);
    }
}

#[test]
fn times_are_compared_with_a_leeway_of_a_minute() {
    for (name, value) in [("exp", NOW - 59), ("nbf", NOW + 60), ("iat", NOW + 60), ("auth_time", NOW + 60)] {
        assert!(verify_id_token(&id_token_with(name, json!(value))).is_ok(), "{name}");
    }
    let fraction = id_token_with("exp", json!(1_800_000_000.5));
    assert!(verify_id_token(&fraction).is_ok(), "RFC 7519 allows fractions of a second");
}

#[test]
fn numbers_at_the_limits_decide_without_a_panic() {
    for exp in [json!(u64::MAX), json!(9_007_199_254_740_993_u64), json!(1e308), json!(1.8e9 + 1.25)] {
        assert!(verify_id_token(&id_token_with("exp", exp.clone())).is_ok(), "{exp}");
    }
    // Not a number of JSON that is one of this machine.
    for exp in ["1e999", "-1e999", "NaN", "Infinity", "01800000120", "0x6b49d278", "1800000120.", "+1800000120"] {
        let claims = id_claims().to_string().replace(&format!("\"exp\":{}", NOW + 120), &format!("\"exp\":{exp}"));
        assert!(claims.contains(exp), "{claims}");
        refused(verify_id_token(&sign_text(HEADER, &claims, 0)), &InvalidToken::Malformed);
    }
}

#[test]
fn a_claim_of_the_programs_own_is_refused_if_twice() {
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "it is never made")]
    struct Person {
        pid: String,
    }
    let twice = id_claims().to_string().replacen('{', r#"{"pid":"one","\u0070id":"other","#, 1);
    let verifier = Story::idporten().verifier(Rules::id_token(CLIENT));
    let answer = verifier.verify::<Person>(&sign_text(HEADER, &twice, 0), &Expect::nonce(NONCE));
    assert!(matches!(answer, Err(VerifyError::Invalid(InvalidToken::Claims(_)))), "{answer:?}");
}

#[test]
fn a_leeway_of_nothing_is_obeyed() {
    let story = Story::idporten();
    let verifier = story.verifier(Rules::id_token(CLIENT).leeway(Duration::ZERO));
    let verify = |jwt: &str| verifier.verify::<crate::story::Claims>(jwt, &Expect::nonce(NONCE));
    refused(verify(&id_token_with("exp", json!(NOW))), &InvalidToken::Expired);
    refused(verify(&id_token_with("nbf", json!(NOW + 1))), &InvalidToken::NotYetValid);
    assert!(verify(&id_token_with("exp", json!(NOW + 1))).is_ok());
    story.clock.advance(Duration::from_millis(500));
    refused(verify(&id_token_with("nbf", json!(1_800_000_000.75))), &InvalidToken::NotYetValid);
    assert!(verify(&id_token_with("nbf", json!(1_800_000_000.25))).is_ok(), "fractions count on both sides");
}

#[test]
fn our_audience_may_stand_in_an_array_alone() {
    assert!(verify_id_token(&id_token_with("aud", json!([CLIENT]))).is_ok());
}

#[test]
fn a_second_audience_must_be_trusted_and_then_needs_azp() {
    let verifier = Story::idporten().verifier(Rules::id_token(CLIENT).trusted_audience("partner"));
    let verify =
        |claims: &Value| verifier.verify::<crate::story::Claims>(&sign("one", 0, claims), &Expect::nonce(NONCE));
    assert!(verify(&id_claims()).is_ok(), "ours alone needs no azp");
    let both = with(id_claims(), "aud", json!(["partner", CLIENT]));
    refused(verify(&both), &InvalidToken::Missing("azp"));
    refused(verify(&with(both.clone(), "azp", json!("partner"))), &InvalidToken::AuthorizedParty);
    assert!(verify(&with(both, "azp", json!(CLIENT))).is_ok());
    refused(verify(&with(id_claims(), "aud", json!("partner"))), &InvalidToken::Audience);
    refused(verify(&with(id_claims(), "aud", json!([CLIENT, "partner", "other"]))), &InvalidToken::Audience);
}

#[test]
fn a_nonce_that_was_sent_must_be_compared() {
    let verifier = Story::idporten().verifier(Rules::id_token(CLIENT));
    let verify = |jwt: &str, expect: &Expect| verifier.verify::<crate::story::Claims>(jwt, expect);
    let (with_nonce, without) = (sign("one", 0, &id_claims()), id_token_with("nonce", Value::Null));
    refused(verify(&with_nonce, &Expect::none()), &InvalidToken::Nonce);
    refused(verify(&id_token_with("nonce", json!("")), &Expect::nonce("")), &InvalidToken::Nonce);
    refused(verify(&without, &Expect::nonce("")), &InvalidToken::Nonce);
    assert!(verify(&without, &Expect::none()).is_ok());
    assert!(verify(&with_nonce, &Expect::any_nonce()).is_ok(), "compared before");
    assert!(verify(&without, &Expect::any_nonce()).is_ok(), "none was sent");
}

#[test]
fn a_claim_that_is_there_twice_refuses_the_token() {
    for name in CHECKED {
        let value = &id_claims()[name];
        let claims = with(id_claims(), name, Value::Null).to_string();
        let twice = claims.replacen('{', &format!("{{\"{name}\":{value},\"{name}\":{value},"), 1);
        refused(verify_id_token(&sign_text(HEADER, &twice, 0)), &InvalidToken::Malformed);
    }
    let escaped = id_claims().to_string().replacen('{', r#"{"\u0069ss":"https://attacker.example","#, 1);
    refused(verify_id_token(&sign_text(HEADER, &escaped, 0)), &InvalidToken::Malformed);
}

#[test]
fn claims_that_are_no_object_refuse_the_token() {
    let surrogate = r#"{"iss":"\ud800"}"#;
    for claims in ["", "null", "[]", "\"text\"", "1", "{", "{}{}", "{\"iss\":}", "\u{feff}{}", "{'iss':1}", surrogate] {
        refused(verify_id_token(&sign_text(HEADER, claims, 0)), &InvalidToken::Malformed);
    }
    // The values of a valid token, in the order in which the verifier has its fields.
    let all = id_claims();
    let names = ["iss", "aud", "sub", "aud", "nonce", "sub", "sub", "sub", "sub", "exp", "iat", "iat", "iat"];
    let values = Value::from_iter(names.map(|name| all[name].clone()));
    refused(verify_id_token(&sign_text(HEADER, &values.to_string(), 0)), &InvalidToken::Malformed);
}

#[test]
fn nested_claims_refuse_the_token_instead_of_the_stack() {
    let nested = format!("{{\"iss\":{}", "[".repeat(5_000));
    refused(verify_id_token(&sign_text(HEADER, &nested, 0)), &InvalidToken::Malformed);
}

#[test]
fn claims_that_do_not_fit_name_the_place_without_values() {
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "it is never made")]
    struct Numbered {
        sub: u64,
    }
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "it is never made")]
    struct Person {
        pid: String,
    }
    let verifier = Story::idporten().verifier(Rules::id_token(CLIENT));
    for claims in [id_claims().to_string(), serde_json::to_string_pretty(&id_claims()).unwrap()] {
        let line = claims.lines().position(|line| line.contains("a-user")).unwrap() + 1;
        let answer = verifier.verify::<Numbered>(&sign_text(HEADER, &claims, 0), &Expect::nonce(NONCE));
        let error = answer.unwrap_err().to_string();
        assert!(error.contains(&format!(": line {line}, column ")) && !error.contains("a-user"), "{error}");
    }
    let error = verifier.verify::<Person>(&sign("one", 0, &id_claims()), &Expect::nonce(NONCE)).unwrap_err();
    refused(Err::<(), _>(error), &InvalidToken::Claims("`pid` is missing".into()));
}
