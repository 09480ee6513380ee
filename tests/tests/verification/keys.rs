//! The key that verifies a token, the fetches for it, and the limits on an attacker who causes them.

use std::error::Error;
use std::time::Duration;

use idporten_config::document::json::Value;
use idporten_config::interop::jsonwebtoken::{Expect, InvalidToken, Rules, Token, Verifier, VerifyError};
use idporten_config::testing::{jwks, key, sign, sign_text, signing_key};
use serde_json::json;

use crate::story::{CLIENT, Claims, HEADER, NONCE, NOW, Story, id_claims, id_token_with, refused, with};

fn verifier(story: &Story) -> Verifier {
    story.verifier(Rules::id_token(CLIENT))
}

fn wait(verifier: &Verifier, jwt: &str) -> Result<Token<Claims>, VerifyError> {
    verifier.verify_wait(jwt, &Expect::nonce(NONCE))
}

/// An ID token that is as good ten minutes after the beginning.
fn late(kid: &str, variant: u32) -> String {
    sign(kid, variant, &with(id_claims(), "exp", json!(NOW + 3_600)))
}

#[test]
fn the_first_token_with_a_new_key_is_accepted_after_one_fetch() {
    let story = Story::idporten().settle();
    let verifier = verifier(&story);
    let before = story.requests();
    story.provider.publish_jwks(&jwks([signing_key("one", 0), signing_key("two", 1)]));
    let jwt = late("two", 1);
    let now: Result<Token<Claims>, _> = verifier.verify(&jwt, &Expect::nonce(NONCE));
    assert!(matches!(now, Err(VerifyError::Undetermined { .. })), "{now:?}");
    assert_eq!(wait(&verifier, &jwt).unwrap().kid.as_deref(), Some("two"));
    assert_eq!(story.requests(), before + 1);
}

#[test]
fn the_same_in_a_future() {
    let story = Story::idporten().settle();
    let verifier = verifier(&story);
    story.provider.publish_jwks(&jwks([signing_key("two", 1)]));
    let jwt = late("two", 1);
    let expect = Expect::nonce(NONCE);
    let answer = story.clock.block_on(verifier.verify_async::<Claims>(&jwt, &expect));
    assert_eq!(answer.unwrap().claims.sub, "a-user");
}

#[test]
fn a_kid_that_nobody_publishes_is_an_invalid_token_after_the_fetch() {
    let story = Story::idporten().settle();
    refused(wait(&verifier(&story), &late("forged", 0)), &InvalidToken::UnknownKey);
}

