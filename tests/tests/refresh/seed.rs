//! The compiled-in snapshot, which is served from the start until its limit.

use std::time::Duration;

use idporten_config::document::json::Value;
use idporten_config::document::{Origin, Provider};
use idporten_config::refresh::{Health, Limit, LookupError, Reason, RefreshPolicy, Refresher, Source, StartError};
use idporten_config::testing::{MemoryProvider, VirtualClock, snapshot};
use idporten_config::{KnownEnvironment, Snapshot};

use crate::story::{
    DAY, HOUR, JWKS, MINUTE, SECOND, Setup, Story, TEST, after, before, fleet, found, seed, undetermined, unknown,
    with_origin,
};

/// A story without a network.
fn offline(setup: Setup) -> Story {
    setup.begin_where(MemoryProvider::disconnect)
}

#[test]
fn tokens_verify_at_once_without_a_network() {
    let story = offline(Setup::default().aged(30 * DAY));
    story.serves("one");
    assert_eq!(story.refresher.current().unwrap().as_of(), before(30 * DAY));
    assert_eq!(story.status().source, Some(Source::Baked));
    assert_eq!(story.refresher.wait_ready(Duration::ZERO).ok(), Some(()));
}

#[test]
fn the_text_of_a_snapshot_is_as_good_as_a_snapshot() {
    let text = seed(Duration::ZERO, &["one"]).to_string();
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    let clock = VirtualClock::new(after(Duration::ZERO));
    let builder = Refresher::builder(&*text).unwrap().policy(RefreshPolicy::never()).clock(&clock);
    assert!(builder.start_with(provider).is_ok());
    for text in ["", "{}", "null", &text.replace("https://test.idporten.no\"", "https://idporten.no\"")] {
        let error = Refresher::builder(text).unwrap_err();
        assert!(matches!(error, StartError::Snapshot(_)), "{error}");
    }
}

#[test]
fn a_young_seed_is_refreshed_at_a_random_time_within_five_minutes() {
    let dues: Vec<_> = fleet(Setup::default, |_| ())
        .map(|story| {
            let due = story.status().next_attempt.unwrap().duration_since(story.clock.now()).unwrap();
            assert_eq!(story.fetches(), 0);
            story.advance(due);
            assert_eq!(story.fetches(), 1);
            due
        })
        .collect();
    assert!(dues.iter().all(|due| *due <= 5 * MINUTE), "{dues:?}");
    assert!(dues.iter().any(|due| due.abs_diff(dues[0]) > 10 * SECOND), "{dues:?}");
}

#[test]
fn an_old_seed_serves_while_it_is_refreshed_at_once() {
    let story = Setup::default().aged(25 * HOUR).begin();
    assert_eq!(story.fetches(), 1);
    assert_eq!(story.status().source, Some(Source::Network));
    let story = offline(Setup::default().aged(25 * HOUR));
    assert!(story.fetches() > 0);
    story.serves("one");
}

#[test]
fn a_seed_dated_more_than_a_day_ahead_never_serves() {
    let future = snapshot(TEST, after(DAY + SECOND), &["one"]);
    for _ in 0..12 {
        offline(Setup::default().seed(future.clone())).is_unavailable(Reason::NotYetFetched);
    }
    let story = Setup::default().seed(future).begin();
    assert_eq!(story.fetches(), 1, "it is fetched at once");
    assert_eq!(story.refresher.current().unwrap().as_of(), after(Duration::ZERO));
}

#[test]
fn a_seed_dated_less_than_a_day_ahead_counts_as_of_now() {
    let story = offline(Setup::default().seed(snapshot(TEST, after(23 * HOUR), &["one"])));
    story.serves("one");
    assert_eq!(story.status().age, Some(Duration::ZERO));
}

#[test]
fn a_future_seed_is_refused_if_the_policy_makes_no_requests() {
    let future = snapshot(TEST, after(2 * DAY), &["one"]);
    let clock = VirtualClock::new(after(Duration::ZERO));
    let setup = Setup::default().seed(future.clone()).policy(|_| RefreshPolicy::never());
    let error = setup.start(&clock, MemoryProvider::new(&future)).unwrap_err();
    assert!(matches!(error, StartError::Future(_)), "{error:?}");
    assert!(error.to_string().ends_with("set the clock, or build with a new snapshot"), "found `{error}`");
}

#[test]
fn a_seed_without_a_network_serves_until_its_limit() {
    let story = offline(Setup::default().aged(88 * DAY));
    story.advance(2 * DAY - SECOND);
    story.serves("one");
    story.advance(SECOND);
    story.is_unavailable(Reason::TooStale(Limit::SeedMaxAge));
    assert_eq!(story.status().health(), Health::Failing);
    assert!(story.told().contains(&"expired: seed_max_age".to_owned()));
}

#[test]
fn an_expired_seed_is_not_served_and_the_reason_names_its_limit() {
    let story = offline(Setup::default().aged(90 * DAY));
    story.is_unavailable(Reason::TooStale(Limit::SeedMaxAge));
    let message = story.refresher.current().unwrap_err().to_string();
    assert!(message.contains("`seed_max_age`"), "{message}");
    story.provider.recover();
    story.advance(30 * SECOND);
    story.serves("one");
}

