//! The state that the handles and the worker share.

#[cfg(feature = "tracing")]
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::{ArcSwap, ArcSwapOption};

use super::config::{Current, Keys, ProviderConfig};
use super::counters::Counters;
use super::error::{Reason, Unavailable};
use super::event::{Event, Events};
use super::policy::RefreshPolicy;
use super::schedule::{Health, Schedule};
use super::store::Store;
use super::sync::{AtomicBool, Mutex, MutexGuard};
use crate::clock::Clock;
use crate::document::compare::{Change, Subject, compare};
use crate::document::jwks::JwkSet;
use crate::document::snapshot::Snapshot;
use crate::environment::SigningAlg;
use crate::fetch::{FetchError, Transport};

/// The largest number of drifted constants that is reported. The limit exists because a hostile document differs in everything.
const MAX_DRIFT: usize = 100;
/// The duration after which a write of the store is reported as hanging. It is not given up, since nothing can end it.
const SLOW: Duration = Duration::from_secs(10);

pub(super) struct Shared {
    /// The configuration that is served. Readers touch nothing else, so that the worker cannot delay them. An `RwLock` would make
    /// each look-up wait while a new set is put in force.
    live: ArcSwapOption<ProviderConfig>,
    /// The error that readers get while nothing is served.
    refusal: ArcSwap<Unavailable>,
    pub(super) stopped: AtomicBool,
    /// Notified at each end of a fetch, each deadline of a waiter, and the end of the worker.
    pub(super) changed: event_listener::Event,
    /// The panics of wakers that are not yet among the counters: a waker runs where the lock may not be taken.
    pub(super) waker_panics: Arc<AtomicU64>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) policy: RefreshPolicy,
    /// The snapshot that was compiled in.
    pub(super) seed: Snapshot,
    pub(super) transport: Box<dyn Transport>,
    pub(super) store: Option<Store>,
    /// The process that the worker is in.
    process: u32,
    core: Mutex<Core>,
}

/// A change that the store lacks. The later one includes the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unstored {
    /// Keys are distrusted since. The documents in the file stay, which may be newer than those held.
    Distrust,
    /// Documents were accepted, or all of their keys have leaked.
    Documents,
}

/// The state behind the lock. The lock is never held during I/O or while listeners are notified.
pub(super) struct Core {
    pub(super) schedule: Schedule,
    /// The last accepted configuration, with its distrusted keys. It is kept after it has expired, so that changes of the next
    /// one can still be named.
    pub(super) config: Option<Arc<ProviderConfig>>,
    /// The last configuration in force, from which the next one gets its generation.
    last_served: Option<Arc<ProviderConfig>>,
    pub(super) distrusted: Vec<String>,
    /// True if the last fetched set had private keys and no others.
    pub(super) all_leaked: bool,
    /// True while a fetch's thread runs, even if the fetch was given up.
    pub(super) has_fetch_thread: bool,
    pub(super) last_error: Option<Arc<FetchError>>,
    pub(super) last_success: Option<SystemTime>,
    pub(super) drift: Vec<Change>,
    /// The change that the store lacks.
    pub(super) unstored: Option<Unstored>,
    /// The time on the monotonic clock at which the write under way began.
    pub(super) writing_since: Option<Duration>,
    /// The reason why the file is not as it should be, and the change that failed: the next one of its kind mends it. A file that was
    /// not loaded is mended by new documents.
    pub(super) store_error: Option<(Unstored, String)>,
    pub(super) counters: Counters,
    pub(super) events: Events,
    /// The health and the store error that the last events reported.
    reported: (Health, Option<String>),
    /// The earliest deadline of all waiters.
    pub(super) deadline: Option<Duration>,
}

impl Shared {
    pub(super) fn new(
        clock: Arc<dyn Clock>,
        policy: RefreshPolicy,
        seed: Snapshot,
        transport: Box<dyn Transport>,
        store: Option<Store>,
        core: Core,
    ) -> Self {
        let shared = Self {
            live: ArcSwapOption::empty(),
            refusal: ArcSwap::from_pointee(Unavailable::new(Reason::NotYetFetched, None)),
            stopped: AtomicBool::new(false),
            changed: event_listener::Event::new(),
            waker_panics: Arc::default(),
            clock,
            policy,
            seed,
            transport,
            store,
            process: std::process::id(),
            core: Mutex::new(core),
        };
        let mut core = shared.core();
        core.drift = core.config.as_ref().map(|config| shared.drift_of(&config.documents)).unwrap_or_default();
        shared.publish(&mut core);
        core.reported.0 = core.health(&shared);
        drop(core);
        shared
    }