#[test]
fn a_key_of_a_curve_that_jsonwebtoken_lacks_says_nothing_of_the_signature() {
    let story = Story::idporten().settle();
    let x = "A".repeat(76);
    let key = json!({ "kty": "OKP", "crv": "Ed448", "kid": "448", "alg": "EdDSA", "x": x }).to_string();
    story.provider.publish_jwks(&jwks([signing_key("one", 0), Value::parse(key.as_bytes()).unwrap()]));
    story.refresher.refresh_now().unwrap();
    story.clock.advance(Duration::from_secs(60));
    let before = story.requests();
    let claims = with(id_claims(), "exp", json!(NOW + 3_600)).to_string();
    let jwt = sign_text(r#"{"alg":"EdDSA","kid":"448"}"#, &claims, 0);
    refused(wait(&verifier(&story), &jwt), &InvalidToken::Algorithm);
    assert_eq!(story.requests(), before, "no signature was bad");
}

#[test]
fn a_kid_is_compared_byte_for_byte() {
    let story = Story::idporten().settle();
    for kid in ["", "ONE", "one ", "one\0", "\u{43e}ne", "on"] {
        refused(wait(&verifier(&story), &late(kid, 0)), &InvalidToken::UnknownKey);
        story.clock.advance(Duration::from_secs(60));
    }
}

#[test]
fn an_outage_makes_no_token_invalid() {
    let story = Story::idporten().settle();
    story.provider.fail(503);
    let error = wait(&verifier(&story), &late("two", 1)).unwrap_err();
    assert_eq!(error.status(), 503, "{error}");
    assert!(error.retry_after().is_some_and(|time| time >= Duration::from_secs(1)));
}

#[test]
fn no_fetch_is_made_for_a_token_that_no_key_could_save() {
    let story = Story::idporten().settle();
    let (verifier, before) = (verifier(&story), story.requests());
    let forged = |name, value| sign("forged", 0, &with(id_claims(), name, value));
    for (jwt, wanted) in [
        (forged("iss", json!("https://idporten.no")), InvalidToken::Issuer),
        (forged("exp", json!(NOW - 3_600)), InvalidToken::Expired),
        (sign_text(r#"{"alg":"HS256","kid":"forged"}"#, &id_claims().to_string(), 0), InvalidToken::Algorithm),
        (
            sign_text(r#"{"alg":"RS256","kid":"forged","crit":["x"]}"#, &id_claims().to_string(), 0),
            InvalidToken::Critical,
        ),
        (
            sign_text(r#"{"alg":"RS256","kid":"forged","typ":"at+jwt"}"#, &id_claims().to_string(), 0),
            InvalidToken::Type,
        ),
    ] {
        refused(wait(&verifier, &jwt), &wanted);
    }
    assert_eq!(story.requests(), before);
}

#[test]
fn a_bad_signature_under_a_known_kid_finds_the_new_key() {
    let story = Story::idporten().settle();
    let (verifier, before) = (verifier(&story), story.requests());
    story.provider.publish_jwks(&jwks([signing_key("one", 1)]));
    refused(wait(&verifier, &late("one", 1)), &InvalidToken::Signature);
    assert_eq!(story.requests(), before + 1);
    assert!(wait(&verifier, &late("one", 1)).is_ok());
}

#[test]
fn a_token_that_fails_before_its_signature_reports_nothing() {
    let story = Story::idporten().settle();
    let (verifier, before) = (verifier(&story), story.requests());
    refused(wait(&verifier, &id_token_with("exp", json!(NOW - 3_600))), &InvalidToken::Expired);
    assert_eq!(story.requests(), before);
}

#[test]
fn each_of_two_keys_under_one_kid_is_tried() {
    let story = Story::idporten().settle();
    story.provider.publish_jwks(&jwks([key("one", 0), signing_key("one", 0), signing_key("one", 1)]));
    story.refresher.refresh_now().unwrap();
    let verifier = verifier(&story);
    assert!(wait(&verifier, &late("one", 0)).is_ok());
    assert!(wait(&verifier, &late("one", 1)).is_ok());
}

#[test]
fn a_withdrawn_key_and_a_distrusted_key_verify_nothing() {
    let story = Story::idporten().settle();
    let verifier = verifier(&story);
    story.provider.publish_jwks(&jwks([signing_key("two", 1)]));
    story.refresher.refresh_now().unwrap();
    assert!(wait(&verifier, &late("one", 0)).is_err());
    assert!(wait(&verifier, &late("two", 1)).is_ok());
    story.provider.publish_jwks(&jwks([signing_key("two", 1), signing_key("one", 0)]));
    story.refresher.refresh_now().unwrap();
    assert_eq!(story.refresher.distrust("two"), 1);
    assert!(wait(&verifier, &late("two", 1)).is_err());
    assert!(wait(&verifier, &late("one", 0)).is_ok());
}

#[test]
fn a_token_signed_by_a_key_under_another_kid_is_refused() {
    let story = Story::idporten().settle();
    story.provider.publish_jwks(&jwks([signing_key("one", 0), signing_key("two", 1)]));
    story.refresher.refresh_now().unwrap();
    refused(wait(&verifier(&story), &late("two", 0)), &InvalidToken::Signature);
}

#[test]
fn without_a_kid_only_the_one_key_that_fits_is_taken() {
    let story = Story::idporten();
    let verifier = verifier(&story);
    let jwt = sign_text(r#"{"alg":"RS256"}"#, &id_claims().to_string(), 0);
    assert!(wait(&verifier, &jwt).is_ok());
    story.provider.publish_jwks(&jwks([signing_key("one", 0), signing_key("two", 1)]));
    story.refresher.refresh_now().unwrap();
    refused(wait(&verifier, &jwt), &InvalidToken::UnknownKey);
}

#[test]
fn an_algorithm_that_the_provider_does_not_publish_is_refused() {
    let story = Story::idporten();
    let jwt = sign_text(&HEADER.replace("RS256", "PS256"), &id_claims().to_string(), 0);
    refused(wait(&verifier(&story), &jwt), &InvalidToken::UnknownKey);
}

#[test]
fn nothing_served_is_a_503_and_no_word_on_the_token() {
    let story = Story::idporten();
    let verifier = verifier(&story);
    story.refresher.distrust("one");
    let error = verifier.verify::<Claims>(&sign("one", 0, &id_claims()), &Expect::nonce(NONCE)).unwrap_err();
    assert!(matches!(error, VerifyError::Unavailable(_)), "{error:?}");
    assert_eq!((error.status(), error.www_authenticate()), (503, None));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    assert!(error.source().is_none(), "no fetch has failed");
    story.provider.fail(503);
    story.refresher.refresh_now().unwrap_err();
    let error = verifier.verify::<Claims>(&sign("one", 0, &id_claims()), &Expect::nonce(NONCE)).unwrap_err();
    assert!(error.source().is_some_and(|source| source.to_string().contains("503")), "found {:?}", error.source());
}
