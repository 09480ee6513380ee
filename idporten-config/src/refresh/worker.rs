//! The thread that keeps time. It does what the schedule says, and owns transport and store.
//!
//! A fetch runs on a thread of its own, so that this one stays on time: it ends waits and withdraws what is too stale even
//! while a request hangs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use super::config::ProviderConfig;
use super::event::Event;
use super::schedule::{Action, Health, Now};
use super::state::{Core, Landed, Shared};
use super::store::Store;
use super::sync::{Arc, thread};
use super::teller::Teller;
use crate::compare::compare;
use crate::fetch::{self, FetchError, Transport};
use crate::snapshot::Snapshot;
use crate::violation::Rule;

pub(super) struct Worker {
    shared: Arc<Shared>,
    outside: Arc<Outside>,
    teller: Option<Teller>,
    /// What was last told of.
    health: Health,
    store_error: Option<String>,
}

/// What a fetch works with.
struct Outside {
    transport: Box<dyn Transport>,
    store: Option<Store>,
}

/// Whatever ends the worker, nobody waits for it in vain.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.stop();
        self.0.clock.leave();
    }
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        transport: Box<dyn Transport>,
        store: Option<Store>,
        teller: Option<Teller>,
    ) -> Self {
        let health = shared.core().health(&shared);
        Self { shared, outside: Arc::new(Outside { transport, store }), teller, health, store_error: None }
    }

    /// Starts the thread.
    pub(super) fn spawn(self) -> std::io::Result<()> {
        let end = End(Arc::clone(&self.shared));
        self.shared.clock.enter();
        let run = move || {
            let _end = end;
            self.run();
        };
        thread::Builder::new().name("idporten-config".to_owned()).spawn(run).map(drop)
    }

    fn run(mut self) {
        while !self.shared.stopped.load(Ordering::SeqCst) {
            let mut events = Vec::new();
            let action = self.step(self.shared.clock.now(), &mut events);
            for event in events {
                self.tell(event);
            }
            match action {
                Action::Fetch(_) => self.fetch(),
                Action::Expire(_) => {}
                Action::Sleep(until) => self.shared.clock.park(until),
            }
        }
    }

    /// One step, under the lock.
    fn step(&mut self, now: Now, events: &mut Vec<Event>) -> Action {
        let mut core = self.shared.core();
        if let Some(result) = core.landed.take() {
            self.land(&mut core, now, result, events);
        }
        let mut action = core.schedule.poll(now);
        match &mut action {
            Action::Fetch(cause) => {
                core.counters.begun(*cause);
                events.push(Event::Started { cause: *cause });
            }
            Action::Expire(limit) => {
                self.shared.publish(&core);
                events.push(Event::Expired { limit: *limit });
            }
            Action::Sleep(until) => match core.deadline {
                Some(deadline) if deadline <= now.monotonic => {
                    // Who has time left says so again.
                    core.deadline = None;
                    self.shared.changed.notify(usize::MAX);
                }
                Some(deadline) => *until = deadline.min(*until),
                None => {}
            },
        }
        if core.store_error != self.store_error {
            self.store_error.clone_from(&core.store_error);
            events.push(Event::StoreChanged { error: core.store_error.clone() });
        }
        let to = core.health(&self.shared);
        let from = std::mem::replace(&mut self.health, to);
        if from != to {
            events.push(Event::HealthChanged { from, to });
        }
        action
    }

    /// Puts the result of a fetch in force, or keeps what there is.
    fn land(&self, core: &mut Core, now: Now, result: Result<Landed, FetchError>, events: &mut Vec<Event>) {
        let result = result.and_then(|landed| {
            if !core.schedule.is_outdated(landed.age) {
                return Ok(landed);
            }
            let url = landed.config.provider().well_known_url();
            Err(FetchError::outdated(
                url,
                "the answer is older than what is held, or than `max_age`; see to the mirror",
            ))
        });
        match result {
            Ok(landed) => {
                core.last_success = Some(landed.config.as_of());
                core.last_error = None;
                core.all_leaked = false;
                core.config = Some(landed.config.into());
                core.schedule.succeeded(landed.age, landed.max_age);
                events.push(Event::Refreshed { changes: landed.changes });
                if landed.drift != core.drift {
                    core.drift.clone_from(&landed.drift);
                    events.push(Event::Drifted { drift: landed.drift });
                }
            }
            Err(error) => {
                core.all_leaked |= error.violations().iter().any(|violation| violation.rule == Rule::Leaked);
                core.schedule.failed(now, error.retry_after(), core.all_leaked);
                let error = std::sync::Arc::new(error);
                core.last_error = Some(error.clone());
                let consecutive_failures = core.schedule.consecutive_failures();
                events.push(Event::Failed { error, consecutive_failures });
            }
        }
        self.shared.publish(core);
        self.shared.changed.notify(usize::MAX);
    }

    fn tell(&self, event: Event) {
        #[cfg(feature = "tracing")]
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| event.log(self.shared.seed.provider().slug()))) {
            self.shared.core().counters.count_panic(panic);
        }
        if let Some(teller) = &self.teller {
            teller.tell(event);
        }
    }

    /// Begins a fetch.
    fn fetch(&self) {
        let (shared, outside) = (Arc::clone(&self.shared), Arc::clone(&self.outside));
        shared.clock.enter();
        let run = move || {
            let _leave = Leave(&shared);
            let snapshot = outside.fetch(&shared);
            if let (Some(store), Some(snapshot)) = (&outside.store, snapshot) {
                shared.core().store_error = store.save(&snapshot).err();
                shared.clock.wake();
            }
        };
        if let Err(error) = thread::Builder::new().name("idporten-config-fetch".to_owned()).spawn(run) {
            self.shared.clock.leave();
            self.shared.core().landed = Some(Err(FetchError::setup("no thread can be started", error)));
        }
    }
}

struct Leave<'a>(&'a Shared);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.clock.leave();
    }
}

impl Outside {
    /// Fetches, and hands the result to the worker. What succeeded is returned, to be stored.
    fn fetch(&self, shared: &Shared) -> Option<Snapshot> {
        let result = catch_unwind(AssertUnwindSafe(|| self.landed(shared))).unwrap_or_else(|panic| {
            shared.core().counters.count_panic(panic);
            Err(FetchError::crashed())
        });
        let snapshot = result.as_ref().ok().map(|landed| landed.config.snapshot().clone());
        shared.core().landed = Some(result);
        shared.clock.wake();
        snapshot
    }

    fn landed(&self, shared: &Shared) -> Result<Landed, FetchError> {
        let now = shared.clock.now().wall;
        let stopped = || shared.stopped.load(Ordering::SeqCst);
        let fetched = fetch::fetch(&*self.transport, shared.seed.provider(), now, &stopped)?;
        // Rules that a fetched document has passed: it is complete, and has a usable key.
        let config = ProviderConfig::new(&fetched.snapshot).ok_or_else(FetchError::crashed)?;
        let before = shared.core().config.clone();
        let before = before.as_deref().map_or(&shared.seed, ProviderConfig::snapshot);
        Ok(Landed {
            age: now.duration_since(fetched.snapshot.as_of()).unwrap_or_default(),
            max_age: fetched.max_age,
            changes: compare(before, &fetched.snapshot),
            drift: shared.drift_of(&fetched.snapshot),
            config,
        })
    }
}
