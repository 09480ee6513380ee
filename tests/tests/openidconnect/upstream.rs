//! The surprising behaviour of `openidconnect` 4.1.0, found by running it. If one of these tests fails, the crate has
//! changed, and what is said of it in `interop` is to be read again.

use idporten_config::document::json;
use idporten_config::testing::{key, sign, sign_text, signing_key};
use openidconnect::core::CoreProviderMetadata;
use openidconnect::{ClaimsVerificationError, IssuerUrl, SignatureVerificationError};
use serde_json::{Value, json};

use crate::story::{CLIENT, NOW, check, claims, story, with};

#[test]
fn its_own_reading_of_the_document_loses_the_keys_and_ten_members() {
    let story = story();
    let document = json::Value::from(story.refresher.current().unwrap().metadata().document().clone()).to_string();
    let metadata: CoreProviderMetadata = serde_json::from_str(&document).unwrap();
    assert!(metadata.jwks().keys().is_empty());
    let kept = serde_json::to_value(metadata).unwrap();
    let served: Value = serde_json::from_str(&document).unwrap();
    let kept = kept.as_object().unwrap();
    let lost: Vec<_> = served.as_object().unwrap().keys().filter(|name| !kept.contains_key(*name)).collect();
    assert_eq!(lost.len(), 10, "{lost:?}");
    assert!(lost.iter().any(|name| *name == "pushed_authorization_request_endpoint"));
}

#[test]
fn it_adds_a_slash_to_an_issuer_that_went_through_a_url() {
    let url = url::Url::parse("https://test.idporten.no").unwrap();
    assert_eq!(IssuerUrl::from_url(url).as_str(), "https://test.idporten.no/");
    assert_eq!(IssuerUrl::new("https://test.idporten.no".into()).unwrap().as_str(), "https://test.idporten.no");
}

#[test]
fn it_refuses_every_token_under_a_kid_that_two_keys_have() {
    let story = story();
    story.serve([signing_key("one", 0), key("one", 1)]);
    let answer = check(&story.clients().get().unwrap(), &sign("one", 0, &claims()));
    let Err(ClaimsVerificationError::SignatureVerification(error)) = answer else { panic!("{answer:?}") };
    assert!(matches!(error, SignatureVerificationError::AmbiguousKeyId(_)), "{error:?}");
}

#[test]
fn it_allows_no_leeway_and_looks_at_neither_iat_nor_nbf() {
    let story = story();
    let client = story.clients().get().unwrap();
    let expired = check(&client, &sign("one", 0, &with("exp", json!(NOW))));
    assert!(matches!(expired, Err(ClaimsVerificationError::Expired(_))), "{expired:?}");
    for name in ["iat", "nbf"] {
        assert!(check(&client, &sign("one", 0, &with(name, json!(NOW + 86_400)))).is_ok(), "{name}");
    }
}

#[test]
fn it_does_not_look_at_azp_and_refuses_an_audience_beside_ours() {
    let story = story();
    let client = story.clients().get().unwrap();
    assert!(check(&client, &sign("one", 0, &with("azp", json!("another-client")))).is_ok());
    let answer = check(&client, &sign("one", 0, &with("aud", json!([CLIENT, "another-client"]))));
    assert!(matches!(answer, Err(ClaimsVerificationError::InvalidAudience(_))), "{answer:?}");
}

#[test]
fn it_refuses_critical_extensions_and_other_types() {
    let story = story();
    let client = story.clients().get().unwrap();
    for header in [r#"{"alg":"RS256","kid":"one","crit":["x"]}"#, r#"{"alg":"RS256","kid":"one","typ":"logout+jwt"}"#] {
        assert!(check(&client, &sign_text(header, &claims().to_string(), 0)).is_err(), "{header}");
    }
}
