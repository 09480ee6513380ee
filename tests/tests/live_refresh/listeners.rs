//! Listeners that misbehave: they are the program's, and cost it nothing but what it is told.

use std::panic;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use idporten_config::refresh::{Builder, Event, LookupError, Reason, RefreshPolicy, Refresher};
use idporten_config_tests::live::{JWKS, LONG, TEST, keys, provider};
use idporten_config_tests::server::Server;

fn builder(server: &Server) -> Builder {
    Refresher::builder(TEST.bundled_snapshot()).unwrap().fetch_options(server.options())
}

/// What comes of it on a thread of its own; nothing where it does not end.
fn bounded<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(Duration::from_secs(5)).ok()
}

#[test]
fn a_listener_that_panics_is_counted_and_ends_nothing() {
    let server = provider(&["a"]);
    let (sender, told) = mpsc::channel();
    let listener = move |_: &Event| {
        sender.send(()).unwrap();
        panic!("a test's listener");
    };
    let refresher = builder(&server).on_event(listener).start().unwrap();
    refresher.wait_ready(LONG).unwrap();
    server.on(JWKS, keys(&["b"]));
    assert!(refresher.find_keys_wait(Some("b"), "RS256").is_ok());
    // Told of the fourth, it has panicked three times.
    for _ in 0..4 {
        told.recv_timeout(LONG).unwrap();
    }
    assert!(refresher.status().counters.panics >= 3);
}

#[test]
fn a_listener_may_use_the_refresher_and_drop_its_last_handle() {
    let server = provider(&["a"]);
    let (handles, given) = mpsc::channel::<Refresher>();
    let (sender, told) = mpsc::channel();
    let listener = move |event: &Event| {
        if let Event::Refreshed { .. } = event {
            let refresher = given.recv().unwrap();
            sender.send((refresher.current().is_ok(), refresher.status().serving)).unwrap();
        }
    };
    let refresher = builder(&server).on_event(listener).start().unwrap();
    handles.send(refresher).unwrap();
    assert_eq!(told.recv_timeout(LONG).unwrap(), (true, true));
    let after = told.recv_timeout(LONG);
    assert_eq!(after, Err(mpsc::RecvTimeoutError::Disconnected), "the worker ended, and its listener with it");
}

#[test]
fn a_listener_that_takes_its_time_holds_up_no_look_up_beyond_its_limit() {
    let server = provider(&["a"]);
    let (release, held) = mpsc::channel::<()>();
    let policy = RefreshPolicy::default().with_key_wait(Duration::from_millis(100));
    let listener = move |event: &Event| {
        if let Event::Refreshed { .. } = event {
            let _ = held.recv();
        }
    };
    let refresher = builder(&server).policy(policy).on_event(listener).start().unwrap();
    refresher.wait_ready(LONG).unwrap();
    let result = bounded(move || refresher.find_keys_wait(Some("b"), "RS256").err());
    drop(release);
    let error = result.expect("an answer after `key_wait`");
    assert!(matches!(error, Some(LookupError::Undetermined { .. } | LookupError::UnknownKey)), "{error:?}");
}

/// Something to panic with, that panics once more when it is thrown away.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(thread::panicking(), "a test's panic within a panic");
    }
}

#[test]
fn a_listener_that_panics_with_what_panics_leaves_nobody_waiting() {
    let server = provider(&["a"]);
    let refresher = builder(&server).on_event(|_| panic::panic_any(Bomb)).start().unwrap();
    let waiting = refresher.clone();
    let ended =
        bounded(move || waiting.wait_ready(Duration::from_millis(100)).map_err(|unavailable| unavailable.reason()));
    assert!(matches!(ended, Some(Ok(()) | Err(Reason::Stopped))), "{ended:?}");
}
