//! The thread that keeps time. It does what the schedule says, and owns the transport and the store.
//!
//! Each fetch runs on a separate thread, so that this one stays on time: it ends waits and withdraws what is too stale even while
//! a request hangs. Of the program's code, only wakers and the log's subscriber run on this thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::config::ProviderConfig;
use super::event::Event;
use super::schedule::{Action, Cause, Health, Now, Outdated, Success};
use super::state::{Core, FetchResult, Fetched, Shared};
use super::store::{Change, Store, Writer};
use super::sync::{Arc, AtomicBool, thread};
use crate::document::compare::compare;
use crate::document::violation::Rule;
use crate::fetch::{self, FetchError, Transport};

pub(super) struct Worker {
    shared: Arc<Shared>,
    io: Arc<Io>,
    /// The health and the store error that the last events reported.
    health: Health,
    store_error: Option<String>,
}

/// The network and the disk, as the threads use them.
struct Io {
    transport: Box<dyn Transport>,
    /// True while a fetch's thread runs, even if the fetch was given up. A thread cannot be ended from outside, so that a second
    /// one beside a client that hangs would add one more stuck thread at each attempt.
    fetching: AtomicBool,
    store: Option<std::sync::Arc<Writer>>,
}

/// The effects of a step that are carried out after the lock is released: a waker or a log subscriber may take long, or call
/// back into the refresher.
#[derive(Default)]
struct Effects {
    events: Vec<Event>,
    wakes: bool,
    stores: Option<Change>,
}

/// A guard that marks its thread as busy: a virtual clock stands still until it is dropped.
pub(super) struct Busy(Arc<Shared>);

impl Busy {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        shared.clock.enter();
        Self(Arc::clone(shared))
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0
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

impl Worker {
    pub(super) fn new(shared: Arc<Shared>, transport: Box<dyn Transport>, store: Option<Store>) -> Self {
        let health = shared.core().health(&shared);
        let store = store.map(|store| std::sync::Arc::new(Writer::new(store)));
        let io = Arc::new(Io { transport, fetching: AtomicBool::new(false), store });
        Self { shared, io, health, store_error: None }
    }

    /// Starts the thread.
    pub(super) fn spawn(self) -> std::io::Result<()> {
        // The guard is made before the thread: a virtual clock must not advance before the worker has looked for the first time,
        // and a closure that is dropped because no thread could be made stops the refresher too.
        let end = End(Busy::new(&self.shared));
        let run = move || {
            let _end = end;
            self.run();
        };
        thread::Builder::new().name("idporten-config".to_owned()).spawn(run).map(drop)
    }

    fn run(mut self) {
        while !self.shared.stopped.load(Ordering::SeqCst) {
            let (action, effects) = self.step(self.shared.clock.now());
            // Waiters are woken before events are logged, so that a slow log subscriber does not delay an answer.
            if effects.wakes {
                self.shared.wake_all();
            }
            effects.events.iter().for_each(|event| self.shared.tell(event));
            if let (Some(writer), Some(change)) = (&self.io.store, effects.stores) {
                writer.put(&self.shared, change);
            }
            match action {
                Action::Fetch(cause) => self.fetch(cause),
                Action::GiveUp | Action::Expire(_) => {}
                Action::Sleep(until) => self.shared.clock.park(until),
            }
        }
    }

    /// Takes one step under the lock, and returns what is left to do without it.
    fn step(&mut self, now: Now) -> (Action, Effects) {
        let shared = Arc::clone(&self.shared);
        let mut core = shared.core();
        let mut effects = Effects::default();
        if let Some(result) = core.result.take() {
            // The result of a fetch that was given up arrives late and is ignored: it was already counted as a failure.
            if core.schedule.fetching_since().is_some() && result.number == core.schedule.number() {
                self.apply(&mut core, now, result.fetched, &mut effects);
            }
        }
        let mut action = core.schedule.poll(now);
        match &mut action {
            Action::Fetch(cause) => {
                core.counters.begun(*cause);
                effects.events.push(Event::Started { cause: *cause });
            }
            Action::GiveUp => {
                let error = FetchError::setup("the fetch does not end", "see that the HTTP client has a limit");
                self.apply(&mut core, now, Err(error), &mut effects);
            }
            Action::Expire(limit) => {
                // No waiter is woken: a look-up that waits still waits for the fetch, which may bring its key.
                self.shared.publish(&mut core);
                effects.events.push(Event::Expired { limit: *limit });
            }
            Action::Sleep(until) => match core.deadline {
                Some(deadline) if deadline <= now.monotonic => {
                    // The deadline is forgotten with the wake: a waiter that still has time left registers its own again. A sorted
                    // list of all deadlines would have to be kept correct when futures are dropped.
                    core.deadline = None;
                    effects.wakes = true;
                }
                Some(deadline) => *until = deadline.min(*until),
                None => {}
            },
        }
        self.notice(&core, &mut effects.events);
        (action, effects)
    }

    /// Adds an event for each part of the state that changed since it was last reported.
    fn notice(&mut self, core: &Core, events: &mut Vec<Event>) {
        if core.store_error != self.store_error {
            self.store_error.clone_from(&core.store_error);
            events.push(Event::StoreChanged { error: core.store_error.clone() });
        }
        let to = core.health(&self.shared);
        let from = std::mem::replace(&mut self.health, to);
        if from != to {
            events.push(Event::HealthChanged { from, to });
        }
    }