    pub(super) fn core(&self) -> MutexGuard<'_, Core> {
        // A poisoned lock is taken over: no panic can occur between two changes that belong together, so the state is consistent.
        // Propagating the poison would turn one panic into an outage.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the members whose generated constants differ from the live document.
    pub(super) fn drift_of(&self, live: &Snapshot) -> Vec<Change> {
        // Only members that the seed has became constants. A rotation of keys is no drift.
        let has_constant = |change: &Change| match &change.subject {
            Subject::Member(name) => self.seed.metadata_json().contains(name),
            Subject::Key(_) => false,
        };
        compare(&self.seed, live).changes.into_iter().filter(has_constant).take(MAX_DRIFT).collect()
    }

    #[inline]
    pub(super) fn current(&self) -> Result<Current, Unavailable> {
        let live = self.live.load();
        if live.is_some() { Ok(Current(live)) } else { Err(self.refused()) }
    }

    #[cold]
    fn refused(&self) -> Unavailable {
        Unavailable::clone(&self.refusal.load())
    }

    /// Returns the keys for a token with this header, or calls `other` if the served configuration has none.
    #[inline]
    pub(super) fn find<E>(
        &self,
        kid: Option<&str>,
        alg: Option<SigningAlg>,
        other: impl FnOnce() -> Result<Keys, E>,
    ) -> Result<Keys, E> {
        let live = self.live.load();
        if let Some(row) = live.as_deref().and_then(|config| config.table.find(kid, alg?)) {
            // An `Option` in place of `other` would be shorter, and cost each look-up one nanosecond in twenty: the keys are moved
            // once more.
            return Ok(Keys { config: Current(live), row });
        }
        // The guard is dropped before `other` runs: a thread has few fast guards of `arc-swap`, and `other` may wait for seconds.
        drop(live);
        other()
    }

    /// Puts in force what may be served now. The caller holds the lock, so that no other thread replaces it with something older.
    pub(super) fn publish(&self, core: &mut Core) {
        match core.served(self.stopped.load(Ordering::SeqCst)) {
            Ok(config) => {
                // Metadata and keys are stored in one swap: two pointers could be read at different moments. The generation is
                // kept if only the age differs, so that what programs derive from the configuration stays valid.
                let config = Arc::new(config.succeeding(core.last_served.as_deref()));
                core.last_served = Some(Arc::clone(&config));
                self.live.store(Some(config));
            }
            Err(reason) => {
                core.schedule.limit_retry_after(self.clock.now());
                // The reason is stored before the configuration is removed: a reader that finds nothing served then finds the reason.
                self.refusal.store(Arc::new(Unavailable::new(reason, core.last_error.clone())));
                self.live.store(None);
            }
        }
    }

    /// Notes that a signature under a kid of the set was bad. Returns whether a fetch is under way because of that, or anyway.
    pub(super) fn note_bad_signature(&self, core: &mut Core, kid: &str) -> bool {
        let may_change = core.config.as_ref().is_some_and(|config| config.may_be_replaced(kid));
        let now = self.clock.now();
        let fetches = may_change && core.schedule.report_bad_signature(now);
        if core.schedule.is_behind(now) {
            self.clock.wake();
        }
        fetches
    }

    /// Returns whether this process was forked from the one that the worker runs in. Nothing refreshes here, and a lock that
    /// another thread held at the fork is never released (`fork` in POSIX.1-2017 copies only the calling thread).
    pub(super) fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }

    /// Stops serving, without taking the lock. In a forked process no worker puts a set in force again.
    pub(super) fn withdraw(&self) {
        self.refusal.store(Arc::new(Unavailable::new(Reason::Stopped, None)));
        self.live.store(None);
    }

    /// Stops the refresher when no handle is left or the worker has ended: nothing is served after this, and all waits end.
    pub(super) fn stop(&self) {
        if self.is_forked() {
            return;
        }
        // The flag is set before the lock is taken: a waiter that takes the lock later sees it, and one that took it earlier is
        // woken below.
        self.stopped.store(true, Ordering::SeqCst);
        let mut core = self.core();
        self.publish(&mut core);
        // The handles may live on when the worker has ended by a bug: a receiver would wait for events that nobody sends.
        core.events.close();
        drop(core);
        self.wake_all();
        self.clock.wake();
    }

    /// Writes the event to the log. A log's subscriber is the program's code: it is never called under the lock, and its panic is
    /// counted.
    #[cfg(feature = "tracing")]
    pub(super) fn log(&self, event: &Event) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| event.log(self.seed.provider().slug()))) {
            self.core().counters.count_panic(panic);
        }
    }

    /// Wakes all waiters. It is called without the lock, since a waker is the program's code, and may take it.
    pub(super) fn wake_all(&self) {
        self.changed.notify(usize::MAX);
        let panics = self.waker_panics.swap(0, Ordering::Relaxed);
        if panics > 0 {
            self.core().counters.panics += panics;
        }
    }
}

