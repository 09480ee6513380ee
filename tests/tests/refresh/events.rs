//! Events: each change of a refresher, in order, for every receiver.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use idporten_config::refresh::{Event, Health, Reason, Transport};

use crate::story::{DAY, HOUR, MINUTE, SECOND, Setup, seed, story, unknown, with};
use crate::transport::Own;

#[test]
fn a_miss_is_told_of_from_its_beginning_to_its_end() {
    let story = story();
    story.provider.publish_keys(&["one", "two"]);
    assert!(story.wait("two").is_ok());
    assert_eq!(story.told(), ["started: UnknownKid", "refreshed: 1 key rotation"]);
}

#[test]
fn each_fetch_says_why_it_is_made() {
    let story = story();
    story.advance(MINUTE * 10);
    story.refresher.refresh_now().unwrap();
    unknown(story.wait("two"));
    story.advance(6 * MINUTE);
    assert!(story.refresher.report_bad_signature("one"));
    story.advance(DAY);
    let causes: Vec<_> = story.told().into_iter().filter(|told| told.starts_with("started")).collect();
    assert_eq!(causes, ["started: Forced", "started: UnknownKid", "started: BadSignature", "started: Due"]);
}

#[test]
fn an_outage_sends_events_from_first_failure_to_recovery() {
    let story = story();
    story.provider.fail(500);
    story.advance(8 * DAY);
    story.provider.recover();
    story.advance(15 * MINUTE);
    let told = story.told();
    let rest: Vec<_> = told.iter().filter(|told| !told.starts_with("started") && !told.starts_with("failed")).collect();
    assert_eq!(rest[..3], ["health: ok to degraded", "expired: max_age", "health: degraded to failing"]);
    assert_eq!(rest[3..], ["refreshed: no change", "health: failing to ok"]);
    let failed = told.iter().filter(|told| told.starts_with("failed")).count();
    assert!(told.contains(&format!("failed: {failed}")), "counted up to {failed}");
    let order = |what: &str| told.iter().position(|told| told == what).unwrap();
    assert!(order("failed: 1") < order("health: ok to degraded"));
}

#[test]
fn a_failure_is_told_of_with_its_error() {
    let story = story();
    story.provider.fail(404);
    assert!(story.refresher.refresh_now().is_err());
    let events = story.events();
    let Some(Event::Failed { error, consecutive_failures: 1, .. }) = events.last() else { panic!("{events:?}") };
    assert!(error.to_string().contains("status 404"), "{error}");
}

#[test]
fn a_refresh_is_told_of_with_what_changed_by_meaning() {
    let story = story();
    let moved = "https://test.idporten.no/moved/token";
    story.provider.publish(&with(&seed(Duration::ZERO, &["two"]), &[("token_endpoint", moved.into())]));
    story.refresher.refresh_now().unwrap();
    let events = story.events();
    let changes = events.iter().find_map(|event| match event {
        Event::Refreshed { changes, .. } => Some(changes),
        _ => None,
    });
    let told = changes.unwrap().to_string();
    assert!(told.contains("token_endpoint") && told.contains(moved), "{told}");
    assert!(told.contains("two") && told.contains("one"), "{told}");
}

#[test]
fn changes_are_told_against_what_was_served_and_not_against_the_seed() {
    let story = story();
    story.provider.publish_keys(&["two"]);
    story.refresher.refresh_now().unwrap();
    story.told();
    story.refresher.refresh_now().unwrap();
    assert_eq!(story.told(), ["started: Forced", "refreshed: no change"]);
}

#[test]
fn each_receiver_gets_every_event_from_its_beginning_on() {
    let story = story();
    let first = story.refresher.events();
    story.refresher.refresh_now().unwrap();
    let second = story.refresher.events();
    story.refresher.refresh_now().unwrap();
    story.rest();
    assert_eq!((first.try_iter().count(), second.try_iter().count(), story.events().len()), (4, 2, 4));
    drop(first);
    story.refresher.refresh_now().unwrap();
    story.rest();
    assert_eq!(second.try_iter().count(), 2, "the other receiver is gone");
}

#[test]
fn a_receiver_of_the_builder_gets_what_happens_during_the_start() {
    let story = Setup::default().unseeded().begin();
    story.refresher.wait_ready(MINUTE).unwrap();
    let told = ["started: Due", "refreshed: 1 breaking change", "health: failing to ok"];
    let found = story.told();
    assert_eq!((&*found[0], &*found[2]), (told[0], told[2]), "{found:?}");
}

#[test]
fn receivers_end_with_the_last_handle() {
    let story = story();
    let events = story.refresher.events();
    story.refresher.refresh_now().unwrap();
    story.rest();
    drop(story);
    assert_eq!(events.iter().count(), 2);
}

#[test]
fn a_full_receiver_holds_up_nothing_and_its_missed_events_are_counted() {
    let story = story();
    let events = story.refresher.events();
    for _ in 0..600 {
        story.refresher.refresh_now().unwrap();
        story.told();
    }
    assert_eq!(story.status().counters.missed_events, 1_200 - 1_024);
    assert_eq!((events.try_iter().count(), story.status().health()), (1_024, Health::Ok));
}

#[test]
fn an_event_is_written_as_a_line_that_names_its_cause() {
    let story = story();
    story.provider.fail(500);
    assert!(story.refresher.refresh_now().is_err());
    assert!(story.refresher.refresh_now().is_err());
    let lines: Vec<_> = story.events().iter().map(ToString::to_string).collect();
    assert_eq!((&*lines[0], lines.len()), ("fetching: forced", 4));
    assert!(lines[1].starts_with("refresh failed: https://test.idporten.no/"), "{}", lines[1]);
    assert!(lines[3].starts_with("refresh failed 2 times in a row: https://test.idporten.no/"), "{}", lines[3]);
}

#[test]
fn a_panicking_transport_is_a_counted_failure_and_is_retried() {
    let provider = story().provider;
    let broken = Arc::new(AtomicBool::new(true));
    let (within, inner) = (Arc::clone(&broken), provider.clone());
    let story = Setup::default().unseeded().begin_through(
        provider,
        Own(move |url: &str, timeout| {
            if within.load(Ordering::SeqCst) {
                panic::resume_unwind(Box::new("a client's own trouble"));
            }
            inner.get(url, timeout)
        }),
    );
    story.is_unavailable(Reason::NotYetFetched);
    let status = story.status();
    assert_eq!((status.counters.panics, status.consecutive_failures), (1, 1));
    let error = status.last_error.unwrap();
    assert!(error.contains("the fetch ended without a result"), "found `{error}`");
    broken.store(false, Ordering::SeqCst);
    story.advance(30 * SECOND);
    story.serves("one");
}

/// A panic payload that panics once more when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic::resume_unwind(Box::new("the second"));
        }
    }
}

#[test]
fn a_transport_that_panics_with_something_that_panics_is_tried_again() {
    let provider = story().provider;
    let story = Setup::default().begin_through(provider, Own(|_: &str, _| panic::resume_unwind(Box::new(Bomb))));
    story.advance(HOUR);
    let counters = story.status().counters;
    assert!(counters.due_fetches > 1 && counters.panics > 1, "{counters:?}");
}
