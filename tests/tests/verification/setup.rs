//! Mistakes in a program that are found before the first token.

use std::time::Duration;

use idporten_config::Refresher;
use idporten_config::document::Provider;
use idporten_config::interop::jsonwebtoken::{Expect, Rules, SetupError, Verifier};
use idporten_config::testing::sign;
use jsonwebtoken::crypto::{CryptoProvider, KeyUtils, aws_lc};

use crate::story::{API, CLIENT, Claims, NONCE, Story, id_claims};

/// The placeholder that `jsonwebtoken` 11.1.0 uses if a program chose no back-end.
static NONE: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| panic!("no back-end"),
    verifier_factory: |_, _| panic!("no back-end"),
    key_utils: KeyUtils::new_unimplemented(),
};

#[test]
fn a_missing_back_end_is_an_error_with_the_dependency_line() {
    let story = Story::idporten();
    let error = Verifier::with_provider(&story.refresher, Rules::id_token(CLIENT), &NONE).unwrap_err();
    assert_eq!(error, SetupError::BackEnd);
    let said = error.to_string();
    assert!(said.contains("Cargo.toml") && said.contains("features = [\"aws_lc_rs\"]"), "{said}");
}

#[test]
fn a_back_end_that_is_passed_verifies() {
    let story = Story::idporten();
    let verifier =
        Verifier::with_provider(&story.refresher, Rules::id_token(CLIENT), &aws_lc::DEFAULT_PROVIDER).unwrap();
    let verify = |variant| verifier.verify::<Claims>(&sign("one", variant, &id_claims()), &Expect::nonce(NONCE));
    assert!(verify(0).is_ok());
    assert!(verify(1).is_err());
}

#[test]
fn rules_that_contradict_themselves_or_the_environment_are_refused() {
    let (idporten, maskinporten) = (Story::idporten(), Story::maskinporten());
    let level = |level: &str| SetupError::Level(level.to_owned());
    let cases = [
        (&idporten, Rules::id_token(""), SetupError::EmptyAudience),
        (&idporten, Rules::id_token(" "), SetupError::EmptyAudience),
        (&idporten, Rules::id_token(CLIENT).trusted_audience(""), SetupError::EmptyAudience),
        (&idporten, Rules::id_token(CLIENT).acr_at_least("Level4"), level("Level4")),
        (&idporten, Rules::id_token(CLIENT).acr_at_least("idporten-loa-low"), level("idporten-loa-low")),
        (&idporten, Rules::id_token(CLIENT).acr_at_least("selfregistered-email"), level("selfregistered-email")),
        (&idporten, Rules::id_token(CLIENT).acr_at_least(""), level("")),
        (&idporten, Rules::id_token(CLIENT).acr_one_of([] as [&str; 0]), level("")),
        (&idporten, Rules::logout_token(CLIENT).acr_at_least("idporten-loa-high"), SetupError::NoLevel),
        (&maskinporten, Rules::maskinporten(API).acr_at_least("idporten-loa-high"), SetupError::NoLevel),
        (&idporten, Rules::logout_token(CLIENT).scope("openid"), SetupError::NoScope),
        (&idporten, Rules::access_token(API).scope("openid profile"), SetupError::Scope("openid profile".into())),
        (&idporten, Rules::access_token(API).scope("openid\tprofile"), SetupError::Scope("openid\tprofile".into())),
        (&idporten, Rules::access_token(API).scope(""), SetupError::Scope(String::new())),
        (
            &idporten,
            Rules::id_token(CLIENT).leeway(Duration::from_secs(301)),
            SetupError::Leeway(Duration::from_secs(301)),
        ),
        (&idporten, Rules::maskinporten(API), SetupError::Product("idporten-test".into())),
        (&maskinporten, Rules::id_token(CLIENT), SetupError::Product("maskinporten-test".into())),
        (&maskinporten, Rules::logout_token(CLIENT), SetupError::Product("maskinporten-test".into())),
    ];
    for (story, rules, wanted) in cases {
        let said = format!("{rules:?}");
        assert_eq!(Verifier::new(&story.refresher, rules).err(), Some(wanted), "{said}");
    }
    let longest = Rules::id_token(CLIENT).leeway(Duration::from_secs(300));
    assert_eq!(Verifier::new(&idporten.refresher, longest).err(), None);
}

#[test]
fn another_provider_of_oauth_metadata_issues_access_tokens_alone() {
    let url = "https://acme.example/.well-known/oauth-authorization-server";
    let provider = Provider::custom("acme", url, "https://acme.example").unwrap();
    let story = Story::maskinporten();
    let acme = Refresher::for_provider(provider).unwrap().clock(&story.clock).start_with(story.provider).unwrap();
    for rules in [Rules::maskinporten(API), Rules::id_token(CLIENT), Rules::logout_token(CLIENT)] {
        assert_eq!(Verifier::new(&acme, rules).err(), Some(SetupError::Product("acme".into())));
    }
    assert_eq!(Verifier::new(&acme, Rules::access_token(API)).err(), None);
}

#[test]
fn verifiers_and_the_futures_of_verifications_go_to_other_threads() {
    fn goes_to_other_threads<T: Send>(_: &T) {}
    let story = Story::idporten();
    let verifier = story.verifier(Rules::id_token(CLIENT));
    let expect = Expect::none();
    goes_to_other_threads(&verifier.verify_async::<Claims>("", &expect));
    goes_to_other_threads(&verifier);
}
