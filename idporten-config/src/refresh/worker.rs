//! The thread that keeps time. It does what the schedule says, and never waits for the network or the disk.
//!
//! Each fetch runs on a separate thread ([`attempt`]), so that this one stays on time: it ends waits and withdraws what is too stale
//! even while a request hangs. Of the program's code, only wakers and the log's subscriber run on this thread.

use std::sync::atomic::Ordering;

use super::attempt;
use super::event::Event;
use super::schedule::{Action, Now};
use super::state::{Core, Shared};
use super::sync::{Arc, thread};
use crate::fetch::FetchError;

/// A guard that marks its thread as busy: a virtual clock stands still until it is dropped.
pub(super) struct Busy(pub(super) Arc<Shared>);

impl Busy {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        shared.clock.enter();
        Self(Arc::clone(shared))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.clock.leave();
    }
}

/// A guard that stops the refresher when the worker ends, also by a panic, so that no caller waits for it in vain.
struct End(Busy);

impl Drop for End {
    fn drop(&mut self) {
        self.0.0.stop();
    }
}

/// Starts the thread.
pub(super) fn spawn(shared: &Arc<Shared>) -> std::io::Result<()> {
    // The guard is made before the thread: a virtual clock must not advance before the worker has looked for the first time,
    // and a closure that is dropped because no thread could be made stops the refresher too.
    let end = End(Busy::new(shared));
    let run = move || run(&end.0.0);
    thread::Builder::new().name("idporten-config".to_owned()).spawn(run).map(drop)
}

fn run(shared: &Arc<Shared>) {
    while !shared.stopped.load(Ordering::SeqCst) {
        match step(shared) {
            Action::Fetch(cause) => attempt::begin(shared, cause),
            Action::GiveUp | Action::Expire(_) => {}
            Action::Sleep(until) => shared.clock.park(until),
        }
    }
}

/// Takes one step under the lock, and then does without it what calls the program's code: a waker or a log subscriber may take
/// long, or call back into the refresher.
fn step(shared: &Shared) -> Action {
    let mut core = shared.core();
    // Read under the lock: a fetch must not be dated before a question that it answers.
    let now = shared.clock.now();
    let action = core.schedule.poll(now);
    let (action, wakes) = carry_out(shared, &mut core, action, now);
    core.report_changes(shared);
    #[cfg(feature = "tracing")]
    let log = std::mem::take(&mut core.events.unlogged);
    drop(core);
    // Waiters are woken before events are logged: a slow log subscriber delays the next step, not this answer.
    if wakes {
        shared.wake_all();
    }
    // Only this thread writes the log. Two threads could write their lines in another order than that of the events.
    #[cfg(feature = "tracing")]
    for event in &log {
        shared.log(event);
    }
    action
}

/// Does what the action asks for under the lock. Returns what is left of it, and whether the waiters are to be woken.
fn carry_out(shared: &Shared, core: &mut Core, action: Action, now: Now) -> (Action, bool) {
    match action {
        Action::Fetch(cause) => {
            core.counters.begun(cause);
            core.report(&Event::Started { cause });
        }
        Action::GiveUp => {
            let error = FetchError::setup("the fetch does not end", "see that the HTTP client has a limit");
            attempt::fail(shared, core, error);
            return (action, true);
        }
        Action::Expire(limit) => {
            // No waiter is woken: a look-up that waits still waits for the fetch, which may bring its key.
            shared.publish(core);
            core.report(&Event::Expired { limit });
        }
        Action::Sleep(until) => {
            // A deadline that has come is forgotten with the wake: a waiter that still has time left registers its own again. A
            // sorted list of all deadlines would have to be kept correct when futures are dropped.
            let wakes = core.deadline.take_if(|deadline| *deadline <= now.monotonic).is_some();
            let until = core.deadline.map_or(until, |deadline| deadline.min(until));
            return (Action::Sleep(until), wakes);
        }
    }
    (action, false)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::{Duration, SystemTime};

    use event_listener::EventListener;

    use super::*;
    use crate::clock::Clock;
    use crate::environment::KnownEnvironment::IdportenTest;
    use crate::refresh::Refresher;
    use crate::testing::{MemoryProvider, VirtualClock, snapshot};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    /// A clock that counts how often the worker sleeps.
    struct Counting {
        clock: std::sync::Arc<dyn Clock>,
        sleeps: AtomicUsize,
    }

    impl Clock for Counting {
        fn now(&self) -> Now {
            self.clock.now()
        }

        fn park(&self, until: Duration) {
            self.sleeps.fetch_add(1, Ordering::SeqCst);
            self.clock.park(until);
        }

        fn wake(&self) {
            self.clock.wake();
        }

        fn enter(&self) {
            self.clock.enter();
        }

        fn leave(&self) {
            self.clock.leave();
        }

        fn block(&self, listener: EventListener, until: Duration) {
            self.clock.block(listener, until);
        }
    }

    #[test]
    fn a_virtual_year_wakes_the_worker_for_its_refreshes_alone() {
        let clock = VirtualClock::new(SystemTime::UNIX_EPOCH + 20_000 * DAY);
        let counting = std::sync::Arc::new(Counting { clock: clock.sleeper(), sleeps: AtomicUsize::new(0) });
        let seed = snapshot(IdportenTest, clock.now(), &["one"]);
        let provider = MemoryProvider::new(&seed);
        let builder = Refresher::builder(seed).unwrap().clock_of(counting.clone(), 0);
        let refresher = builder.start_with(provider.clone()).unwrap();
        clock.advance(365 * DAY);
        let (sleeps, fetches) = (counting.sleeps.load(Ordering::SeqCst), provider.requests().len() / 2);
        assert!((365..=410).contains(&fetches), "{fetches} fetches");
        // Before each fetch and while it runs, and once after it to log.
        assert!(sleeps <= 3 * fetches + 3, "{sleeps} sleeps for {fetches} fetches");
        assert!(refresher.find_keys(Some("one"), "RS256").is_ok());
    }
}
