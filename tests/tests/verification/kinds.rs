//! One kind of token in the place of another.

use idporten_config::KnownEnvironment::{IdportenTest, MaskinportenTest};
use idporten_config::interop::jsonwebtoken::{Expect, InvalidToken, Rules, Token, VerifyError};
use idporten_config::testing::{sign, sign_text};
use serde_json::{Value, json};

use crate::story::{
    API, CLIENT, Claims, LOGOUT_EVENT, NOW, Story, access_claims, id_claims, logout_claims, refused,
    verify_access_token, with,
};

fn verify_logout(claims: &Value) -> Result<Token<Claims>, VerifyError> {
    Story::idporten().verifier(Rules::logout_token(CLIENT)).verify(&sign("one", 0, claims), &Expect::none())
}

#[test]
fn a_valid_log_out_token_is_accepted_with_or_without_typ() {
    let verifier = Story::idporten().verifier(Rules::logout_token(CLIENT));
    for header in [r#"{"alg":"RS256","kid":"one"}"#, r#"{"alg":"RS256","kid":"one","typ":"logout+jwt"}"#] {
        let jwt = sign_text(header, &logout_claims().to_string(), 0);
        assert!(verifier.verify::<Claims>(&jwt, &Expect::none()).is_ok(), "{header}");
    }
    let by_session = with(with(logout_claims(), "sub", Value::Null), "sid", json!("a-session"));
    assert!(verify_logout(&by_session).is_ok());
}

