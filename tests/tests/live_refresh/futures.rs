//! Types that can be sent between threads, and futures that are dropped while they wait.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_executor::block_on;
use idporten_config::refresh::{
    Current, Event, Keys, LookupError, ProviderConfig, RefreshError, RefreshPolicy, Refresher, StartError, Status,
    Unavailable,
};
use idporten_config_tests::live::{JWKS, LONG, TEST, WELL_KNOWN, asked, eventually, keys, metadata, provider, ready};
use idporten_config_tests::server::{Reply, Server};

/// As many as may wait at a time.
const SEATS: usize = 1_024;

fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A refresher with key `a`, whose next fetch hangs and then brings `b`.
fn hanging() -> (Server, Refresher) {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default().with_key_wait(LONG));
    server.on(WELL_KNOWN, [Reply::silence(), metadata()]);
    server.on(JWKS, keys(&["b"]));
    (server, refresher)
}

/// Ends the silence, once it has begun.
fn release(server: &Server) {
    eventually("the server hangs", || server.requests().len() == 3);
    server.hang_up();
}

fn shareable<T: Send + Sync + 'static>() {}

fn sendable<T: Send>(value: T) -> T {
    value
}

#[test]
fn the_public_types_can_be_sent_and_shared_between_threads() {
    shareable::<Refresher>();
    shareable::<(Current, Keys, ProviderConfig)>();
    shareable::<(Status, Event)>();
    shareable::<(LookupError, Unavailable, RefreshError, StartError)>();
    let server = provider(&["a"]);
    // Its listener need not be `Sync`, and so it is not.
    let builder = sendable(Refresher::builder(TEST.bundled_snapshot()).unwrap().fetch_options(server.options()));
    let refresher = builder.start().unwrap();
    block_on(async {
        sendable(refresher.wait_ready_async(LONG)).await.unwrap();
        sendable(refresher.refresh_now_async()).await.unwrap();
        assert!(sendable(refresher.find_keys_async(Some("a"), "RS256")).await.is_ok());
    });
}

#[test]
fn keys_can_be_held_across_an_await_that_changes_threads() {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let task = runtime.spawn(async move {
        let keys = refresher.find_keys_async(Some("a"), "RS256").await.unwrap();
        let current = refresher.current().unwrap();
        drop(refresher);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        (keys.iter().len(), current.keys().len())
    });
    assert_eq!(runtime.block_on(task).unwrap(), (1, 1), "what is held outlives the refresher");
}

#[test]
fn a_future_that_is_not_polled_asks_for_nothing() {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default());
    drop(refresher.find_keys_async(Some("b"), "RS256"));
    drop(refresher.refresh_now_async());
    block_on(refresher.refresh_now_async()).unwrap();
    assert_eq!(asked(&server).len(), 4);
    assert_eq!(refresher.status().counters.unknown_kid_fetches, 0);
}

#[test]
fn a_caller_that_gives_up_takes_nothing_from_the_others() {
    let (server, refresher) = hanging();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let soon = Duration::from_millis(30);
        // The first to ask, for whom the fetch was begun.
        assert!(tokio::time::timeout(soon, refresher.find_keys_async(Some("b"), "RS256")).await.is_err());
        let mut other = pin!(refresher.find_keys_async(Some("b"), "RS256"));
        assert!(poll(other.as_mut()).is_pending());
        tokio::select! {
            biased;
            _ = refresher.find_keys_async(Some("b"), "RS256") => panic!("the server hangs"),
            _ = refresher.refresh_now_async() => panic!("the server hangs"),
            () = tokio::time::sleep(soon) => {}
        }
        release(&server);
        assert!(other.await.is_ok());
    });
    assert_eq!(asked(&server).len(), 5, "the first fetch, and one whose first request was made again");
}

#[test]
fn all_who_wait_share_one_fetch_and_its_error() {
    let (server, refresher) = hanging();
    server.on(WELL_KNOWN, [Reply::silence(), Reply::status(404)]);
    let mut forced: Vec<_> = (0..8).map(|_| Box::pin(refresher.refresh_now_async())).collect();
    let mut lookups: Vec<_> = (0..8).map(|_| Box::pin(refresher.find_keys_async(Some("b"), "RS256"))).collect();
    assert!(forced.iter_mut().all(|future| poll(future.as_mut()).is_pending()));
    assert!(lookups.iter_mut().all(|future| poll(future.as_mut()).is_pending()));
    release(&server);
    let mut errors = forced.into_iter().map(|future| match block_on(future) {
        Err(RefreshError::Failed(error)) => error,
        other => panic!("{other:?}"),
    });
    let error = errors.next().unwrap();
    assert_eq!(
        error.to_string(),
        format!("{WELL_KNOWN}: status 404; see that the provider has the document at this URL")
    );
    assert!(errors.all(|other| Arc::ptr_eq(&error, &other)), "the very same");
    for lookup in lookups {
        assert!(matches!(block_on(lookup), Err(LookupError::Undetermined { .. })));
    }
    assert_eq!(asked(&server).len(), 4, "one fetch, whose first request was made again");
}

#[test]
fn futures_that_were_dropped_keep_no_place() {
    let (server, refresher) = hanging();
    for _ in 0..2 * SEATS {
        assert!(poll(pin!(refresher.find_keys_async(Some("b"), "RS256"))).is_pending());
    }
    let mut last = pin!(refresher.find_keys_async(Some("b"), "RS256"));
    assert!(poll(last.as_mut()).is_pending());
    release(&server);
    assert!(block_on(last).is_ok());
}

#[test]
fn callers_beyond_the_limit_of_waiters_are_answered_at_once() {
    let (server, refresher) = hanging();
    let mut waiting: Vec<_> = (0..SEATS).map(|_| Box::pin(refresher.find_keys_async(Some("b"), "RS256"))).collect();
    assert!(waiting.iter_mut().all(|future| poll(future.as_mut()).is_pending()));
    let one_more = || poll(pin!(refresher.find_keys_async(Some("b"), "RS256")));
    assert!(matches!(one_more(), Poll::Ready(Err(LookupError::Undetermined { .. }))));
    assert!(matches!(refresher.find_keys_wait(Some("b"), "RS256"), Err(LookupError::Undetermined { .. })));
    assert!(refresher.find_keys_wait(Some("a"), "RS256").is_ok());
    drop(waiting.pop());
    assert!(one_more().is_pending(), "a place is free");
    release(&server);
    for future in waiting {
        assert!(block_on(future).is_ok());
    }
}
