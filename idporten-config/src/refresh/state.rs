//! The state that the handles and the worker share.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::{ArcSwap, ArcSwapOption};

use super::config::{Current, Keys, ProviderConfig};
use super::counters::Counters;
use super::error::{Reason, Unavailable};
use super::event::{Event, Queues};
use super::policy::RefreshPolicy;
use super::schedule::{Health, Schedule};
use super::sync::{AtomicBool, Mutex, MutexGuard};
use crate::clock::Clock;
use crate::document::compare::{Change, Comparison, Subject, compare};
use crate::document::jwks::JwkSet;
use crate::document::snapshot::{Origin, Snapshot};
use crate::environment::SigningAlg;
use crate::fetch::{Age, FetchError};

/// How much drift is told of: a hostile document differs in everything.
const MAX_DRIFT: usize = 100;

pub(super) struct Shared {
    /// What is served. It is all that a reader touches, so that nothing the worker does can delay one.
    live: ArcSwapOption<ProviderConfig>,
    /// The error that readers get while nothing is served.
    refusal: ArcSwap<Unavailable>,
    pub(super) stopped: AtomicBool,
    /// Told of each end of a fetch, each deadline of those who wait, and the end of the worker.
    pub(super) changed: event_listener::Event,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) policy: RefreshPolicy,
    /// What was compiled in.
    pub(super) seed: Snapshot,
    /// The process that the worker is in.
    process: u32,
    core: Mutex<Core>,
}

/// What is behind the lock. It is never held during I/O, or while a listener is told.
pub(super) struct Core {
    pub(super) schedule: Schedule,
    /// The last that was accepted, distrusted keys included, even where it may be served no longer.
    pub(super) config: Option<Arc<ProviderConfig>>,
    /// The last that was in force, by which the next one is numbered.
    last_served: Option<Arc<ProviderConfig>>,
    pub(super) distrusted: Vec<String>,
    /// Whether the last set that came had private keys and no other.
    pub(super) all_leaked: bool,
    /// The result of a fetch, for the worker to look at.
    pub(super) result: Option<FetchResult>,
    pub(super) last_error: Option<Arc<FetchError>>,
    pub(super) last_success: Option<SystemTime>,
    pub(super) drift: Vec<Change>,
    pub(super) store_error: Option<String>,
    pub(super) counters: Counters,
    pub(super) queues: Queues,
    /// How many look-ups wait.
    pub(super) waiting: usize,
    /// The first deadline among all who wait.
    pub(super) deadline: Option<Duration>,
}

/// The result of the fetch of this number.
pub(super) struct FetchResult {
    pub(super) number: u64,
    pub(super) fetched: Result<Fetched, FetchError>,
}

/// What a fetch brought, prepared outside the lock.
pub(super) struct Fetched {
    pub(super) config: ProviderConfig,
    /// How old it was when the fetch began, and where that was read.
    pub(super) age: Age,
    pub(super) url: String,
    pub(super) changes: Comparison,
    pub(super) drift: Vec<Change>,
}

impl Shared {
    pub(super) fn new(
        clock: Arc<dyn Clock>,
        policy: RefreshPolicy,
        seed: Snapshot,
        schedule: Schedule,
        config: Option<ProviderConfig>,
        queues: Queues,
    ) -> Self {
        let shared = Self {
            live: ArcSwapOption::empty(),
            refusal: ArcSwap::from_pointee(Unavailable::new(Reason::NotYetFetched, None)),
            stopped: AtomicBool::new(false),
            changed: event_listener::Event::new(),
            clock,
            policy,
            seed,
            process: std::process::id(),
            core: Mutex::new(Core {
                schedule,
                config: config.map(Arc::new),
                last_served: None,
                distrusted: Vec::new(),
                all_leaked: false,
                result: None,
                last_error: None,
                last_success: None,
                drift: Vec::new(),
                store_error: None,
                counters: Counters::default(),
                queues,
                waiting: 0,
                deadline: None,
            }),
        };
        let mut core = shared.core();
        core.drift = core.config.as_ref().map(|config| shared.drift_of(config.documents())).unwrap_or_default();
        shared.publish(&mut core);
        drop(core);
        shared
    }

    pub(super) fn core(&self) -> MutexGuard<'_, Core> {
        // What a panic left behind is whole: nothing in here is changed in two steps that could.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The members of which generated constants say something else than the live document.
    pub(super) fn drift_of(&self, live: &Snapshot) -> Vec<Change> {
        let has_constant = |change: &Change| match &change.subject {
            Subject::Member(name) => self.seed.metadata_json().contains(name),
            Subject::Key(_) => false,
        };
        compare(&self.seed, live).changes.into_iter().filter(has_constant).take(MAX_DRIFT).collect()
    }

