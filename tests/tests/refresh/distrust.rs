//! Distrust: the program rejects a key, even while the provider publishes it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idporten_config::SigningAlg;
use idporten_config::document::JwkSet;
use idporten_config::refresh::{Health, LookupError, Reason};
use idporten_config::testing::{jwks, key};

use crate::story::{DAY, MINUTE, Setup, begun, boxed, found, glance, member, seed, story, unknown};
use crate::transport::gated;

#[test]
fn a_distrusted_kid_is_served_no_longer_and_the_rest_is() {
    let story = Setup::default().published(seed(Duration::ZERO, &["one", "two"])).settle();
    assert_eq!(story.refresher.distrust("one"), 1);
    story.serves("two");
    unknown(story.wait("one"));
    let config = story.refresher.current().unwrap();
    assert_eq!(config.keys().len(), 1);
    assert!(config.find_keys(Some("one"), "RS256").is_empty());
}

#[test]
fn nothing_handed_out_as_json_has_a_distrusted_or_rejected_key() {
    let story = story();
    let own_alg = member(&key("two", 0), "alg", "RS256");
    let unusable = [member(&key("three", 0), "use", "enc"), member(&key("four", 0), "d", "c2VjcmV0")];
    story.provider.publish_jwks(&jwks([key("one", 0), own_alg.clone(), unusable[0].clone(), unusable[1].clone()]));
    story.refresher.refresh_now().unwrap();
    story.refresher.distrust("one");
    let config = story.refresher.current().unwrap();
    let set = JwkSet::parse(config.jwks_json().as_bytes()).unwrap();
    assert_eq!(set.keys(), config.keys().map(|(key, _)| key.clone()).collect::<Vec<_>>());
    assert_eq!((set.keys()[0].kid(), set.keys()[0].alg()), (Some("two"), Some(SigningAlg::RS256)));
    let snapshot = config.snapshot();
    assert_eq!(snapshot.jwks_json(), Some(&jwks([own_alg])), "as it was served");
    for text in [config.jwks_json(), snapshot.to_string(), format!("{config:?}")] {
        for kid in ["one", "three", "four"] {
            assert!(!text.contains(&format!("\"{kid}\"")), "{kid} in {text}");
        }
    }
}

#[test]
fn a_distrusted_thumbprint_leaves_the_other_key_under_its_kid() {
    let story = story();
    story.provider.publish_jwks(&jwks([key("one", 0), key("one", 1)]));
    story.refresher.refresh_now().unwrap();
    let thumbprint = story.status().keys[0].thumbprint.clone();
    assert_eq!(story.refresher.distrust(&thumbprint), 1);
    let keys = story.find("one").unwrap();
    assert_eq!(keys.iter().len(), 1);
    assert_ne!(keys.iter().next().unwrap().thumbprint(), thumbprint);
    let distrusted: Vec<_> = story.status().keys.iter().map(|key| key.distrusted).collect();
    assert_eq!(distrusted, [true, false]);
}

#[test]
fn distrusting_a_shared_kid_removes_and_counts_all_its_keys() {
    let story = story();
    story.provider.publish_jwks(&jwks([key("one", 0), key("one", 1), key("two", 0)]));
    story.refresher.refresh_now().unwrap();
    assert_eq!(story.refresher.distrust("one"), 2);
    assert_eq!(story.refresher.distrust("One"), 0, "a typing error");
    unknown(story.wait("one"));
    story.serves("two");
}

#[test]
fn distrust_lasts_whatever_is_published_after() {
    let story = story();
    assert_eq!(story.refresher.distrust("two"), 0);
    story.provider.publish_keys(&["one", "two"]);
    story.advance(3 * DAY);
    unknown(story.wait("two"));
    story.provider.publish_jwks(&jwks([key("one", 0), key("two", 7)]));
    story.refresher.refresh_now().unwrap();
    assert!(story.find("two").is_err());
    story.serves("one");
}

#[test]
fn distrust_before_the_first_set_counts() {
    let story = Setup::default().unseeded().published(seed(Duration::ZERO, &["one", "two"])).begin();
    story.refresher.distrust("one");
    story.refresher.wait_ready(MINUTE).unwrap();
    story.serves("two");
    assert!(story.find("one").is_err());
}

#[test]
fn with_every_key_distrusted_tokens_are_unavailable_not_invalid() {
    let story = story();
    story.refresher.distrust("one");
    story.is_unavailable(Reason::Distrusted);
    let status = story.status();
    assert_eq!((status.health, status.serving), (Health::Failing, false));
    assert!(status.unavailable.unwrap().contains("distrusted"));
    assert_eq!(story.told()[0], "health: ok to failing");
}

#[test]
fn a_new_key_ends_distrust_of_all() {
    let story = story();
    story.refresher.distrust("one");
    story.provider.publish_keys(&["one", "two"]);
    story.refresher.refresh_now().unwrap();
    story.serves("two");
    assert!(story.find("one").is_err());
    assert_eq!(story.status().health(), Health::Ok);
}

