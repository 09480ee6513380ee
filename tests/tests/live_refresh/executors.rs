//! The async forms in one executor after another: none needs a runtime's help, and none holds one up.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use futures_executor::block_on;
use idporten_config::refresh::{LookupError, RefreshPolicy};
use idporten_config_tests::live::{JWKS, LONG, WELL_KNOWN, asked, eventually, keys, metadata, provider, ready, start};
use idporten_config_tests::server::Reply;
use tokio::runtime::Builder;

const KEY_WAIT: Duration = Duration::from_millis(300);
/// Far less than the 20 seconds that a fetch may take.
const LITTLE: Duration = Duration::from_secs(10);

/// Constructs a refresher, uses it through a rotation, and drops it, all within the executor that this runs in.
async fn life() {
    let server = provider(&["a"]);
    let refresher = start(&server, RefreshPolicy::default());
    refresher.wait_ready_async(LONG).await.unwrap();
    server.on(JWKS, keys(&["b"]));
    assert_eq!(refresher.find_keys_async(Some("b"), "RS256").await.unwrap().iter().len(), 1);
    assert!(matches!(refresher.find_keys_async(Some("a"), "RS256").await, Err(LookupError::Undetermined { .. })));
    refresher.refresh_now_async().await.unwrap();
    assert_eq!(asked(&server).len(), 6);
    server.on(WELL_KNOWN, Reply::status(404));
    refresher.refresh_now_async().await.unwrap_err();
    // The last handle goes while a fetch hangs.
    server.on(WELL_KNOWN, Reply::silence());
    refresher.find_keys(Some("c"), "RS256").unwrap_err();
    let other = refresher.clone();
    drop(refresher);
    drop(other);
}

fn live_quickly(run: impl FnOnce()) {
    let start = Instant::now();
    run();
    assert!(start.elapsed() < LITTLE, "{:?}: something waited for the fetch that hangs", start.elapsed());
}

#[test]
fn a_refresher_lives_within_a_runtime_of_one_thread() {
    live_quickly(|| Builder::new_current_thread().build().unwrap().block_on(life()));
    live_quickly(|| Builder::new_current_thread().enable_all().build().unwrap().block_on(life()));
}

#[test]
fn a_refresher_lives_within_a_runtime_of_many_threads() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    live_quickly(|| runtime.block_on(life()));
    live_quickly(|| runtime.block_on(async { tokio::spawn(life()).await }).unwrap());
    live_quickly(|| runtime.block_on(async { tokio::task::spawn_blocking(|| block_on(life())).await }).unwrap());
}

#[test]
fn a_refresher_lives_within_executors_that_are_not_tokio() {
    live_quickly(|| block_on(life()));
    live_quickly(|| smol::block_on(life()));
    live_quickly(|| smol::block_on(smol::spawn(life())));
}

/// A server that hangs, and a look-up in a runtime of one thread; how often another task came to its turn meanwhile.
fn turns<T: Future<Output = ()>>(runtime: &tokio::runtime::Runtime, turn: impl Fn() -> T) -> u32 {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default().with_key_wait(KEY_WAIT));
    server.on(WELL_KNOWN, Reply::silence());
    runtime.block_on(async {
        let mut turns = 0;
        let lookup = refresher.find_keys_async(Some("b"), "RS256");
        tokio::pin!(lookup);
        loop {
            tokio::select! {
                result = &mut lookup => break assert!(matches!(result, Err(LookupError::Undetermined { .. }))),
                () = turn() => turns += 1,
            }
        }
        turns
    })
}

#[test]
fn a_look_up_that_waits_leaves_the_only_thread_to_other_tasks() {
    let timed = Builder::new_current_thread().enable_all().build().unwrap();
    let ticks = turns(&timed, || tokio::time::sleep(Duration::from_millis(5)));
    assert!(ticks > 3, "{ticks} ticks of 5 ms in {KEY_WAIT:?}");
    let bare = Builder::new_current_thread().build().unwrap();
    let yields = turns(&bare, tokio::task::yield_now);
    assert!(yields > 3, "{yields}");
}

/// The future, which tells when it has been polled for the first time.
async fn telling<T>(polled: Sender<()>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let first = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
    polled.send(()).unwrap();
    match first {
        Poll::Ready(output) => output,
        Poll::Pending => future.await,
    }
}

#[test]
fn handles_in_several_executors_and_on_plain_threads_share_one_fetch() {
    let server = provider(&["a"]);
    let refresher = ready(&server, RefreshPolicy::default().with_key_wait(LONG));
    server.on(WELL_KNOWN, [Reply::silence(), metadata()]);
    server.on(JWKS, keys(&["b"]));
    let (polled, all) = channel();
    let lookup = || {
        let (refresher, polled) = (refresher.clone(), polled.clone());
        async move { telling(polled, refresher.find_keys_async(Some("b"), "RS256")).await.map(|_| ()) }
    };
    let runtimes = [(); 2].map(|()| Builder::new_multi_thread().worker_threads(1).build().unwrap());
    let in_tokio = [0, 1].map(|i| runtimes[i].spawn(lookup()));
    let elsewhere = smol::spawn(lookup());
    let refreshing = refresher.clone();
    let forced = thread::spawn(|| block_on(async move { telling(polled, refreshing.refresh_now_async()).await }));
    let blocking = refresher.clone();
    // It finds the key at once where it comes late.
    let blocking = thread::spawn(move || blocking.find_keys_wait(Some("b"), "RS256").is_ok());
    for _ in 0..4 {
        all.recv_timeout(LONG).unwrap();
    }
    eventually("the server hangs", || server.requests().len() == 3);
    server.hang_up();

    assert!(blocking.join().unwrap());
    forced.join().unwrap().unwrap();
    block_on(elsewhere).unwrap();
    for task in in_tokio {
        block_on(task).unwrap().unwrap();
    }
    let counters = refresher.status().counters;
    assert_eq!(counters.unknown_kid_fetches + counters.forced_fetches, 1, "{counters:?}");
    assert_eq!(asked(&server).len(), 5, "the first fetch, and one whose first request was made again");
}
