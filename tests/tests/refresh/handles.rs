//! Handles: cheap, of any thread and any executor, and the end of it all when the last is gone.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use idporten_config::refresh::{Keys, LookupError, ProviderConfig, Refresher, Status, Transport};
use idporten_config::testing::MemoryProvider;

use crate::story::{DAY, HOUR, MINUTE, SECOND, Setup, begun, found, seed, story, with};
use crate::transport::{Own, behind, gated};

/// A thread that has left the clock ends by itself, a moment later.
#[track_caller]
fn soon(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < MINUTE, "a minute has passed");
        thread::yield_now();
    }
}

fn can_go_anywhere<T: Send + Sync + 'static>() {}

#[test]
fn handles_are_cloned_and_sent_and_share_one_state() {
    can_go_anywhere::<Refresher>();
    can_go_anywhere::<ProviderConfig>();
    can_go_anywhere::<LookupError>();
    can_go_anywhere::<Status>();
    let story = story();
    let other = story.refresher.clone();
    story.provider.publish_keys(&["two"]);
    thread::spawn(move || other.refresh_now().unwrap()).join().unwrap();
    story.serves("two");
}

#[test]
fn one_state_serves_threads_and_executors_alike() {
    let story = story();
    let kids = ["one", "two", "three", "four"];
    let refresher = &story.refresher;
    story.provider.publish_keys(&kids[..2]);
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    assert_eq!(found(runtime.block_on(refresher.find_keys_async(Some("two"), "RS256"))), ["two"]);
    story.provider.publish_keys(&kids[..3]);
    story.advance(4 * SECOND);
    assert_eq!(found(smol::block_on(refresher.find_keys_async(Some("three"), "RS256"))), ["three"]);
    story.provider.publish_keys(&kids);
    futures_executor::block_on(refresher.refresh_now_async()).unwrap();
    story.serves("four");
    runtime.block_on(refresher.wait_ready_async(MINUTE)).unwrap();
    assert_eq!(story.fetches(), 3);
}

#[test]
fn tasks_of_a_runtime_with_one_thread_all_wait_at_once() {
    let (story, gate) = gated(Setup::default());
    story.provider.publish_keys(&["one", "two"]);
    gate.shut();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let refresher = story.refresher.clone();
            runtime.spawn(async move { found(refresher.find_keys_async(Some("two"), "RS256").await) })
        })
        .collect();
    runtime.block_on(async {
        // The others have their turn before this one: all wait when the gate opens.
        tokio::task::yield_now().await;
        gate.open();
        for task in tasks {
            assert_eq!(task.await.unwrap(), ["two"]);
        }
    });
    assert_eq!(story.fetches(), 1);
}

#[test]
fn a_task_that_is_aborted_leaves_the_others_their_result() {
    let (story, gate) = gated(Setup::default());
    story.provider.publish_keys(&["one", "two"]);
    gate.shut();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let refresher = story.refresher.clone();
    let first = runtime.spawn(async move { refresher.find_keys_async(Some("two"), "RS256").await.is_ok() });
    gate.arrival();
    let second = begun(story.refresher.find_keys_async(Some("two"), "RS256"));
    first.abort();
    assert!(runtime.block_on(first).unwrap_err().is_cancelled());
    gate.open();
    assert_eq!(found(runtime.block_on(second)), ["two"]);
    assert_eq!(story.fetches(), 1);
}

#[test]
fn no_request_is_made_after_the_last_handle_is_gone() {
    let story = story();
    let (clock, provider, refresher) = (story.clock.clone(), story.provider.clone(), story.refresher.clone());
    drop(story);
    clock.advance(2 * DAY);
    let before = provider.requests().len();
    assert!(before > 4, "while there is one it goes on");
    drop(refresher);
    clock.advance(30 * DAY);
    assert_eq!(provider.requests().len(), before);
}

