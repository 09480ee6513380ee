//! The status: how things stand, from memory.

use std::time::{Duration, SystemTime};

use idporten_config::document::json::Value;
use idporten_config::refresh::{Event, Health, Reason, Source, openmetrics};
use idporten_config::testing::{MemoryProvider, jwks, key};

use crate::story::{DAY, HOUR, JWKS, MINUTE, SECOND, Setup, after, before, member, seed, story, undetermined, unknown};

#[test]
fn the_status_after_the_start_shows_seed_and_next_attempt() {
    let story = Setup::default().aged(HOUR).begin();
    let status = story.status();
    assert_eq!((status.health, status.serving, status.source), (Health::Ok, true, Some(Source::Baked)));
    assert_eq!((status.as_of, status.age), (Some(before(HOUR)), Some(HOUR)));
    assert_eq!(status.too_stale_at, Some(before(HOUR) + 90 * DAY));
    assert!(status.next_attempt.unwrap() <= after(5 * MINUTE));
    assert_eq!((status.last_success, status.last_error, status.consecutive_failures), (None, None, 0));
    assert_eq!(status.environment, "idporten-test");
    assert!(story.provider.requests().is_empty(), "without any request");
}

#[test]
fn the_status_after_a_success_says_when_it_was() {
    let story = Setup::default().aged(HOUR).begin();
    story.advance(5 * MINUTE);
    let status = story.status();
    let success = status.last_success.unwrap();
    assert!(success >= after(Duration::ZERO) && success <= after(5 * MINUTE));
    assert_eq!((status.source, status.as_of), (Some(Source::Network), Some(success)));
    assert_eq!(status.age, story.clock.now().duration_since(success).ok());
    assert_eq!(status.too_stale_at, Some(success + 7 * DAY));
}

#[test]
fn the_status_after_a_failure_shows_error_count_and_next_attempt() {
    let story = story();
    let success = story.status().last_success;
    story.provider.fail(418);
    story.advance(DAY + 3 * HOUR);
    let status = story.status();
    assert!(status.last_error.unwrap().contains("status 418"));
    assert_eq!(status.consecutive_failures as usize, story.fetches());
    assert!(status.next_attempt.unwrap() > story.clock.now());
    assert!(status.next_attempt.unwrap() <= story.clock.now() + 15 * MINUTE);
    assert_eq!((status.last_success, status.health), (success, Health::Ok));
}

#[test]
fn health_is_degraded_after_two_intervals_and_failing_while_nothing_is_served() {
    let story = story();
    story.refresher.refresh_now().unwrap();
    story.provider.fail(500);
    story.advance(2 * DAY - SECOND);
    assert_eq!(story.status().health(), Health::Ok);
    story.advance(SECOND);
    assert_eq!(story.status().health(), Health::Degraded);
    story.advance(5 * DAY);
    let status = story.status();
    assert_eq!((status.health, status.serving), (Health::Failing, false));
    assert!(status.unavailable.unwrap().contains("`max_age`"));
    story.provider.recover();
    story.advance(15 * MINUTE);
    assert_eq!(story.status().health(), Health::Ok);
}

#[test]
fn health_is_degraded_for_a_seed_at_four_fifths_of_its_age() {
    let story = Setup::default().aged(72 * DAY).begin_where(MemoryProvider::disconnect);
    assert_eq!(story.status().health(), Health::Degraded);
    let story = Setup::default().aged(72 * DAY - HOUR).begin_where(MemoryProvider::disconnect);
    assert_eq!(story.status().health(), Health::Ok);
    story.advance(HOUR + MINUTE);
    assert_eq!(story.status().health(), Health::Degraded);
    assert!(story.told().contains(&"health: ok to degraded".to_owned()));
}

#[test]
fn health_of_a_young_seed_is_degraded_after_two_intervals_without_success() {
    let story = Setup::default().aged(10 * DAY).begin_where(MemoryProvider::disconnect);
    story.advance(2 * DAY - SECOND);
    assert_eq!(story.status().health(), Health::Ok);
    story.advance(SECOND);
    assert_eq!(story.status().health(), Health::Degraded);
}

#[test]
fn health_is_failing_from_the_start_where_nothing_is_served() {
    let story = Setup::default().unseeded().begin_where(MemoryProvider::disconnect);
    let status = story.status();
    assert_eq!((status.health, status.serving, status.source), (Health::Failing, false, None));
    assert_eq!((status.as_of, status.age, status.too_stale_at), (None, None, None));
    assert!(status.unavailable.unwrap().contains("no fetch has succeeded yet"));
    assert!(status.keys.is_empty());
}

#[test]
fn the_keys_are_named_with_kid_and_thumbprint() {
    let story = story();
    story.provider.publish_jwks(&jwks([key("one", 0), key("two", 3)]));
    story.refresher.refresh_now().unwrap();
    let keys = story.status().keys;
    for (key, kid) in keys.iter().zip(["one", "two"]) {
        let served = story.find(kid).unwrap();
        assert_eq!(key.thumbprint, served.iter().next().unwrap().thumbprint());
        assert_eq!((key.kid.as_deref(), key.kty, key.bits, key.crv), (Some(kid), "RSA", Some(2048), None));
        assert!(!key.distrusted);
    }
    assert_eq!(keys.len(), 2);
}

