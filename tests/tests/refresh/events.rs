//! Events: what happened, in order, on a thread of their own and outside any lock.

use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use idporten_config::refresh::{Event, Health, Reason, Refresher, Transport};

use crate::story::{DAY, HOUR, MINUTE, Own, SECOND, Setup, Story, seed, story, unknown, with};

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
fn an_outage_is_told_of_from_the_first_failure_to_the_end_of_serving_and_back() {
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
fn a_listener_may_ask_the_refresher_for_what_is_in_memory() {
    let own: Arc<OnceLock<Refresher>> = Arc::default();
    let (sender, receiver) = mpsc::channel();
    let within = Arc::clone(&own);
    let story = Setup::default().begin_told(move |event| {
        let Some(refresher) = within.get() else { return };
        // None of these may find a lock taken.
        let _ = (refresher.current().is_ok(), refresher.find_keys(Some("two"), "RS256").is_ok());
        refresher.report_bad_signature("one");
        refresher.distrust("nothing");
        let _ = sender.send((format!("{refresher:?}"), refresher.status().health(), event.clone()));
    });
    own.set(story.refresher.clone()).unwrap();
    story.refresher.refresh_now().unwrap();
    story.rest();
    let (debug, health, event) = receiver.try_recv().unwrap();
    assert!(debug.contains("idporten-test"), "{debug}");
    assert_eq!(health, Health::Ok);
    assert!(matches!(event, Event::Started { .. }));
}

#[test]
fn events_are_told_one_after_another_on_one_thread_that_is_not_the_callers() {
    let threads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&threads);
    let story = Setup::default().begin_told(move |_| seen.lock().unwrap().push(thread::current().id()));
    for _ in 0..5 {
        story.refresher.refresh_now().unwrap();
    }
    story.rest();
    let threads = threads.lock().unwrap();
    assert_eq!(threads.len(), 10);
    assert!(threads.iter().all(|id| *id == threads[0] && *id != thread::current().id()));
}

#[test]
fn what_is_told_can_be_sent_down_a_channel() {
    let (sender, receiver) = mpsc::channel();
    let story = Setup::default().begin_told(move |event| drop(sender.send(event.clone())));
    story.refresher.refresh_now().unwrap();
    story.rest();
    drop(story);
    assert_eq!(receiver.iter().count(), 2);
}

#[test]
fn a_listener_that_panics_is_counted_and_ends_nothing() {
    let story = Setup::default().begin_told(|_| panic::resume_unwind(Box::new("a listener's own trouble")));
    story.refresher.refresh_now().unwrap();
    story.provider.publish_keys(&["two"]);
    assert!(story.wait("two").is_ok());
    assert_eq!(story.status().counters.panics, 4, "one for each event");
    story.provider.fail(500);
    story.advance(3 * DAY);
    assert_eq!(story.status().health(), Health::Degraded);
}

#[test]
fn a_transport_that_panics_is_a_failed_fetch_that_is_counted_and_tried_again() {
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
    assert!(status.last_error.unwrap().contains("this is a bug"));
    broken.store(false, Ordering::SeqCst);
    story.advance(30 * SECOND);
    story.serves("one");
}

/// What a panic may throw: something that panics once more when it is dropped.
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

#[test]
fn a_listener_that_panics_with_something_that_panics_ends_nothing() {
    for setup in [Setup::default(), Setup::default().unseeded()] {
        let story = setup.begin_told(|_| panic::resume_unwind(Box::new(Bomb)));
        story.advance(HOUR);
        assert!(story.status().counters.panics > 1);
        story.provider.publish_keys(&["two"]);
        assert!(story.wait("two").is_ok());
    }
}

/// A story whose listener does not return until the sender is gone, and how many events it was told of.
fn held_up() -> (Story, mpsc::Sender<()>, Arc<AtomicUsize>) {
    let (hold, release) = mpsc::channel::<()>();
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let story = Setup::default().begin_told(move |_| {
        let _ = release.recv();
        count.fetch_add(1, Ordering::SeqCst);
    });
    (story, hold, told)
}

#[test]
fn a_listener_that_takes_its_time_holds_up_nothing_and_is_told_of_all_in_the_end() {
    let (story, hold, told) = held_up();
    for kid in ["two", "three", "four"] {
        story.provider.publish_keys(&[kid]);
        // The clock stands still meanwhile: an executor of its own waits for what happens by itself.
        smol::block_on(story.refresher.refresh_now_async()).unwrap();
        story.serves(kid);
    }
    assert_eq!(told.load(Ordering::SeqCst), 0);
    drop(hold);
    story.rest();
    assert_eq!(told.load(Ordering::SeqCst), 6);
    assert_eq!(story.status().counters.missed_events, 0);
}

#[test]
fn a_listener_that_is_too_far_behind_misses_events_and_they_are_counted() {
    let (story, hold, told) = held_up();
    for _ in 0..600 {
        smol::block_on(story.refresher.refresh_now_async()).unwrap();
    }
    drop(hold);
    let missed = usize::try_from(story.status().counters.missed_events).unwrap();
    assert!((1_200 - 1_025..=1_200 - 1_024).contains(&missed), "{missed}");
    assert_eq!(told.load(Ordering::SeqCst), 1_200 - missed);
    assert_eq!(story.status().health(), Health::Ok);
}
