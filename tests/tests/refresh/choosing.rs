//! Choosing among the keys of a set: the header of a token chooses, and adds nothing.

use std::time::Duration;

use idporten_config::document::SigningKey;
use idporten_config::document::json::{Object, Value, object};
use idporten_config::refresh::Refresher;
use idporten_config::testing::{MemoryProvider, VirtualClock, jwks, key, snapshot};
use idporten_config::{KnownEnvironment, SigningAlg};

use crate::story::{MINUTE, Setup, Story, after, found, member, seed, story, unknown, with_members_and_keys};

/// A story with these keys, and these algorithms for keys that name none.
fn of(keys: impl IntoIterator<Item = Value>, algs: &[&str]) -> Story {
    let algs: Vec<String> = algs.iter().map(|&alg| alg.to_owned()).collect();
    let members = [("id_token_signing_alg_values_supported", algs.into())];
    let seed = with_members_and_keys(&seed(Duration::ZERO, &["one"]), &members, &jwks(keys));
    Setup::default().published(seed.clone()).seed(seed).settle()
}

fn curve(kid: &str, crv: &str, bytes: usize) -> Value {
    let coordinate = "A".repeat((bytes * 8).div_ceil(6));
    let members = [("kty", "EC"), ("kid", kid), ("crv", crv), ("x", &coordinate), ("y", &coordinate)];
    object(members.map(|(name, value)| (name, value.into()))).into()
}

#[test]
fn a_kid_and_an_algorithm_that_fit_give_that_key_alone() {
    let story = of([key("one", 0), key("two", 0)], &["RS256"]);
    story.serves("one");
    story.serves("two");
    assert_eq!(story.fetches(), 0);
}

#[test]
fn a_key_that_names_another_algorithm_is_no_match() {
    let story = of([member(&key("one", 0), "alg", "RS256"), key("two", 0)], &["RS256", "PS256"]);
    story.serves("one");
    unknown(story.refresher.find_keys_wait(Some("one"), "PS256"));
    assert_eq!(found(story.refresher.find_keys(Some("two"), "PS256")), ["two"]);
}

#[test]
fn a_key_without_alg_serves_only_the_metadatas_algorithms() {
    let story = of([key("one", 0)], &["RS256", "none", "HS256"]);
    story.serves("one");
    for alg in ["RS512", "PS256", "ES256", "none", "HS256", "rs256", ""] {
        unknown(story.refresher.find_keys_wait(Some("one"), alg));
        story.advance(MINUTE);
    }
}

#[test]
fn a_key_without_alg_serves_the_tables_algorithm_without_metadata() {
    let environment = KnownEnvironment::MaskinportenTest;
    let clock = VirtualClock::new(after(Duration::ZERO));
    let seed = snapshot(environment, clock.now(), &["one"]);
    assert!(!seed.metadata_json().contains("id_token_signing_alg_values_supported"));
    let provider = MemoryProvider::new(&seed);
    let refresher = Refresher::builder(seed).unwrap().clock(&clock).start_with(provider).unwrap();
    assert_eq!(found(refresher.find_keys(Some("one"), "RS256")), ["one"]);
    unknown(refresher.find_keys_wait(Some("one"), "RS512"));
}

#[test]
fn unsigned_and_shared_secret_tokens_never_ask_for_a_key() {
    let story = story();
    for alg in ["none", "None", "HS256", "HS384", "HS512", "RSA1_5", "A128KW", ""] {
        for kid in [None, Some("one"), Some("two")] {
            unknown(story.refresher.find_keys(kid, alg));
            unknown(story.refresher.find_keys_wait(kid, alg));
        }
    }
    assert_eq!(story.fetches(), 0);
}

#[test]
fn a_token_without_a_kid_means_the_only_key_that_fits() {
    let story = of([key("one", 0), curve("two", "P-256", 32)], &["RS256", "ES256"]);
    assert_eq!(found(story.refresher.find_keys(None, "RS256")), ["one"]);
    assert_eq!(found(story.refresher.find_keys(None, "ES256")), ["two"]);
}

#[test]
fn a_token_without_a_kid_needs_exactly_one_fitting_key() {
    let story = of([key("one", 0), key("two", 0)], &["RS256", "ES256"]);
    for alg in ["RS256", "ES256"] {
        unknown(story.refresher.find_keys(None, alg));
        unknown(story.refresher.find_keys_wait(None, alg));
    }
    assert_eq!(story.fetches(), 0);
}

#[test]
fn a_token_without_a_kid_means_neither_of_two_nameless_keys() {
    let nameless = |variant| {
        let key = key("one", variant);
        let members = key.as_object().unwrap().iter().filter(|(name, _)| *name != "kid");
        Value::from(members.map(|(name, value)| (name, value.clone())).collect::<Object>())
    };
    let story = of([nameless(0), nameless(1)], &["RS256"]);
    unknown(story.refresher.find_keys(None, "RS256"));
}

#[test]
fn a_kid_matches_byte_for_byte_and_never_a_key_without_one() {
    let nameless = object([("kty", "RSA".into()), ("e", "AQAB".into()), ("n", modulus())]).into();
    let story = of([nameless, key("one", 0)], &["RS256"]);
    story.serves("one");
    for kid in ["", "One", "ONE", "one ", " one", "one\0", "on", "\u{fe0f}one", "0ne"] {
        unknown(story.wait(kid));
        story.advance(MINUTE);
    }
}