#[test]
fn a_fetch_that_is_due_at_once_is_not_made_for_nobody() {
    let (story, gate) = behind(Setup::default().unseeded());
    gate.arrival();
    let provider = story.provider.clone();
    let clock = story.clock.clone();
    drop(story);
    // The metadata are asked for already; the keys are not.
    gate.open();
    clock.advance(DAY);
    assert_eq!(provider.requests().len(), 1);
}

#[test]
fn the_end_waits_for_nothing_though_a_request_hangs() {
    let (story, gate) = behind(Setup::default().unseeded());
    gate.arrival();
    let (provider, clock) = (story.provider.clone(), story.clock.clone());
    drop(story);
    assert!(provider.requests().is_empty(), "the request is still before the gate, and this goes on");
    gate.open();
    clock.advance(Duration::ZERO);
}

#[test]
fn the_transport_is_released_with_the_last_handle() {
    let held = Arc::new(());
    let of_transport = held.clone();
    let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
    let clock = story().clock;
    let own = Own(move |url: &str, timeout| {
        assert!(Arc::strong_count(&of_transport) > 1);
        provider.get(url, timeout)
    });
    let refresher = Setup::default().start(&clock, own).unwrap();
    clock.advance(HOUR);
    assert_eq!(Arc::strong_count(&held), 2);
    drop(refresher);
    soon(|| Arc::strong_count(&held) == 1);
}

#[test]
fn what_was_handed_out_outlives_the_handles() {
    let story = story();
    let (keys, config): (Keys, _) = (story.find("one").unwrap(), story.refresher.current().unwrap().to_arc());
    drop(story);
    assert_eq!(keys.iter().len(), 1);
    assert_eq!(config.find_keys(Some("one"), "RS256").len(), 1);
}

#[test]
fn a_thousand_refreshers_come_and_go() {
    let clock = story().clock;
    for _ in 0..1_000 {
        let provider = MemoryProvider::new(&seed(Duration::ZERO, &["one"]));
        let refresher = Setup::default().start(&clock, provider).unwrap();
        assert!(refresher.find_keys(Some("one"), "RS256").is_ok());
    }
    clock.advance(DAY);
    #[cfg(target_os = "linux")]
    {
        let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
        soon(|| threads() < 500);
    }
}

#[test]
fn many_handles_of_two_environments_do_not_meet() {
    let (first, second) = (story(), story());
    first.provider.publish_keys(&["two"]);
    first.refresher.refresh_now().unwrap();
    first.serves("two");
    second.serves("one");
    assert_eq!(second.fetches(), 0);
}

#[test]
fn the_debug_form_of_a_handle_is_one_line_with_environment() {
    let story = story();
    let debug = format!("{:?}", story.refresher);
    assert!(debug.contains("idporten-test") && debug.len() < 200, "{debug}");
    story.refresher.distrust("one");
    assert!(format!("{:?}", story.refresher).contains("as_of: None"));
}

#[test]
fn the_generation_increases_exactly_when_what_is_served_changes() {
    let story = story();
    let generation = || story.refresher.current().unwrap().generation();
    let first = generation();
    story.advance(3 * DAY);
    assert!(story.fetches() >= 3);
    assert_eq!(generation(), first, "the same documents, fetched again");
    story.provider.publish_keys(&["one", "two"]);
    story.refresher.refresh_now().unwrap();
    assert_eq!(generation(), first + 1, "a key more");
    story.refresher.distrust("nobody");
    assert_eq!(generation(), first + 1, "a name that meets no key");
    story.refresher.distrust("two");
    assert_eq!(generation(), first + 2, "a key less");
    story.provider.fail(503);
    story.advance(8 * DAY);
    assert!(story.refresher.current().is_err());
    story.provider.recover();
    story.advance(HOUR);
    assert_eq!(generation(), first + 2, "the same after an outage");
    let moved = [("token_endpoint", "https://test.idporten.no/moved".into())];
    story.provider.publish(&with(&seed(Duration::ZERO, &["one", "two"]), &moved));
    story.refresher.refresh_now().unwrap();
    assert_eq!(generation(), first + 3, "an endpoint that moved");
}