#[test]
fn a_log_out_token_may_have_no_type_of_another_kind() {
    let verifier = Story::idporten().verifier(Rules::logout_token(CLIENT));
    let verify = |typ: &str| {
        let header = format!(r#"{{"alg":"RS256","kid":"one","typ":"{typ}"}}"#);
        verifier.verify::<Claims>(&sign_text(&header, &logout_claims().to_string(), 0), &Expect::none())
    };
    for typ in ["JWT", "Logout+JWT", "application/logout+jwt"] {
        assert!(verify(typ).is_ok(), "{typ}");
    }
    for typ in ["at+jwt", "id_token", "secevent+jwt", "logout", "logout+jwt;a=b"] {
        refused(verify(typ), &InvalidToken::Type);
    }
}

#[test]
fn one_wrong_claim_refuses_a_log_out_token() {
    for (name, value, wanted) in [
        ("events", Value::Null, InvalidToken::Missing("events")),
        ("events", json!({}), InvalidToken::Kind),
        ("events", json!({ "http://example.org/other": {} }), InvalidToken::Kind),
        ("events", json!({ LOGOUT_EVENT: true }), InvalidToken::Kind),
        ("events", json!({ "http://example.org/event/backchannel-logout": {} }), InvalidToken::Kind),
        ("events", json!([LOGOUT_EVENT]), InvalidToken::WrongType("events")),
        ("sub", Value::Null, InvalidToken::Missing("sub")),
        ("jti", Value::Null, InvalidToken::Missing("jti")),
        ("jti", json!(1), InvalidToken::WrongType("jti")),
        ("sid", json!(1), InvalidToken::WrongType("sid")),
        ("iat", Value::Null, InvalidToken::Missing("iat")),
        ("exp", Value::Null, InvalidToken::Missing("exp")),
        ("nonce", json!("a-nonce"), InvalidToken::Kind),
        ("aud", json!("another-client"), InvalidToken::Audience),
        ("iss", json!("https://idporten.no"), InvalidToken::Issuer),
    ] {
        let found = verify_logout(&with(logout_claims(), name, value.clone())).map_err(|error| format!("{error:?}"));
        assert_eq!(found.unwrap_err(), format!("Invalid({wanted:?})"), "{name}: {value}");
    }
}

#[test]
fn one_wrong_claim_refuses_an_access_token() {
    for (name, value, wanted) in [
        ("iss", json!("https://test.maskinporten.no"), InvalidToken::Issuer),
        ("iss", json!("https://maskinporten.no/"), InvalidToken::Issuer),
        ("iss", json!("https://test.maskinporten.no//"), InvalidToken::Issuer),
        ("iss", Value::Null, InvalidToken::Missing("iss")),
        ("aud", json!("https://API.example.no"), InvalidToken::Audience),
        ("aud", json!([API, "https://other.example.no"]), InvalidToken::Audience),
        ("aud", json!([[API]]), InvalidToken::WrongType("aud")),
        ("aud", json!({ "0": API }), InvalidToken::WrongType("aud")),
        ("exp", json!(NOW - 60), InvalidToken::Expired),
        ("exp", json!((NOW + 120).to_string()), InvalidToken::WrongType("exp")),
        ("exp", Value::Null, InvalidToken::Missing("exp")),
        ("nbf", json!(NOW + 61), InvalidToken::NotYetValid),
        ("iat", json!(NOW + 61), InvalidToken::IssuedInFuture),
        ("iat", json!([NOW]), InvalidToken::WrongType("iat")),
        ("scope", json!(["example:read"]), InvalidToken::WrongType("scope")),
        ("scope", json!(1), InvalidToken::WrongType("scope")),
        ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ"), InvalidToken::Kind),
        ("events", json!({ LOGOUT_EVENT: {} }), InvalidToken::Kind),
    ] {
        let verifier = Story::maskinporten().verifier(Rules::maskinporten(API).scope("example:read"));
        let jwt = sign("one", 0, &with(access_claims(), name, value.clone()));
        let found = verifier.verify::<Claims>(&jwt, &Expect::none()).map_err(|error| format!("{error:?}"));
        assert_eq!(found.unwrap_err(), format!("Invalid({wanted:?})"), "{name}: {value}");
    }
}

#[test]
fn a_log_out_token_and_an_id_token_are_not_interchangeable() {
    let verifier = Story::idporten().verifier(Rules::id_token(CLIENT));
    let logout = sign("one", 0, &logout_claims());
    refused(verifier.verify::<Claims>(&logout, &Expect::none()), &InvalidToken::Kind);
    refused(verify_logout(&with(id_claims(), "jti", json!("a-token"))), &InvalidToken::Missing("events"));
}

#[test]
fn another_kind_is_no_access_token_where_its_claims_tell() {
    for (environment, rules) in [
        (IdportenTest, Rules::access_token(CLIENT)),
        (MaskinportenTest, Rules::access_token(CLIENT)),
        (MaskinportenTest, Rules::maskinporten(CLIENT)),
    ] {
        let verifier = Story::of(environment).verifier(rules);
        let verify = |claims: Value| {
            let issued_here = with(claims, "iss", json!(environment.issuer()));
            verifier.verify::<Claims>(&sign("one", 0, &issued_here), &Expect::none())
        };
        for at_hash in [json!("77QmUPtjPfzWtF2AnpK9RQ"), json!(1)] {
            refused(verify(with(id_claims(), "at_hash", at_hash)), &InvalidToken::Kind);
        }
        refused(verify(logout_claims()), &InvalidToken::Kind);
    }
}

#[test]
fn azp_and_nonce_are_compared_in_id_tokens_alone() {
    let claims = with(with(id_claims(), "azp", json!("another-client")), "nonce", json!("another"));
    let verifier = Story::idporten().verifier(Rules::access_token(CLIENT));
    assert!(verifier.verify::<Claims>(&sign("one", 0, &claims), &Expect::none()).is_ok());
    assert!(verify_logout(&with(logout_claims(), "azp", json!("another-client"))).is_ok());
}

#[test]
fn an_access_token_of_maskinporten_is_accepted_for_its_resource_alone() {
    assert!(verify_access_token(&sign("one", 0, &access_claims())).is_ok());
    for (aud, wanted) in [
        (json!("https://other.example.no"), InvalidToken::Audience),
        (json!([API, "https://other.example.no"]), InvalidToken::Audience),
        (json!("https://api.example.no/"), InvalidToken::Audience),
        (Value::Null, InvalidToken::Missing("aud")),
    ] {
        refused(verify_access_token(&sign("one", 0, &with(access_claims(), "aud", aud))), &wanted);
    }
}