fn modulus() -> Value {
    key("nameless", 0).as_object().unwrap().get("n").unwrap().clone()
}

#[test]
fn a_curve_serves_its_own_algorithm_alone() {
    let story = of([curve("256", "P-256", 32), curve("384", "P-384", 48)], &["ES256", "ES384"]);
    for (kid, alg, other) in [("256", "ES256", "ES384"), ("384", "ES384", "ES256")] {
        assert_eq!(found(story.refresher.find_keys(Some(kid), alg)), [kid]);
        unknown(story.refresher.find_keys_wait(Some(kid), other));
    }
}

#[test]
fn a_key_of_another_type_that_took_over_a_kid_is_found_as_after_a_bad_signature() {
    // Its algorithm comes with it: the metadata that is held may not have it yet.
    let story = of([key("one", 0)], &["RS256"]);
    story.advance(10 * MINUTE);
    let mut published = curve("one", "P-256", 32).as_object().unwrap().clone();
    published.set("alg", "ES256".into());
    story.provider.publish_jwks(&jwks([published.into()]));
    unknown(story.refresher.find_keys_wait(Some("one"), "ES256"));
    assert_eq!(story.fetches(), 1);
    assert_eq!(found(story.refresher.find_keys(Some("one"), "ES256")), ["one"]);
    assert_eq!(story.status().counters.bad_signature_fetches, 1);
}

#[test]
fn different_keys_under_one_kid_are_all_candidates() {
    let story = of([key("one", 0), key("two", 0), key("one", 1)], &["RS256"]);
    let keys = story.find("one").unwrap();
    let thumbprints: Vec<_> = keys.iter().map(SigningKey::thumbprint).collect();
    assert_eq!(keys.iter().len(), 2);
    assert_ne!(thumbprints[0], thumbprints[1]);
    assert_eq!(keys.config().find_keys(Some("one"), "RS256"), keys.iter().collect::<Vec<_>>());
    assert_eq!(story.status().ambiguous_kids, ["one"]);
}

#[test]
fn a_decoy_of_another_type_under_the_same_kid_is_no_candidate() {
    let story = of([curve("one", "P-256", 32), key("one", 0)], &["RS256", "ES256"]);
    let types = |alg| story.refresher.find_keys(Some("one"), alg).unwrap().iter().map(SigningKey::key_type).collect();
    let (rsa, ec): (Vec<_>, Vec<_>) = (types("RS256"), types("ES256"));
    assert_eq!((rsa, ec), (vec!["RSA"], vec!["EC"]));
    assert!(story.status().ambiguous_kids.is_empty());
    unknown(story.refresher.find_keys_wait(Some("one"), "PS256"));
    // It is asked for as an unknown kid is: the metadata may have come to allow it for the RSA key.
    assert_eq!(story.status().counters.unknown_kid_fetches, 1);
}

#[test]
fn the_algorithm_is_accepted_as_text_and_as_a_value() {
    let story = story();
    assert_eq!(found(story.refresher.find_keys(Some("one"), SigningAlg::RS256)), ["one"]);
    assert_eq!(found(story.refresher.find_keys(Some("one"), &String::from("RS256"))), ["one"]);
    assert_eq!(found(story.refresher.find_keys_wait(None, SigningAlg::RS256)), ["one"]);
    assert_eq!(story.refresher.current().unwrap().find_keys(Some("one"), SigningAlg::PS256).len(), 0);
}

#[test]
fn each_key_of_a_full_set_is_found_by_its_own_kid() {
    let names = |i: usize| match i % 3 {
        0 => format!("{i}"),
        1 => format!("{i}-a-shared-end"),
        _ => format!("digitaliseringsdirektoratet--cert{i}"),
    };
    let kids: Vec<String> = (0..100).map(names).collect();
    let story = of(kids.iter().map(|kid| key(kid, 0)), &["RS256", "RS512"]);
    for kid in &kids {
        for alg in [SigningAlg::RS256, SigningAlg::RS512] {
            assert_eq!(found(story.refresher.find_keys(Some(kid), alg)), [kid.as_str()]);
        }
        assert!(story.refresher.find_keys(Some(kid), SigningAlg::PS256).is_err());
        assert!(story.find(&format!("{kid}x")).is_err());
    }
    assert!(story.refresher.find_keys(None, "RS256").is_err());
}

#[test]
fn a_set_that_can_verify_nothing_never_replaces_a_good_one() {
    let story = of([key("one", 0)], &["RS256"]);
    let mut metadata = story.refresher.current().unwrap().metadata().document().clone();
    metadata.set("id_token_signing_alg_values_supported", vec!["none", "HS256"].into());
    story.provider.publish_text(KnownEnvironment::IdportenTest.well_known_url(), Value::from(metadata).to_string());
    let error = story.refresher.refresh_now().unwrap_err().to_string();
    assert!(error.contains("none of the published algorithms (none are)"), "{error}");
    story.serves("one");

    let even = member(&key("two", 0), "n", format!("{}A", "_".repeat(341)));
    let story = of([key("one", 0)], &["RS256"]);
    story.provider.publish_jwks(&jwks([even]));
    let error = story.refresher.refresh_now().unwrap_err().to_string();
    assert!(error.contains("`n` is even"), "{error}");
    story.serves("one");
}