impl Core {
    pub(super) fn new(schedule: Schedule, config: Option<ProviderConfig>, events: Events) -> Self {
        Self {
            schedule,
            config: config.map(Arc::new),
            last_served: None,
            distrusted: Vec::new(),
            all_leaked: false,
            has_fetch_thread: false,
            last_error: None,
            last_success: None,
            drift: Vec::new(),
            unstored: None,
            writing_since: None,
            store_error: None,
            counters: Counters::default(),
            events,
            reported: (Health::Ok, None),
            deadline: None,
        }
    }

    /// Queues the event for those who receive events, and for the log.
    pub(super) fn report(&mut self, event: &Event) {
        self.counters.missed_events += self.events.send(event);
    }

    /// Reports each part of the state that changed since it was last reported.
    pub(super) fn report_changes(&mut self, shared: &Shared) {
        let now = (self.health(shared), self.store_error(shared));
        let before = std::mem::replace(&mut self.reported, now.clone());
        if now.1 != before.1 {
            self.report(&Event::StoreChanged { error: now.1 });
        }
        if now.0 != before.0 {
            self.report(&Event::HealthChanged { from: before.0, to: now.0 });
        }
    }

    /// Returns what is wrong with the store, if something is.
    pub(super) fn store_error(&self, shared: &Shared) -> Option<String> {
        let hangs = self.writing_since.is_some_and(|since| shared.clock.now().monotonic.saturating_sub(since) > SLOW);
        let hanging = shared.store.as_ref().filter(|_| hangs);
        let hanging =
            hanging.map(|store| store.named("is still being written after some time; see whether its disk hangs"));
        hanging.or_else(|| self.store_error.as_ref().map(|(_, reason)| reason.clone()))
    }

    fn served(&self, stopped: bool) -> Result<ProviderConfig, Reason> {
        // The order matters: a leaked set is refused although an earlier configuration is still held.
        let config = match &self.config {
            _ if stopped => return Err(Reason::Stopped),
            _ if self.all_leaked => return Err(Reason::Leaked),
            None => return Err(Reason::NotYetFetched),
            Some(config) => config,
        };
        // Distrusted keys are left out here, and not where documents are accepted, so that the status still shows them.
        match self.schedule.expired() {
            Some(limit) => Err(Reason::TooStale(limit)),
            None => ProviderConfig::clone(config).without(&self.distrusted).ok_or(Reason::Distrusted),
        }
    }

    /// Returns whether the provider publishes a private key.
    pub(super) fn is_leaked(&self) -> bool {
        let jwks = self.config.as_ref().and_then(|config| config.documents.jwks());
        self.all_leaked || jwks.is_some_and(JwkSet::is_leaked)
    }

    /// Returns the health, including leaked keys, which the schedule does not know of.
    pub(super) fn health(&self, shared: &Shared) -> Health {
        match self.schedule.health(shared.clock.now()) {
            // The schedule knows of expiry alone. A set that leaked or is distrusted as a whole is young, and not served.
            _ if shared.live.load().is_none() => Health::Failing,
            health if self.is_leaked() => health.max(Health::Critical),
            health => health,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::environment::KnownEnvironment::IdportenTest;
    use crate::refresh::Refresher;
    use crate::testing::{MemoryProvider, VirtualClock, snapshot};

    #[test]
    fn a_store_is_reported_as_hanging_until_it_is_written() {
        let seed = snapshot(IdportenTest, SystemTime::UNIX_EPOCH, &["one"]);
        let clock = VirtualClock::new(SystemTime::UNIX_EPOCH);
        let store = std::env::temp_dir().join("idporten-config-that-is-not-there/store.json");
        let builder = Refresher::builder(seed.clone()).unwrap().policy(RefreshPolicy::never()).clock(&clock);
        let refresher = builder.store(store).start_with(MemoryProvider::new(&seed)).unwrap();
        refresher.shared.core().writing_since = Some(refresher.shared.clock.now().monotonic);
        clock.advance(SLOW);
        assert_eq!(refresher.status().store_error, None);
        clock.advance(SLOW);
        assert!(refresher.status().store_error.unwrap().contains("is still being written"));
        refresher.shared.core().writing_since = None;
        assert_eq!(refresher.status().store_error, None);
    }
}
