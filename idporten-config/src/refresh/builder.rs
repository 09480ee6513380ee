//! The set-up of a refresher: its seed, store, policy and transport.

use std::cmp::Reverse;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::SystemTime;

use super::Refresher;
use super::config::ProviderConfig;
use super::error::StartError;
use super::event::{Event, Events};
use super::policy::RefreshPolicy;
use super::schedule::{Limit, Schedule, Seed, Source, is_future};
use super::state::{Core, Shared, Unstored};
use super::store::Store;
use super::sync;
use super::worker;
use crate::clock::{Clock, SystemClock};
use crate::document::snapshot::{Origin, Snapshot};
use crate::fetch::Transport;
#[cfg(feature = "refresh")]
use crate::fetch::{FetchError, Options};
use crate::testing::VirtualClock;

/// The settings of a refresher before it starts, made by [`Refresher::builder`] and [`Refresher::for_provider`].
///
/// ```
/// use std::time::Duration;
///
/// use idporten_config::refresh::{RefreshPolicy, Refresher, Source};
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// # let seed = snapshot(idporten_config::KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let transport = MemoryProvider::new(&seed);
///
/// let policy = RefreshPolicy::default().with_max_age(Duration::from_secs(3 * 24 * 60 * 60));
/// let refresher = Refresher::builder(seed)?.policy(policy).start_with(transport)?;
/// assert_eq!(refresher.status().source, Some(Source::Baked));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct Builder {
    seed: Snapshot,
    policy: RefreshPolicy,
    store: Option<PathBuf>,
    events: Events,
    clock: Option<Arc<dyn Clock>>,
    /// The number that the delays are drawn from.
    random: u64,
    #[cfg(feature = "refresh")]
    options: Option<Options>,
}

impl Builder {
    pub(super) fn new(seed: Snapshot) -> Self {
        Self {
            seed,
            policy: RefreshPolicy::default(),
            store: None,
            events: Events::default(),
            clock: None,
            random: random_number(),
            #[cfg(feature = "refresh")]
            options: None,
        }
    }

    /// Sets when to fetch and how long to serve.
    pub fn policy(self, policy: RefreshPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Sets a file that carries the last success from one process to the next. Its content is served from the start if it
    /// is newer than the seed. **Whatever can write the file chooses the keys**: it must be a regular file of this user, not a link,
    /// neither its group nor other users may write to it or to its directory, and the directory belongs to this user or to root.
    ///
    /// A broken file is ignored, reported and then replaced. A file of another environment, or one that is not a store, is
    /// reported and left alone. A file that cannot be written does not affect serving;
    /// [`store_error`](super::Status::store_error) says why it cannot, and failed writes are counted. Processes may share the file.
    /// It holds no secret.
    pub fn store(self, path: impl Into<PathBuf>) -> Self {
        Self { store: Some(path.into()), ..self }
    }

    /// Returns a receiver as [`Refresher::events`] does, which also gets what happens while the refresher starts.
    #[must_use]
    pub fn events(&mut self) -> Receiver<Event> {
        self.events.subscribe()
    }

    /// Takes the time from a clock that a test moves.
    pub fn clock(self, clock: &VirtualClock) -> Self {
        self.clock_of(clock.sleeper(), clock.random())
    }

    /// Sets all that differs from run to run, so that a test with such a clock runs the same way each time.
    pub(super) fn clock_of(self, clock: Arc<dyn Clock>, random: u64) -> Self {
        Self { clock: Some(clock), random, ..self }
    }

    /// Sets how to fetch, in place of the environment variables. Both documents have 20 seconds together; a shorter
    /// `deadline` bounds each of them.
    #[cfg(feature = "refresh")]
    pub fn fetch_options(self, options: Options) -> Self {
        Self { options: Some(options), ..self }
    }

    /// Starts with the client of [`fetch`](crate::fetch). It does not wait: the client is set up with the first fetch,
    /// and an error of its certificate authorities is reported as a failed fetch.
    ///
    /// # Errors
    ///
    /// A policy that contradicts itself, a variable or mirror that cannot be used, a seed of the future without requests, or a
    /// process without a thread left: see [`StartError`].
    #[cfg(feature = "refresh")]
    pub fn start(mut self) -> Result<Refresher, StartError> {
        let options = self.options.take().map_or_else(options_of_the_environment, Ok).map_err(StartError::Client)?;
        let client = crate::fetch::DefaultTransport::new(options).map_err(StartError::Client)?;
        self.start_with(client)
    }

    fn checked_policy(&self) -> Result<RefreshPolicy, StartError> {
        let is_development = self.seed.provider().is_development();
        let policy = self.policy.clone();
        // The least durations protect a provider from too many requests. A mock, or a test's clock, needs no such protection.
        let checked =
            if is_development || self.clock.is_some() { policy.check_contradictions() } else { policy.check() };
        checked.map_err(StartError::Policy)?;
        Ok(if is_development { policy.for_development() } else { policy })
    }

    /// Starts with a custom HTTP client. It does not wait.
    ///
    /// # Errors
    ///
    /// A policy that contradicts itself, a seed of the future without requests, or a process without a thread left: see
    /// [`StartError`].
    pub fn start_with(self, transport: impl Transport) -> Result<Refresher, StartError> {
        let policy = self.checked_policy()?;
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let now = clock.now();
        let store = self.store.map(Store::new);
        let loaded = store.as_ref().map_or(Ok(None), |store| {
            store.load(self.seed.provider(), now.wall).map_err(|reason| store.named(&reason))
        });
        let stored = loaded.as_ref().ok().and_then(Option::as_ref);
        let (config, seed) = choose(&policy, &self.seed, stored, now.wall).unzip();
        if config.is_none() && !policy.fetches && is_future(self.seed.as_of(), now.wall) {
            return Err(StartError::Future(self.seed.timestamp()));
        }
        let mut schedule = Schedule::new(policy.clone(), self.random, now, seed);
        // Dates count also where the documents do not serve: no success of this process may be dated before them.
        let dated = stored.into_iter().chain([&self.seed].into_iter().filter(|seed| seed.origin() == Origin::Fetched));
        dated.for_each(|snapshot| schedule.note_date(snapshot.as_of(), now));
        let mut core = Core::new(schedule, config, self.events);
        core.store_error = loaded.err().map(|reason| (Unstored::Documents, reason));
        let shared = Shared::new(clock, policy, self.seed, Box::new(transport), store, core);
        let shared = sync::Arc::new(shared);
        worker::spawn(&shared).map_err(StartError::Thread)?;
        Ok(Refresher::new(shared))
    }
}

/// Returns a number that need not be secret, only different in each refresher and process, so that a fleet spreads out. The seed of
/// the hash maps is the one source of random numbers in the standard library, and a forked process has that of its parent.
fn random_number() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish()
}

