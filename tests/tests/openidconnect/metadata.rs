//! The metadata that a configuration is converted into.

use std::time::SystemTime;

use idporten_config::KnownEnvironment::{AnsattportenTest, IdportenTest, MaskinportenTest};
use idporten_config::document::{Origin, Snapshot};
use idporten_config::interop::openidconnect::{MetadataError, provider_metadata};
use idporten_config::testing::{MemoryProvider, jwks, signing_key, snapshot_with_keys};
use idporten_config::{KnownEnvironment, Refresher};
use openidconnect::JsonWebKey;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::Value;

use crate::story::story;

fn refresher(seed: Snapshot) -> Refresher {
    let provider = MemoryProvider::new(&seed);
    Refresher::builder(seed).unwrap().start_with(provider).unwrap()
}

fn of(environment: KnownEnvironment) -> Refresher {
    refresher(snapshot_with_keys(environment, SystemTime::now(), &jwks([signing_key("one", 0)])))
}

#[test]
fn no_member_of_the_document_is_lost() {
    let story = story();
    let config = story.refresher.current().unwrap();
    let served: Value = serde_json::from_str(
        &idporten_config::document::json::Value::from(config.metadata().document().clone()).to_string(),
    )
    .unwrap();
    let kept = serde_json::to_value(provider_metadata(&config).unwrap()).unwrap();
    assert_eq!(served.as_object().unwrap().len(), 29);
    assert_eq!(kept, served);
}

#[test]
fn the_keys_are_set_and_distrusted_ones_left_out() {
    let story = story();
    let kids = || {
        let metadata = provider_metadata(&story.refresher.current().unwrap()).unwrap();
        let kids: Vec<_> = metadata.jwks().keys().iter().map(|key| key.key_id().unwrap().to_string()).collect();
        kids
    };
    assert_eq!(kids(), ["one"]);
    story.serve([signing_key("one", 0), signing_key("two", 1)]);
    assert_eq!(kids(), ["one", "two"]);
    story.refresher.distrust("one");
    assert_eq!(kids(), ["two"]);
}

#[test]
fn a_key_keeps_its_algorithm() {
    let story = story();
    let mut key = signing_key("one", 0).as_object().unwrap().clone();
    key.set("alg", "RS512".into());
    story.serve([key.into()]);
    let metadata = provider_metadata(&story.refresher.current().unwrap()).unwrap();
    let alg = metadata.jwks().keys()[0].signing_alg();
    assert_eq!(format!("{alg:?}"), "Algorithm(RsaSsaPkcs1V15Sha512)");
}

#[test]
fn the_issuer_is_the_providers_byte_for_byte() {
    for environment in [IdportenTest, AnsattportenTest] {
        let refresher = of(environment);
        let metadata = provider_metadata(&refresher.current().unwrap()).unwrap();
        assert_eq!(metadata.issuer().as_str(), environment.issuer());
    }
}

#[test]
fn algorithms_that_no_key_of_a_provider_serves_are_left_out() {
    let seed = snapshot_with_keys(IdportenTest, SystemTime::now(), &jwks([signing_key("one", 0)]));
    let mut document = seed.metadata_json().clone();
    document.set("id_token_signing_alg_values_supported", vec!["none", "HS256", "RS256", "ES256"].into());
    let seed = Snapshot::new(IdportenTest.into(), seed.as_of(), Origin::Fetched, document, seed.jwks_json().cloned());
    let refresher = refresher(seed.unwrap());
    let metadata = provider_metadata(&refresher.current().unwrap()).unwrap();
    assert_eq!(
        *metadata.id_token_signing_alg_values_supported(),
        [CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, CoreJwsSigningAlgorithm::EcdsaP256Sha256]
    );
}

#[test]
fn maskinporten_is_refused_by_name() {
    let refresher = of(MaskinportenTest);
    let error = provider_metadata(&refresher.current().unwrap()).unwrap_err();
    assert_eq!(error, MetadataError::NotOpenIdConnect("maskinporten-test".into()));
}