    /// Puts the result of a fetch in force, or keeps the held configuration if the fetch failed.
    fn apply(&self, core: &mut Core, now: Now, result: Result<Fetched, FetchError>, effects: &mut Effects) {
        match result {
            Ok(fetched) => match core.schedule.outdated(fetched.age.stated) {
                Some(outdated) => Self::fail(core, now, outdated_error(&fetched, outdated), effects),
                None => Self::succeed(core, fetched, effects),
            },
            Err(error) => Self::fail(core, now, error, effects),
        }
        // A failure changes nothing that is served. While nothing is served, it is published as the cause in the answer.
        if core.last_error.is_none() || core.all_leaked || self.shared.current().is_err() {
            self.shared.publish(core);
        }
        effects.wakes = true;
    }

    fn succeed(core: &mut Core, fetched: Fetched, effects: &mut Effects) {
        let before = core.config.replace(std::sync::Arc::new(fetched.config));
        let config = core.config.clone();
        let kids = |config: &Option<std::sync::Arc<ProviderConfig>>| -> Vec<String> {
            let keys = config.iter().flat_map(|config| config.keys());
            keys.filter_map(|(key, _)| key.kid().map(str::to_owned)).collect()
        };
        core.schedule.succeeded(&Success {
            age: fetched.age.stated,
            proven_age: fetched.age.proven,
            kids_before: &kids(&before),
            kids: &kids(&config),
        });
        core.last_success = config.as_ref().map(|config| config.as_of());
        (core.last_error, core.all_leaked) = (None, false);
        core.counters.succeeded_fetches += 1;
        effects.stores = config.map(Change::Keep);
        effects.events.push(Event::Refreshed { changes: fetched.changes });
        if fetched.drift != core.drift {
            core.drift.clone_from(&fetched.drift);
            effects.events.push(Event::Drifted { drift: fetched.drift });
        }
    }

    fn fail(core: &mut Core, now: Now, error: FetchError, effects: &mut Effects) {
        if error.violations().iter().any(|violation| violation.rule == Rule::Leaked) {
            // The store is removed as well: the next process would otherwise serve keys that are known to have leaked.
            core.all_leaked = true;
            effects.stores = Some(Change::Forget);
        }
        core.schedule.failed(now, error.retry_after(), core.all_leaked);
        core.counters.failed_fetches += 1;
        let error = std::sync::Arc::new(error);
        core.last_error = Some(error.clone());
        let consecutive_failures = core.schedule.consecutive_failures();
        effects.events.push(Event::Failed { error, consecutive_failures });
    }

    /// Begins a fetch on a separate thread.
    fn fetch(&self, cause: Cause) {
        let (number, begun) = {
            let core = self.shared.core();
            (core.schedule.number(), core.schedule.fetching_since().unwrap_or_else(|| self.shared.clock.now()))
        };
        let (io, busy) = (Arc::clone(&self.io), Busy::new(&self.shared));
        let run = move || {
            let shared = &busy.0;
            let fetched = catch_unwind(AssertUnwindSafe(|| io.fetch(shared, begun, cause))).unwrap_or_else(|panic| {
                shared.core().counters.count_panic(panic);
                Err(FetchError::crashed())
            });
            // The flag is cleared before the result is visible: the worker may begin the next fetch as soon as it sees the
            // result, and would refuse it otherwise.
            io.fetching.store(false, Ordering::SeqCst);
            shared.core().result = Some(FetchResult { number, fetched });
            shared.clock.wake();
        };
        let refused = if self.io.fetching.swap(true, Ordering::SeqCst) {
            Some(FetchError::setup("an earlier fetch has not ended", "see that the HTTP client has a limit"))
        } else {
            let spawned = thread::Builder::new().name("idporten-config-fetch".to_owned()).spawn(run);
            spawned.err().map(|error| {
                self.io.fetching.store(false, Ordering::SeqCst);
                FetchError::no_thread(&error)
            })
        };
        if let Some(error) = refused {
            self.shared.core().result = Some(FetchResult { number, fetched: Err(error) });
        }
    }
}

impl Io {
    fn fetch(&self, shared: &Shared, begun: Now, cause: Cause) -> Result<Fetched, FetchError> {
        let elapsed = || shared.clock.now().monotonic.saturating_sub(begun.monotonic);
        let stopped = || shared.stopped.load(Ordering::SeqCst);
        let (provider, past_caches) = (shared.seed.provider(), cause.needs_revalidation());
        let fetched = fetch::fetch(&*self.transport, provider, begun.wall, &elapsed, &stopped, past_caches)?;
        // `fetch` has checked the rules that make documents complete, with a usable key; a failure here is a bug.
        let config = ProviderConfig::new(&fetched.snapshot).ok_or_else(FetchError::crashed)?;
        // The configuration is copied out, so that the comparison runs without the lock.
        let before = shared.core().config.clone();
        let before = before.as_deref().map_or(&shared.seed, ProviderConfig::documents);
        Ok(Fetched {
            age: fetched.age,
            url: fetched.url,
            changes: compare(before, &fetched.snapshot),
            drift: shared.drift_of(&fetched.snapshot),
            config,
        })
    }
}

fn outdated_error(fetched: &Fetched, outdated: Outdated) -> FetchError {
    let short = |age: Duration| humantime::format_duration(Duration::from_secs(age.as_secs()));
    let header = fetched.age.header.map(|header| format!(" by its `{header}`")).unwrap_or_default();
    let limit = match outdated {
        Outdated::MaxAge => "the policy's `max_age` allows".to_owned(),
        Outdated::Held(age) => format!("what is held, which is {} old", short(age)),
    };
    let reason = format!(
        "the answer is {} old{header}, older than {limit}; have the cache there ask the provider again",
        short(fetched.age.stated)
    );
    FetchError::outdated(&fetched.url, &reason)
}