#[test]
fn the_first_token_with_a_new_key_ends_distrust_of_all() {
    let story = story();
    story.refresher.distrust("one");
    story.provider.publish_keys(&["two"]);
    assert!(story.wait("two").is_ok());
    assert_eq!(story.fetches(), 1);
}

#[test]
fn with_every_key_distrusted_fetches_stay_within_the_budget() {
    let story = story();
    story.refresher.distrust("one");
    for kid in 0..50 {
        assert!(matches!(story.wait(&kid.to_string()), Err(LookupError::Unavailable(_))));
    }
    assert_eq!(story.fetches(), 1);
}

#[test]
fn with_every_key_distrusted_tokens_that_no_fetch_could_help_cause_none() {
    let story = story();
    story.refresher.distrust("one");
    let long = "k".repeat(300);
    for (kid, alg) in [(Some("two"), "HS256"), (Some(long.as_str()), "RS256"), (Some("one"), "RS256"), (None, "RS256")]
    {
        for answer in [story.refresher.find_keys(kid, alg), story.refresher.find_keys_wait(kid, alg)] {
            assert!(matches!(answer, Err(LookupError::Unavailable(why)) if why.reason() == Reason::Distrusted));
        }
    }
    assert_eq!(story.fetches(), 0);
}

#[test]
fn with_every_key_distrusted_hopeless_tokens_do_not_wait_for_a_fetch_and_one_without_a_kid_does() {
    let (story, gate) = gated(Setup::default());
    story.refresher.distrust("one");
    story.provider.publish_keys(&["one", "two"]);
    gate.shut();
    let refresh = begun(story.refresher.refresh_now_async());
    gate.arrival();
    for (kid, alg) in [(None, "HS256"), (Some("one"), "RS256")] {
        let mut hopeless = boxed(story.refresher.find_keys_async(kid, alg));
        assert!(matches!(glance(&mut hopeless), Some(Err(LookupError::Unavailable(_)))));
    }
    let nameless = begun(story.refresher.find_keys_async(None, "RS256"));
    gate.open();
    story.clock.block_on(refresh).unwrap();
    assert_eq!(found(story.clock.block_on(nameless)), ["two"]);
}

#[test]
fn with_every_key_distrusted_an_earlier_retry_after_is_obeyed_for_a_minute() {
    let story = story();
    story.provider.fail_for(40 * MINUTE);
    assert!(story.refresher.refresh_now().is_err());
    story.provider.recover();
    story.provider.publish_keys(&["two"]);
    story.refresher.distrust("one");
    story.advance(MINUTE);
    assert!(story.wait("two").is_ok());
}

#[test]
fn a_distrusted_kid_is_invalid_at_once_without_a_fetch() {
    let story = Setup::default().published(seed(Duration::ZERO, &["one", "two"])).settle();
    story.refresher.distrust("one");
    for _ in 0..50 {
        unknown(story.wait("one"));
    }
    assert_eq!(story.fetches(), 0);
}

#[test]
fn what_was_handed_out_before_is_the_holders_to_let_go() {
    let story = story();
    let keys = story.find("one").unwrap();
    story.refresher.distrust("one");
    assert_eq!(keys.iter().len(), 1);
    assert!(story.find("one").is_err());
}

#[test]
fn distrust_while_a_fetch_is_under_way_holds_for_what_it_brings() {
    let (story, gate) = gated(Setup::default());
    story.provider.publish_keys(&["one", "two"]);
    gate.shut();
    let mut lookup = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    gate.arrival();
    story.refresher.distrust("two");
    assert!(glance(&mut lookup).is_none());
    gate.open();
    assert!(story.clock.block_on(lookup).is_err());
    story.serves("one");
}

#[test]
fn distrust_of_a_name_twice_is_as_good_as_once() {
    let story = Setup::default().published(seed(Duration::ZERO, &["one", "two"])).settle();
    assert_eq!((story.refresher.distrust("one"), story.refresher.distrust("one")), (1, 1));
    story.provider.fail(500);
    unknown(story.wait("one"));
    story.serves("two");
}

#[test]
fn a_distrusted_key_stays_distrusted_however_its_modulus_is_written() {
    let story = Setup::default().published(seed(Duration::ZERO, &["one", "two"])).settle();
    let thumbprint = story.status().keys[0].thumbprint.clone();
    assert_eq!(story.refresher.distrust(&thumbprint), 1);
    // RFC 7518 6.3.1.1 forbids the leading zero octet, which some libraries write.
    let one = key("one", 0).as_object().unwrap().get("n").unwrap().as_str().unwrap().to_owned();
    let octets = [vec![0], URL_SAFE_NO_PAD.decode(&one).unwrap()].concat();
    let zero_first = URL_SAFE_NO_PAD.encode(octets);
    story.provider.publish_jwks(&jwks([member(&key("one", 0), "n", &*zero_first), key("two", 0)]));
    story.refresher.refresh_now().unwrap();
    assert!(story.find("one").is_err());
    story.serves("two");
    assert!(story.status().keys[0].distrusted);
}