#[test]
fn a_published_private_key_is_not_served_and_is_critical() {
    let story = story();
    let leaked = member(&key("two", 0), "d", "c2VjcmV0");
    story.provider.publish_jwks(&jwks([key("one", 0), leaked]));
    story.refresher.refresh_now().unwrap();
    let status = story.status();
    assert_eq!((status.health, status.leaked, status.serving), (Health::Critical, true, true));
    assert!(status.rejected_keys[0].starts_with("entry 1: has the private member `d`"), "{:?}", status.rejected_keys);
    assert!(!status.to_string().contains("c2VjcmV0"));
    story.serves("one");
    unknown(story.wait("two"));
    assert!(story.told().contains(&"health: ok to critical".to_owned()));
    story.provider.publish_keys(&["one"]);
    story.refresher.refresh_now().unwrap();
    assert_eq!(story.status().health(), Health::Ok);
}

#[test]
fn a_leaked_key_that_was_served_is_served_no_longer() {
    let story = story();
    let leaked = member(&key("one", 0), "d", "c2VjcmV0");
    story.provider.publish_jwks(&jwks([leaked, key("two", 0)]));
    story.refresher.refresh_now().unwrap();
    story.serves("two");
    story.advance(undetermined(story.wait("one")));
    unknown(story.wait("one"));
}

#[test]
fn nothing_is_served_where_every_key_that_is_published_is_leaked() {
    let story = story();
    story.provider.publish_jwks(&jwks([member(&key("one", 0), "d", "c2VjcmV0")]));
    assert!(story.refresher.refresh_now().is_err());
    story.is_unavailable(Reason::Leaked);
    let status = story.status();
    assert_eq!((status.health, status.leaked), (Health::Failing, true));
    story.provider.publish_keys(&["two"]);
    story.advance(15 * MINUTE);
    story.serves("two");
    assert_eq!(story.status().health(), Health::Ok, "the health recovers without intervention");
}

#[test]
fn the_first_token_with_a_new_key_ends_a_leak_of_all() {
    let story = story();
    story.provider.publish_jwks(&jwks([member(&key("one", 0), "d", "c2VjcmV0")]));
    assert!(story.refresher.refresh_now().is_err());
    story.provider.publish_keys(&["two"]);
    let start = story.elapsed();
    assert!(story.wait("two").is_ok());
    assert_eq!(story.elapsed(), start, "the next timed fetch is not waited for");
}

#[test]
fn kids_with_several_keys_and_entries_that_are_not_used_are_named() {
    let story = story();
    let junk = member(&key("three", 0), "use", "enc");
    story.provider.publish_jwks(&jwks([key("one", 0), key("one", 1), junk, Value::Null]));
    story.refresher.refresh_now().unwrap();
    let status = story.status();
    assert_eq!(status.ambiguous_kids, ["one"]);
    assert_eq!(status.rejected_keys, ["entry 2: `use` is not `sig`", "entry 3: must be an object, found null"]);
    assert_eq!(status.health, Health::Ok);
}

#[test]
fn what_was_fetched_and_answered_is_counted_by_reason_and_result() {
    let story = story();
    unknown(story.wait("a"));
    unknown(story.refresher.find_keys(None, "HS256"));
    undetermined(story.wait("c"));
    story.advance(4 * SECOND);
    unknown(story.wait("b"));
    story.refresher.refresh_now().unwrap();
    story.advance(6 * MINUTE);
    assert!(story.refresher.report_bad_signature("one"));
    story.serves("one");
    story.rest();
    let counters = story.status().counters;
    assert_eq!((counters.succeeded_fetches, counters.failed_fetches), (5, 0));
    assert_eq!((counters.due_fetches, counters.unknown_kid_fetches), (1, 2));
    assert_eq!((counters.bad_signature_fetches, counters.forced_fetches), (1, 1));
    assert_eq!((counters.unknown_keys, counters.undetermined, counters.unavailable, counters.panics), (3, 1, 0, 0));
}

#[test]
fn the_status_serializes_as_json() {
    let story = Setup::default().aged(HOUR).begin();
    let status = story.status();
    let by_serde: serde_json::Value = serde_json::to_value(&status).unwrap();
    let by_display: serde_json::Value = serde_json::from_str(&status.to_string()).unwrap();
    assert_eq!(by_serde, by_display);
    for (member, value) in [
        ("health", "ok"),
        ("environment", "idporten-test"),
        ("source", "baked"),
        ("as_of", "2027-01-15T07:00:00Z"),
        ("too_stale_at", "2027-04-15T07:00:00Z"),
    ] {
        assert_eq!(by_serde[member], value, "{member}");
    }
    assert_eq!((&by_serde["serving"], &by_serde["age_seconds"]), (&true.into(), &3_600.into()));
    assert_eq!((&by_serde["last_error"], &by_serde["unavailable"]), (&().into(), &().into()));
    assert_eq!(by_serde["keys"][0]["kid"], "one");
    assert_eq!(by_serde["counters"]["due_fetches"], 0);
    assert!(!status.to_string().contains('\n') && format!("{status:#}").contains('\n'));
}

