//! Tests of every interleaving of handles, worker and fetch with up to two preemptions. Time stands still here, so that a
//! thread that is not woken never ends, which the model reports.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use event_listener::{EventListener, Listener};
use loom::sync::{Condvar, Mutex};
use loom::thread;

use super::{LookupError, Refresher};
use crate::clock::{Clock, Now};
use crate::environment::KnownEnvironment::IdportenTest;
use crate::testing::{MemoryProvider, snapshot};

struct StandingStill {
    woken: Mutex<bool>,
    bell: Condvar,
}

impl Clock for StandingStill {
    fn now(&self) -> Now {
        Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH }
    }

    fn park(&self, _: Duration) {
        let mut woken = self.woken.lock().unwrap();
        while !*woken {
            woken = self.bell.wait(woken).unwrap();
        }
        *woken = false;
    }

    fn wake(&self) {
        *self.woken.lock().unwrap() = true;
        self.bell.notify_one();
    }

    fn block(&self, listener: EventListener, _: Duration) {
        listener.wait();
    }
}

/// Returns a refresher that serves the key `a`, of a provider that now publishes these keys.
fn refresher(kids: &[&str]) -> (Refresher, MemoryProvider) {
    let provider = MemoryProvider::new(&snapshot(IdportenTest, SystemTime::UNIX_EPOCH, kids));
    let clock = Arc::new(StandingStill { woken: Mutex::new(false), bell: Condvar::new() });
    let seed = snapshot(IdportenTest, SystemTime::UNIX_EPOCH, &["a"]);
    let builder = Refresher::builder(seed).unwrap().clock_of(clock, 0);
    (builder.start_with(provider.clone()).unwrap(), provider)
}

fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.max_branches = 100_000;
    builder.check(model);
}

#[test]
fn a_look_up_that_waits_hears_of_the_fetch() {
    explore(|| {
        let (refresher, _) = refresher(&["a", "b"]);
        assert_eq!(refresher.find_keys_wait(Some("b"), "RS256").unwrap().iter().len(), 1);
        assert_eq!(refresher.shared.changed.total_listeners(), 0);
    });
}

#[test]
fn two_that_wait_share_one_fetch_and_its_failure() {
    explore(|| {
        let (refresher, provider) = refresher(&["a", "b"]);
        provider.fail(500);
        let other = refresher.clone();
        let waiting = thread::spawn(move || other.find_keys_wait(Some("b"), "RS256").map(drop));
        let own = refresher.find_keys_wait(Some("b"), "RS256").map(drop);
        for result in [own, waiting.join().unwrap()] {
            assert!(matches!(result, Err(LookupError::Undetermined { .. })), "{result:?}");
        }
        // Time stands still: a look-up that came after the failure has no second fetch.
        assert_eq!(provider.requests().len(), 1);
    });
}

#[test]
fn a_key_that_is_distrusted_while_it_is_fetched_is_not_served() {
    explore(|| {
        let (refresher, _) = refresher(&["a", "b"]);
        let other = refresher.clone();
        let refreshing = thread::spawn(move || other.refresh_now().unwrap());
        refresher.distrust("b");
        refreshing.join().unwrap();
        assert!(refresher.find_keys(Some("b"), "RS256").is_err());
        assert!(refresher.find_keys(Some("a"), "RS256").is_ok());
    });
}

#[test]
fn the_end_of_the_last_handle_ends_the_worker_whatever_it_does() {
    explore(|| {
        let (refresher, provider) = refresher(&["a", "b"]);
        assert!(refresher.find_keys(Some("b"), "RS256").is_err(), "a fetch is asked for");
        drop(refresher);
        // The model ends when all threads have ended, so that a worker that does not stop is reported.
        assert!(provider.requests().len() <= 2);
    });
}
