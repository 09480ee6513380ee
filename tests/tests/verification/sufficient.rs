//! Valid tokens that are not enough: levels, scopes, and the age of a log-in.

use std::time::Duration;

use idporten_config::idporten::AcrValue;
use idporten_config::interop::jsonwebtoken::{Expect, Insufficient, InvalidToken, Rules, VerifyError};
use idporten_config::testing::sign;
use serde_json::{Value, json};

use crate::story::{
    API, CLIENT, Claims, NONCE, NOW, Story, access_claims, id_claims, id_token_with, refused, verify_access_token, with,
};

#[track_caller]
fn insufficient<T: std::fmt::Debug>(answer: Result<T, VerifyError>, wanted: &Insufficient) {
    match answer {
        Err(error @ VerifyError::Insufficient(_)) => {
            assert_eq!(error.status(), 403);
            assert_eq!(format!("{error:?}"), format!("Insufficient({wanted:?})"));
        }
        other => panic!("wanted {wanted:?}, found {other:?}"),
    }
}

#[test]
fn only_a_level_below_the_requested_one_is_insufficient() {
    let verifier = Story::idporten().verifier(Rules::id_token(CLIENT).acr_at_least(AcrValue::IdportenLoaHigh));
    let verify = |acr: Value| verifier.verify::<Claims>(&id_token_with("acr", acr), &Expect::nonce(NONCE));
    let wanted = Insufficient::Level("idporten-loa-high".into());
    for acr in [
        "idporten-loa-substantial",
        "idporten-loa-low",
        "eidas-loa-high",
        "Level4",
        "",
        "IDPORTEN-LOA-HIGH",
        "idporten-loa-high ",
        "idporten-loa-high idporten-loa-substantial",
    ] {
        insufficient(verify(json!(acr)), &wanted);
    }
    insufficient(verify(Value::Null), &wanted);
    refused(verify(json!(["idporten-loa-high"])), &InvalidToken::WrongType("acr"));
    assert!(verify(json!("idporten-loa-high")).is_ok());
    let verifier = Story::idporten().verifier(Rules::id_token(CLIENT).acr_at_least("idporten-loa-substantial"));
    let high = id_token_with("acr", json!("idporten-loa-high"));
    assert!(verifier.verify::<Claims>(&high, &Expect::nonce(NONCE)).is_ok());
}

#[test]
fn values_without_an_order_are_accepted_by_name() {
    let rules = Rules::id_token(CLIENT).acr_one_of(["selfregistered-email", "idporten-loa-high"]);
    let verifier = Story::idporten().verifier(rules);
    let verify = |acr: Value| verifier.verify::<Claims>(&id_token_with("acr", acr), &Expect::nonce(NONCE));
    for acr in ["selfregistered-email", "idporten-loa-high"] {
        assert!(verify(json!(acr)).is_ok(), "{acr}");
    }
    for acr in [json!("idporten-loa-substantial"), json!("idporten-loa-higher"), Value::Null] {
        insufficient(verify(acr), &Insufficient::Level("selfregistered-email idporten-loa-high".into()));
    }
}

#[test]
fn a_missing_scope_is_insufficient_and_the_error_names_all_required_ones() {
    let verifier =
        Story::maskinporten().verifier(Rules::maskinporten(API).scope("example:read").scope("example:write"));
    let verify = |scope: Value| {
        verifier.verify::<Claims>(&sign("one", 0, &with(access_claims(), "scope", scope)), &Expect::none())
    };
    assert!(verify(json!("example:write other example:read")).is_ok());
    for scope in [
        json!("example:read"),
        json!("example:write"),
        json!("example:readonly example:write"),
        json!("Example:Read example:write"),
        json!("example:read\texample:write example:write"),
        json!("example:read,example:write example:write"),
        json!(""),
        Value::Null,
    ] {
        insufficient(verify(scope), &Insufficient::Scope("example:read example:write".into()));
    }
    refused(verify(json!(["example:read", "example:write"])), &InvalidToken::WrongType("scope"));
}

#[test]
fn rules_without_a_scope_accept_a_list_of_scopes() {
    let claims = with(access_claims(), "scope", json!(["example:read"]));
    assert!(verify_access_token(&sign("one", 0, &claims)).is_ok());
}

#[test]
fn a_log_in_that_is_older_than_asked_for_is_insufficient() {
    let expect = Expect::nonce(NONCE).max_age(Duration::from_secs(300));
    let default = Rules::id_token(CLIENT);
    for (rules, oldest) in [(default.clone().leeway(Duration::ZERO), 300), (default, 360)] {
        let verifier = Story::idporten().verifier(rules);
        let verify = |time: Value| verifier.verify::<Claims>(&id_token_with("auth_time", time), &expect);
        assert!(verify(json!(NOW - oldest)).is_ok(), "within the leeway");
        insufficient(verify(json!(NOW - oldest - 1)), &Insufficient::Age(Duration::from_secs(300)));
        refused(verify(Value::Null), &InvalidToken::Missing("auth_time"));
    }
}

#[test]
fn what_is_not_valid_is_never_called_insufficient() {
    let rules = Rules::id_token(CLIENT).acr_at_least(AcrValue::IdportenLoaHigh);
    let verifier = Story::idporten().verifier(rules);
    let low = with(id_claims(), "acr", json!("idporten-loa-low"));
    let verify =
        |claims: &Value, variant| verifier.verify::<Claims>(&sign("one", variant, claims), &Expect::nonce(NONCE));
    refused(verify(&low, 1), &InvalidToken::Signature);
    let typed = verifier.verify::<Vec<()>>(&sign("one", 0, &low), &Expect::nonce(NONCE));
    assert!(matches!(typed, Err(VerifyError::Invalid(InvalidToken::Claims(_)))), "found {typed:?}");
    let foreign = with(low, "aud", json!("another-client"));
    refused(verify(&foreign, 0), &InvalidToken::Audience);
    refused(verify(&foreign, 1), &InvalidToken::Signature);
}