#[test]
fn metrics_say_what_the_status_says() {
    let story = story();
    let two = [key("one", 0), key("one", 1), member(&key("three", 0), "use", "enc"), key("two", 0)];
    story.provider.publish_jwks(&jwks(two));
    story.refresher.refresh_now().unwrap();
    story.refresher.distrust("two");
    story.provider.fail(503);
    undetermined(story.wait("four"));
    let (status, text) = (story.status(), story.status().to_openmetrics());
    let too_stale = status.too_stale_at.unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    for line in [
        "health{environment=\"idporten-test\",idporten_config_health=\"ok\"} 1",
        "health{environment=\"idporten-test\",idporten_config_health=\"failing\"} 0",
        "source{environment=\"idporten-test\",idporten_config_source=\"network\"} 1",
        "keys{environment=\"idporten-test\",state=\"trusted\"} 2",
        "keys{environment=\"idporten-test\",state=\"distrusted\"} 1",
        "keys{environment=\"idporten-test\",state=\"rejected\"} 1",
        "ambiguous_kids{environment=\"idporten-test\"} 1",
        "consecutive_failures{environment=\"idporten-test\"} 1",
        "fetches_total{environment=\"idporten-test\",reason=\"unknown_kid\"} 1",
        "fetch_results_total{environment=\"idporten-test\",result=\"failed\"} 1",
        "unanswered_lookups_total{environment=\"idporten-test\",answer=\"undetermined\"} 1",
        &format!("too_stale_timestamp_seconds{{environment=\"idporten-test\"}} {too_stale}"),
    ] {
        assert!(text.lines().any(|found| found == format!("idporten_config_{line}")), "{line} in\n{text}");
    }
}

#[test]
fn metrics_of_two_refreshers_name_each_family_once() {
    let (one, two) = (story().status(), Setup::default().unseeded().begin_where(MemoryProvider::disconnect).status());
    let text = openmetrics([&one, &two]);
    let mut families: Vec<_> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    let count = families.len();
    families.dedup();
    assert_eq!(families.len(), count);
    assert_eq!(text.lines().filter(|line| line.starts_with("idporten_config_serving{")).count(), 2, "{text}");
    assert_eq!(text.lines().last(), Some("# EOF"));
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    for sample in samples {
        let (name, rest) = sample.split_once('{').unwrap();
        assert!(text.contains(&format!("# TYPE {} ", name.trim_end_matches("_total"))), "{sample}");
        assert!(rest.rsplit_once(' ').unwrap().1.parse::<u64>().is_ok(), "{sample}");
    }
}

#[test]
fn no_error_status_or_event_holds_a_body_or_key() {
    const MARKER: &str = "m4rk3r";
    let story = story();
    let private = member(&member(&key("one", 0), "d", MARKER), "n", MARKER);
    for text in [MARKER.to_owned(), format!("{{\"{MARKER}"), jwks([private]).to_string()] {
        story.provider.publish_text(JWKS, text);
        let error = story.refresher.refresh_now().unwrap_err();
        let texts = format!("{error} {error:?} {} {:?} {:?}", story.status(), story.status(), story.events());
        assert!(!texts.contains(MARKER), "{texts}");
    }
    assert!(!format!("{:?}", story.refresher).contains("\"n\""));
    let modulus = key("one", 0).as_object().unwrap().get("n").unwrap().as_str().unwrap().to_owned();
    let texts = format!("{} {:?} {:?}", story.status(), story.status(), story.refresher);
    assert!(!texts.contains(&modulus[..40]));
}

#[test]
fn the_next_attempt_comes_when_the_status_says() {
    let story = story();
    for _ in 0..5 {
        let next = story.status().next_attempt.unwrap();
        story.advance(next.duration_since(story.clock.now()).unwrap());
        assert_eq!(story.fetches(), 1);
        assert_eq!(story.status().last_success, Some(next));
    }
}

#[test]
fn serving_ends_when_the_status_says() {
    for age in [10 * DAY, 80 * DAY] {
        let story = Setup::default().aged(age).begin_where(|provider| provider.fail(500));
        let end = story.status().too_stale_at.unwrap();
        story.advance(end.duration_since(story.clock.now()).unwrap() - SECOND);
        story.serves("one");
        story.advance(SECOND);
        assert!(matches!(story.refresher.current().unwrap_err().reason(), Reason::TooStale(_)));
        let expired = story.events().iter().filter(|event| matches!(event, Event::Expired { .. })).count();
        assert_eq!(expired, 1);
    }
    drop(seed(Duration::ZERO, &["one"]));
}