#[test]
fn a_seed_may_be_forbidden() {
    let forbid = |policy: RefreshPolicy| policy.with_seed_max_age(Duration::ZERO);
    offline(Setup::default().policy(forbid)).is_unavailable(Reason::TooStale(Limit::SeedMaxAge));
    let story = Setup::default().policy(forbid).begin();
    story.refresher.wait_ready(SECOND).unwrap();
    story.serves("one");
}

#[test]
fn the_first_success_replaces_the_seeds_limit_with_max_age() {
    let story = Setup::default().aged(89 * DAY).begin();
    story.rest();
    story.provider.disconnect();
    story.advance(7 * DAY - SECOND);
    story.serves("one");
    story.advance(SECOND);
    story.is_unavailable(Reason::TooStale(Limit::MaxAge));
}

#[test]
fn a_snapshot_that_was_not_fetched_says_only_which_environment_it_is() {
    let recorded = with_origin(&seed(Duration::ZERO, &["one"]), Origin::Recorded);
    let bundled = Snapshot::parse(KnownEnvironment::IdportenTest.bundled_snapshot()).unwrap();
    for unfit in [recorded, bundled] {
        let story = offline(Setup::default().seed(unfit.clone()));
        assert!(story.fetches() > 0, "a fetch starts at once");
        story.is_unavailable(Reason::NotYetFetched);
        let story = Setup::default().seed(unfit).begin();
        story.refresher.wait_ready(SECOND).unwrap();
        story.serves("one");
        assert_eq!(story.elapsed(), Duration::ZERO);
    }
}

#[test]
fn each_bundled_snapshot_starts_and_serves_what_it_fetches() {
    for environment in KnownEnvironment::ALL {
        let live = snapshot(*environment, after(Duration::ZERO), &["one"]);
        let bundled = Snapshot::parse(environment.bundled_snapshot()).unwrap();
        let story = Setup::default().seed(bundled).published(live).begin();
        story.refresher.wait_ready(SECOND).unwrap();
        story.serves("one");
        assert_eq!(story.status().environment, environment.slug());
    }
}

#[test]
fn without_requests_the_seed_serves_and_an_unknown_kid_is_undetermined() {
    let story = Setup::default().aged(30 * DAY).policy(|_| RefreshPolicy::never()).begin();
    story.serves("one");
    undetermined(story.find("two"));
    undetermined(story.wait("two"));
    unknown(story.refresher.find_keys_wait(None, "HS256"));
    assert!(!story.refresher.report_bad_signature("one"));
    assert!(story.refresher.refresh_now().unwrap_err().to_string().contains("makes no requests"));
    story.advance(59 * DAY);
    story.serves("one");
    assert_eq!((story.status().next_attempt, story.elapsed()), (None, 59 * DAY));
    story.advance(DAY);
    story.is_unavailable(Reason::TooStale(Limit::SeedMaxAge));
    assert!(story.provider.requests().is_empty());
}

#[test]
fn without_requests_and_a_seed_every_wait_still_ends() {
    let story = Setup::default().unseeded().policy(|_| RefreshPolicy::never()).begin();
    assert!(matches!(story.wait("one"), Err(LookupError::Unavailable(_))));
    assert_eq!(story.elapsed(), Duration::ZERO);
    assert_eq!(story.refresher.wait_ready(MINUTE).unwrap_err().reason(), Reason::NotYetFetched);
    assert_eq!(story.elapsed(), Duration::ZERO, "there is nothing to wait for");
    assert!(story.provider.requests().is_empty());
}

#[test]
fn a_provider_from_run_time_is_served_after_the_first_fetch() {
    let clock = VirtualClock::new(after(Duration::ZERO));
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    provider.at(JWKS).fail(503);
    let refresher = Refresher::for_provider(TEST).unwrap().clock(&clock).start_with(provider.clone()).unwrap();
    let error = refresher.wait_ready(SECOND).unwrap_err();
    assert_eq!(error.reason(), Reason::NotYetFetched);
    assert!(error.to_string().contains("jwks.json"), "{error}");
    provider.at(JWKS).recover();
    refresher.wait_ready(MINUTE).unwrap();
    assert_eq!(found(refresher.find_keys(Some("one"), "RS256")), ["one"]);
    let status = refresher.status();
    assert_eq!((&*status.environment, status.drift.len()), ("idporten-test", 0));
}

#[test]
fn a_provider_known_only_at_run_time_is_held_to_its_issuer() {
    let clock = VirtualClock::new(after(Duration::ZERO));
    let well_known = "https://own.example/.well-known/openid-configuration";
    let described = Provider::custom("own", well_known, "https://own.example").unwrap();
    let seed = seed(Duration::ZERO, &["one"]);
    let published = MemoryProvider::new(&seed);
    published.publish_text(well_known, Value::from(seed.metadata_json().clone()).to_string());
    let refresher = Refresher::for_provider(described).unwrap().clock(&clock).start_with(published).unwrap();
    let error = refresher.wait_ready(MINUTE).unwrap_err();
    assert!(error.to_string().contains("\"https://test.idporten.no\""), "{error}");
}