    #[inline]
    pub(super) fn current(&self) -> Result<Current, Unavailable> {
        let live = self.live.load();
        if live.is_some() { Ok(Current::new(live)) } else { Err(self.refused()) }
    }

    #[cold]
    fn refused(&self) -> Unavailable {
        Unavailable::clone(&self.refusal.load())
    }

    /// The keys for a token with this header, or what there is where what is served has none.
    #[inline]
    pub(super) fn find<E>(
        &self,
        kid: Option<&str>,
        alg: Option<SigningAlg>,
        other: impl FnOnce() -> Result<Keys, E>,
    ) -> Result<Keys, E> {
        let live = self.live.load();
        if let Some(row) = live.as_deref().and_then(|config| config.find(kid, alg?)) {
            return Ok(Keys::new(Current::new(live), row));
        }
        drop(live);
        other()
    }

    /// Puts in force what may be served now. The lock is held, so that nobody puts something older in its place.
    pub(super) fn publish(&self, core: &mut Core) {
        match core.served(self.stopped.load(Ordering::SeqCst)) {
            Ok(config) => {
                let config = Arc::new(config.succeeding(core.last_served.as_deref()));
                core.last_served = Some(Arc::clone(&config));
                self.live.store(Some(config));
            }
            Err(reason) => {
                // The reason comes first: a reader that finds nothing served then finds it.
                self.refusal.store(Arc::new(Unavailable::new(reason, core.last_error.clone())));
                self.live.store(None);
            }
        }
    }

    /// The documents as they are stored. A success under a clock that is behind would be dated before the seed, and the seed with
    /// its withdrawn keys would win at the next start.
    pub(super) fn stored_form(&self, documents: &Snapshot) -> Snapshot {
        let is_seed = self.seed.origin() == Origin::Fetched;
        let as_of = if is_seed { documents.as_of().max(self.seed.as_of()) } else { documents.as_of() };
        documents.clone().dated(as_of)
    }

    /// Whether this process was forked from the one that the worker is in: nothing refreshes here, and a lock that was held by
    /// another thread at the fork is never released.
    pub(super) fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }

    /// Serves nothing from now on, without a lock: in a forked process nothing puts a set in force again.
    pub(super) fn withdraw(&self) {
        self.refusal.store(Arc::new(Unavailable::new(Reason::Stopped, None)));
        self.live.store(None);
    }

    /// No handle is left, or the worker has ended: nothing is served, and nobody waits.
    pub(super) fn stop(&self) {
        if self.is_forked() {
            return;
        }
        self.stopped.store(true, Ordering::SeqCst);
        let mut core = self.core();
        self.publish(&mut core);
        core.queues.close();
        drop(core);
        self.wake_all();
        self.clock.wake();
    }

    /// Writes the event to the log and queues it for those who receive events. A log's subscriber is the program's code: it is
    /// never called under the lock, and its panic is counted.
    pub(super) fn tell(&self, event: &Event) {
        #[cfg(feature = "tracing")]
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| event.log(self.seed.provider().slug()))) {
            self.core().counters.count_panic(panic);
        }
        let mut core = self.core();
        core.counters.missed_events += core.queues.send(event);
    }

    /// Wakes all who wait. It is called without the lock, since a waker is the program's code: it may ask for the lock, or panic.
    pub(super) fn wake_all(&self) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.changed.notify(usize::MAX))) {
            self.core().counters.count_panic(panic);
        }
    }
}

impl Core {
    fn served(&self, stopped: bool) -> Result<ProviderConfig, Reason> {
        let config = match &self.config {
            _ if stopped => return Err(Reason::Stopped),
            _ if self.all_leaked => return Err(Reason::Leaked),
            None => return Err(Reason::NotYetFetched),
            Some(config) => config,
        };
        match self.schedule.expired() {
            Some(limit) => Err(Reason::TooStale(limit)),
            None => ProviderConfig::clone(config).without(&self.distrusted).ok_or(Reason::Distrusted),
        }
    }

    /// Whether the provider publishes a private key.
    pub(super) fn is_leaked(&self) -> bool {
        let jwks = self.config.as_ref().and_then(|config| config.documents().jwks());
        self.all_leaked || jwks.is_some_and(JwkSet::is_leaked)
    }

    /// How things stand; what the schedule cannot know of included.
    pub(super) fn health(&self, shared: &Shared) -> Health {
        match self.schedule.health(shared.clock.now()) {
            _ if shared.live.load().is_none() => Health::Failing,
            health if self.is_leaked() => health.max(Health::Critical),
            health => health,
        }
    }
}