/// Reads the options from the environment variables. A variable that is not UTF-8 is an error rather than ignored: it may be
/// the one that restricts which certificate authorities are trusted.
#[cfg(feature = "refresh")]
fn options_of_the_environment() -> Result<Options, FetchError> {
    for name in Options::VARIABLES {
        if let Err(error @ std::env::VarError::NotUnicode(_)) = std::env::var(name) {
            return Err(FetchError::setup(format!("{name} cannot be used"), format!("{error}; write it in UTF-8")));
        }
    }
    Options::from_env(&|name| std::env::var(name).ok())
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("environment", &self.seed.provider().slug())
            .field("policy", &self.policy)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// Chooses the configuration that is served from the start: the stored one if it is newer, or else the one that was compiled in.
fn choose(
    policy: &RefreshPolicy,
    baked: &Snapshot,
    stored: Option<&Snapshot>,
    now: SystemTime,
) -> Option<(ProviderConfig, Seed)> {
    // Only a fetched snapshot is known to hold all that the provider published.
    let is_servable = |baked: &&Snapshot| baked.origin() == Origin::Fetched && !is_future(baked.as_of(), now);
    let candidate = |snapshot: Option<&Snapshot>, source, limit| {
        let config = snapshot.and_then(ProviderConfig::new)?;
        let seed = Seed { source, as_of: config.as_of(), limit };
        Some((config, seed))
    };
    let baked = candidate(Some(baked).filter(is_servable), Source::Baked, Limit::SeedMaxAge);
    let stored = candidate(stored, Source::Stored, Limit::MaxAge);
    // The newest comes first, and with equal dates the stored one, which is of a success under a clock that was behind.
    let mut candidates: Vec<(ProviderConfig, Seed)> = stored.into_iter().chain(baked).collect();
    candidates.sort_by_key(|(_, seed)| Reverse(seed.as_of));
    let serves = candidates.iter().position(|(_, seed)| policy.may_serve(*seed, now)).unwrap_or_default();
    let limit = candidates.get(serves)?.1.limit;
    // A key that was withdrawn since the build must not come back, so a newer store replaces the seed even if only the limit of the
    // seed still allows serving.
    let chosen = if candidates[0].1.source == Source::Stored { 0 } else { serves };
    let (config, seed) = candidates.swap_remove(chosen);
    Some((config, Seed { limit, ..seed }))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::environment::KnownEnvironment::IdportenTest;
    use crate::testing::snapshot;

    #[test]
    fn each_refresher_on_the_system_clock_gets_another_random_number() {
        let random = || Builder::new(snapshot(IdportenTest, std::time::SystemTime::UNIX_EPOCH, &["one"])).random;
        assert_ne!(random(), random());
    }
}
