//! Clients that follow the configuration.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use idporten_config::interop::openidconnect::{ClientCache, LoginError};
use idporten_config::testing::{jwks, key, sign, signing_key};
use openidconnect::{ClaimsVerificationError, SignatureVerificationError};
use serde_json::json;

use crate::story::{check, claims, client, story, verify, with};

#[test]
fn a_client_is_made_again_exactly_when_the_configuration_changed() {
    let story = story();
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let clients = ClientCache::new(&story.refresher, move |metadata| {
        counter.fetch_add(1, Ordering::SeqCst);
        client(metadata)
    });
    assert_eq!(made.load(Ordering::SeqCst), 0, "before the first use");
    let first = clients.get().unwrap();
    story.refresher.refresh_now().unwrap();
    assert!(Arc::ptr_eq(&first, &clients.get().unwrap()), "a refresh that brought the same");
    story.serve([signing_key("two", 1)]);
    assert!(!Arc::ptr_eq(&first, &clients.get().unwrap()));
    clients.get().unwrap();
    assert_eq!(made.load(Ordering::SeqCst), 2);
    story.refresher.distrust("two");
    assert!(matches!(clients.get(), Err(LoginError::Unavailable(_))), "a client that was made before is not served");
}

#[test]
fn an_id_token_with_nothing_wrong_is_accepted() {
    assert_eq!(verify(&story().clients(), &sign("one", 0, &claims())).unwrap(), "a-user");
}

#[test]
fn the_first_token_with_a_new_key_is_accepted_after_one_fetch() {
    let story = story();
    let clients = story.clients();
    clients.get().unwrap();
    let before = story.provider.requests().len();
    story.provider.publish_jwks(&jwks([signing_key("one", 0), signing_key("two", 1)]));
    assert_eq!(verify(&clients, &sign("two", 1, &claims())).unwrap(), "a-user");
    assert_eq!(story.provider.requests().len(), before + 2);
}

#[test]
fn the_same_in_a_future() {
    let story = story();
    let clients = story.clients();
    story.provider.publish_jwks(&jwks([signing_key("two", 1)]));
    let jwt = sign("two", 1, &claims());
    assert!(story.clock.block_on(clients.verify_async(&jwt, |client| check(client, &jwt))).is_ok());
}

#[test]
fn an_unpublished_key_is_an_invalid_token_but_an_outage_is_not() {
    let story = story();
    let clients = story.clients();
    let error = verify(&clients, &sign("forged", 1, &claims())).unwrap_err();
    let missing = SignatureVerificationError::NoMatchingKey;
    assert!(
        matches!(&error, LoginError::Invalid(ClaimsVerificationError::SignatureVerification(it)) if *it == missing),
        "{error:?}"
    );
    assert_eq!(error.status(), 401);
    story.provider.fail(503);
    let error = verify(&clients, &sign("other", 1, &claims())).unwrap_err();
    assert!(matches!(error, LoginError::Undetermined { .. }), "{error:?}");
    assert_eq!(error.status(), 503);
}

#[test]
fn a_bad_signature_under_a_known_kid_finds_the_new_key() {
    let story = story();
    let clients = story.clients();
    story.provider.publish_jwks(&jwks([signing_key("one", 1)]));
    let jwt = sign("one", 1, &claims());
    assert!(matches!(verify(&clients, &jwt), Err(LoginError::Invalid(_))));
    story.clock.advance(std::time::Duration::ZERO);
    assert!(verify(&clients, &jwt).is_ok());
}

#[test]
fn each_of_two_keys_under_one_kid_is_tried() {
    let story = story();
    story.serve([key("one", 0), signing_key("one", 0), signing_key("one", 1)]);
    let clients = story.clients();
    for variant in [0, 1] {
        assert!(verify(&clients, &sign("one", variant, &claims())).is_ok(), "variant {variant}");
    }
    story.serve([key("one", 0), signing_key("one", 0)]);
    let forged = verify(&clients, &sign("one", 1, &claims()));
    assert!(matches!(forged, Err(LoginError::Invalid(_))), "{forged:?}");
}

#[test]
fn the_first_token_with_a_new_kid_is_accepted_though_two_keys_have_it() {
    let story = story();
    let clients = story.clients();
    story.provider.publish_jwks(&jwks([signing_key("two", 0), signing_key("two", 1)]));
    for variant in [1, 0] {
        assert!(verify(&clients, &sign("two", variant, &claims())).is_ok(), "variant {variant}");
    }
}

#[test]
fn of_two_keys_under_one_kid_the_one_that_fits_decides() {
    let story = story();
    story.serve([key("one", 0), signing_key("one", 0), signing_key("one", 1)]);
    story.clock.advance(std::time::Duration::from_secs(60));
    let before = story.provider.requests().len();
    let low = sign("one", 0, &with("acr", json!("idporten-loa-low")));
    let answer = verify(&story.clients(), &low);
    let is_level = matches!(&answer, Err(LoginError::Invalid(ClaimsVerificationError::InvalidAuthContext(_))));
    assert!(is_level, "{answer:?}");
    story.clock.advance(std::time::Duration::ZERO);
    assert_eq!(story.provider.requests().len(), before, "no signature is bad");
}

#[test]
fn a_level_that_is_too_low_or_missing_is_refused() {
    let story = story();
    let clients = story.clients();
    for acr in [json!("idporten-loa-low"), json!("Level4"), json!(null)] {
        let answer = verify(&clients, &sign("one", 0, &with("acr", acr.clone())));
        let is_level = matches!(&answer, Err(LoginError::Invalid(ClaimsVerificationError::InvalidAuthContext(_))));
        assert!(is_level, "{acr}: {answer:?}");
    }
    assert!(verify(&clients, &sign("one", 0, &with("acr", json!("idporten-loa-high")))).is_ok());
}

#[test]
fn a_wrong_issuer_audience_or_nonce_asks_for_no_fetch() {
    let story = story();
    let (clients, before) = (story.clients(), story.provider.requests().len());
    for (name, value) in [("iss", "https://idporten.no"), ("aud", "another-client")] {
        assert!(matches!(verify(&clients, &sign("forged", 0, &with(name, json!(value)))), Err(LoginError::Invalid(_))));
    }
    assert!(matches!(verify(&clients, &sign("one", 0, &with("nonce", json!("other")))), Err(LoginError::Invalid(_))));
    story.clock.advance(std::time::Duration::ZERO);
    assert_eq!(story.provider.requests().len(), before);
}
