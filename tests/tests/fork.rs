//! A process that is forked after the start: the thread that refreshes stays in the parent. One test in a process of its own,
//! since other threads may hold any lock at the fork.

#![cfg(unix)]

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, SystemTime};

use fork::{Fork, WEXITSTATUS, WIFEXITED, fork, waitpid};
use futures_executor::block_on;
use idporten_config::KnownEnvironment::IdportenTest;
use idporten_config::fetch::{FetchError, Response, Transport};
use idporten_config::refresh::{Health, LookupError, Reason, RefreshError, Refresher};
use idporten_config::testing::{MemoryProvider, snapshot};

/// The child ends with this where it hangs.
const HUNG: i32 = 99;

#[test]
fn in_a_forked_child_every_wait_ends_and_reads_go_on() {
    let seed = snapshot(IdportenTest, SystemTime::now(), &["one"]);
    let hangs = Arc::new(AtomicBool::new(false));
    let transport = Hanging { provider: MemoryProvider::new(&seed), hangs: Arc::clone(&hangs) };
    let refresher = Refresher::builder(seed.clone()).unwrap().start_with(transport).unwrap();
    refresher.refresh_now().unwrap();
    hangs.store(true, Ordering::SeqCst);
    let waiting = refresher.clone();
    let mut begun = Box::pin(async move { waiting.find_keys_async(Some("new"), "RS256").await.map(drop) });
    assert!(begun.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    match fork().unwrap() {
        Fork::Child => process::exit(watched(move || child(refresher) && is_stopped(block_on(begun)))),
        Fork::Parent(pid) => {
            let status = waitpid(pid).unwrap();
            assert!(WIFEXITED(status), "the child was killed: {status}");
            assert_eq!(WEXITSTATUS(status), 0, "{HUNG} where it hung, 1 where an answer was wrong");
        }
    }
}

/// A provider that does not answer from some time on.
struct Hanging {
    provider: MemoryProvider,
    hangs: Arc<AtomicBool>,
}

impl Transport for Hanging {
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        while self.hangs.load(Ordering::SeqCst) {
            thread::park();
        }
        self.provider.get(url, timeout)
    }
}

fn watched(work: impl FnOnce() -> bool + Send + 'static) -> i32 {
    let (sender, result) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    result.recv_timeout(Duration::from_secs(60)).map_or(HUNG, |is_right| i32::from(!is_right))
}

fn is_stopped(result: Result<(), LookupError>) -> bool {
    matches!(result, Err(LookupError::Unavailable(why)) if why.reason() == Reason::Stopped)
}

fn child(refresher: Refresher) -> bool {
    let status = refresher.status();
    let answers = [
        refresher.find_keys(Some("one"), "RS256").is_ok(),
        refresher.current().is_ok(),
        is_stopped(refresher.find_keys(Some("new"), "RS256").map(drop)),
        is_stopped(refresher.find_keys_wait(Some("new"), "RS256").map(drop)),
        is_stopped(block_on(refresher.find_keys_async(Some("new"), "RS256")).map(drop)),
        matches!(refresher.refresh_now(), Err(RefreshError::Stopped)),
        matches!(block_on(refresher.refresh_now_async()), Err(RefreshError::Stopped)),
        refresher.wait_ready(Duration::from_secs(1)).is_err_and(|why| why.reason() == Reason::Stopped),
        !refresher.report_bad_signature("one"),
        status.health() == Health::Failing && status.serving,
        refresher.events().recv().is_err(),
        status.unavailable.is_some_and(|why| why.contains("start another")),
        refresher.distrust("one") == 1,
        refresher.find_keys(Some("one"), "RS256").is_err(),
    ];
    drop(refresher);
    eprintln!("answers in the child: {answers:?}");
    answers.iter().all(|is_right| *is_right)
}
