//! The refresher keeps the live metadata and keys of a provider in memory, and stops serving them past their maximum age.
//!
//! A service starts without waiting for the network, from the snapshot that it was built with. It fetches about once a day, picks
//! up a new key with the first token that names it, and continues through an outage of the provider or the network for as long as
//! its [`RefreshPolicy`] allows. The [`guide`] explains the durations, the alerts to set, and the steps to take in an outage.
//!
//! ```
//! use idporten_config::KnownEnvironment;
//! use idporten_config::refresh::{LookupError, Refresher};
//! use idporten_config::testing::{MemoryProvider, snapshot};
//!
//! # let environment = KnownEnvironment::IdportenTest;
//! # let seed = snapshot(environment, std::time::SystemTime::now(), &["one"]).to_string();
//! # let transport = MemoryProvider::new(&snapshot(environment, std::time::SystemTime::now(), &["one"]));
//! // In a program: `providers::idporten::Environment::Prod.snapshot()`, and `.start()` with feature `refresh`.
//! let refresher = Refresher::builder(&*seed)?.start_with(transport)?;
//!
//! let config = refresher.current()?;
//! assert_eq!(config.metadata().token_endpoint, "https://test.idporten.no/token");
//!
//! // The header of a token names key and algorithm; it only chooses among the published keys.
//! match refresher.find_keys_wait(Some("one"), "RS256") {
//!     Ok(keys) => assert_eq!(keys.iter().len(), 1),                 // verify with each until one fits
//!     Err(LookupError::UnknownKey) => println!("401"),              // the token is not valid
//!     Err(error) => println!("503: {error}"),                       // not known at this moment
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Handles are cheap to clone, and work on any thread and in any async executor without a runtime. Only methods with `wait` or
//! `now` in their name, and without `async`, block.

mod attempt;
mod builder;
mod config;
mod counters;
mod error;
mod event;
#[cfg(all(test, loom))]
mod interleavings;
mod key_table;
mod openmetrics;
mod policy;
pub mod schedule;
mod state;
mod status;
mod store;
mod sync;
mod wait;
mod worker;

/// The guide for operators: durations, alerts, and steps in an outage.
#[doc = include_str!("refresh/guide.md")]
pub mod guide {}

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, SystemTime};

pub use builder::Builder;
pub use config::{Current, Keys, ProviderConfig};
pub use counters::Counters;
pub use error::{LookupError, Reason, RefreshError, StartError, Unavailable};
pub use event::Event;
use event::Events;
pub use openmetrics::openmetrics;
pub use policy::{PolicyError, RefreshPolicy};
pub use schedule::{Cause, Health, Limit, Source};
use state::{Shared, Unstored};
pub use status::{KeyStatus, Status};
use sync::Arc;
use wait::{Lookup, block, wait};

use crate::document::json::object;
use crate::document::provider::Provider;
use crate::document::snapshot::{Origin, Snapshot};
use crate::environment::SigningAlg;
pub use crate::fetch::{FetchError, Response, Transport};

/// A handle to a refresher. When the last one is dropped, the refresher ends: no request starts after that, and the drop does not
/// wait. The example of this [module](self) shows its use.
#[derive(Clone)]
pub struct Refresher {
    shared: Arc<Shared>,
    _alive: Arc<Alive>,
}

/// The token that all handles share and the worker does not hold, so that the last dropped handle ends the worker.
struct Alive(Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Refresher {
    /// Sets a refresher up with a seed: the text of a generated `SNAPSHOT`, or a [`Snapshot`].
    ///
    /// The seed is served from the start if it was fetched, is complete and has a usable key. Any other snapshot, as the bundled
    /// ones, only names the environment: then a fetch starts at once, and until it succeeds the answer is
    /// [`Reason::NotYetFetched`].
    ///
    /// # Errors
    ///
    /// A text that is no snapshot, or one that breaks a rule.
    pub fn builder<S: TryInto<Snapshot>>(seed: S) -> Result<Builder, StartError>
    where
        StartError: From<S::Error>,
    {
        Ok(Builder::new(seed.try_into()?))
    }

    /// Sets a refresher up without a seed, for a provider that is known only at run time: an environment of the table, or a
    /// [`Provider`] that configuration describes. It serves nothing until the first fetch succeeds; a service that must not start
    /// without keys calls [`wait_ready`](Self::wait_ready) once after the start and ends with its error.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use idporten_config::document::Provider;
    /// use idporten_config::refresh::{Reason, RefreshPolicy, Refresher};
    /// # use idporten_config::testing::{MemoryProvider, VirtualClock, snapshot};
    /// # let (now, test) = (std::time::SystemTime::now(), idporten_config::KnownEnvironment::IdportenTest);
    /// # let (clock, transport) = (VirtualClock::new(now), MemoryProvider::new(&snapshot(test, now, &["one"])));
    ///
    /// // From a platform's variables, for example.
    /// let (well_known_url, issuer) = ("https://login.acme.no/.well-known/openid-configuration", "https://login.acme.no");
    /// let provider = Provider::custom("acme", well_known_url, issuer)?;
    /// let refresher = Refresher::for_provider(provider)?.clock(&clock).start_with(transport)?;
    /// let error = refresher.wait_ready(Duration::from_secs(10)).unwrap_err();
    /// assert_eq!(error.reason(), Reason::NotYetFetched, "{error}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None today; a rule that a provider breaks is found by [`Provider::custom`] and [`Provider::describe`].
    pub fn for_provider(provider: impl Into<Provider>) -> Result<Builder, StartError> {
        let provider = provider.into();
        let issuer = object([("issuer", provider.issuer().into())]);
        // `Documented`, so that it is never served, and of the oldest time, so that any store is newer.
        Ok(Builder::new(Snapshot::new(provider, SystemTime::UNIX_EPOCH, Origin::Documented, issuer, None)?))
    }

    fn new(shared: Arc<Shared>) -> Self {
        Self { _alive: Arc::new(Alive(Arc::clone(&shared))), shared }
    }

    /// Returns the configuration in force. It never waits, and takes no lock.
    ///
    /// # Errors
    ///
    /// The reason why nothing is served.
    #[inline]
    pub fn current(&self) -> Result<Current, Unavailable> {
        self.shared.current()
    }

    /// Returns the keys that may verify a token with this `kid` and `alg` in its header. The algorithm is text or a
    /// [`SigningAlg`]. It never waits: a kid that is not in the set asks for a fetch, within its budget, and is undetermined. A
    /// known kid costs no lock, no clock and no allocation.
    ///
    /// # Errors
    ///
    /// See [`LookupError`].
    #[inline]
    pub fn find_keys(&self, kid: Option<&str>, alg: impl TryInto<SigningAlg>) -> Result<Keys, LookupError> {
        // A name that is no algorithm is answered like one that no key serves: the token is refused in both cases.
        let alg = alg.try_into().ok();
        self.shared.find(kid, alg, || self.look_up(kid, alg, false))
    }

    /// Does the same as [`find_keys`](Self::find_keys), and waits for the fetch that a kid outside of the set asks for, at most
    /// [`key_wait`](RefreshPolicy::key_wait). It blocks this thread: async code uses
    /// [`find_keys_async`](Self::find_keys_async).
    ///
    /// # Errors
    ///
    /// See [`LookupError`].
    pub fn find_keys_wait(&self, kid: Option<&str>, alg: impl TryInto<SigningAlg>) -> Result<Keys, LookupError> {
        let alg = alg.try_into().ok();
        self.shared.find(kid, alg, || self.look_up(kid, alg, true))
    }

    /// Does the same as [`find_keys_wait`](Self::find_keys_wait) in a future, which may be dropped at any time.
    ///
    /// # Errors
    ///
    /// See [`LookupError`].
    pub async fn find_keys_async(&self, kid: Option<&str>, alg: impl TryInto<SigningAlg>) -> Result<Keys, LookupError> {
        let alg = alg.try_into().ok();
        if let Ok(keys) = self.shared.find(kid, alg, || Err(())) {
            return Ok(keys);
        }
        let mut lookup = Lookup::new(&self.shared, kid, alg, true);
        wait(&self.shared, || lookup.poll()).await
    }

    /// The slow path, for a key that is not in the set. It is `#[cold]` and separate so that the fast path can be inlined.
    #[cold]
    fn look_up(&self, kid: Option<&str>, alg: Option<SigningAlg>, waits: bool) -> Result<Keys, LookupError> {
        let mut lookup = Lookup::new(&self.shared, kid, alg, waits);
        block(&*self.shared.clock, || lookup.poll())
    }

    /// Waits until something is served, at most this long. It blocks this thread.
    ///
    /// # Errors
    ///
    /// The reason why nothing is served by then.
    pub fn wait_ready(&self, timeout: Duration) -> Result<(), Unavailable> {
        block(&*self.shared.clock, self.shared.until_ready(timeout))
    }

    /// Does the same as [`wait_ready`](Self::wait_ready) in a future.
    ///
    /// # Errors
    ///
    /// The reason why nothing is served by then.
    pub async fn wait_ready_async(&self, timeout: Duration) -> Result<(), Unavailable> {
        wait(&self.shared, self.shared.until_ready(timeout)).await
    }

    /// Refreshes now, outside of all budgets, and waits for the result: that of the fetch under way, or of a new one. It blocks
    /// this thread.
    ///
    /// # Errors
    ///
    /// The fetch failed, or was not made. What was served continues to be served, unless the provider published its private keys.
    pub fn refresh_now(&self) -> Result<(), RefreshError> {
        block(&*self.shared.clock, self.shared.until_refreshed())
    }

    /// Does the same as [`refresh_now`](Self::refresh_now) in a future.
    ///
    /// # Errors
    ///
    /// The fetch failed, or was not made. What was served continues to be served, unless the provider published its private keys.
    pub async fn refresh_now_async(&self) -> Result<(), RefreshError> {
        wait(&self.shared, self.shared.until_refreshed()).await
    }

    /// Reports that a signature under a kid that is in the set did not verify: the provider may have put another key under that
    /// kid. Returns whether a fetch is under way because of that, or anyway. Such reports make at most two fetches an hour, none
    /// while the set is younger than 30 seconds, and none where the kid is the RFC 7638 thumbprint of its key, which no other
    /// key can have.
    #[expect(clippy::must_use_candidate, reason = "what it answers is worth knowing, and nothing hangs on it")]
    pub fn report_bad_signature(&self, kid: &str) -> bool {
        if self.shared.is_forked() {
            return false;
        }
        self.shared.note_bad_signature(&mut self.shared.core(), kid)
    }

    /// Stops serving keys of this kid or thumbprint until the process ends, also where they are published again. Returns how many
    /// held keys it names: zero may be a typing error. A kid may be a label that a new key takes over, as in ID-porten's test
    /// environment; a thumbprint names one key.
    ///
    /// The next refresh, also one that fails, removes these keys from the store; if the store cannot be written then, the refresh
    /// after it tries again. With [`RefreshPolicy::never`] there is no refresh, and the store keeps them: remove the file. A new
    /// process does not know of them: call this at each start for as long as the provider publishes such a key. In a process that
    /// was forked from the refresher's own, nothing is served any more after this.
    #[expect(clippy::must_use_candidate, reason = "what it answers is worth knowing, and nothing hangs on it")]
    pub fn distrust(&self, kid_or_thumbprint: &str) -> usize {
        if self.shared.is_forked() {
            let named = self.current().map_or(0, |config| config.count_named(kid_or_thumbprint));
            self.shared.withdraw();
            return named;
        }
        let mut core = self.shared.core();
        // The name is kept, and not the key: a key that is published again under it stays out.
        if !core.distrusted.iter().any(|name| name == kid_or_thumbprint) {
            core.distrusted.push(kid_or_thumbprint.to_owned());
        }
        self.shared.publish(&mut core);
        let named = core.config.as_ref().map_or(0, |config| config.count_named(kid_or_thumbprint));
        // The end of the next fetch, whatever its result, removes the key from the store.
        core.unstored = core.unstored.max(Some(Unstored::Distrust));
        self.shared.clock.wake();
        named
    }

    /// Returns a receiver of the [events](Event) from now on. Its queue holds 1,024 events; those that find it full are left out
    /// and counted ([`missed_events`](Counters::missed_events)), so that a slow receiver holds up nothing. It ends when the
    /// refresher does. Dropping it unsubscribes with the next event. To receive what happens during the start too, use
    /// [`Builder::events`].
    #[must_use]
    pub fn events(&self) -> Receiver<Event> {
        if self.shared.is_forked() {
            // No worker sends any, and the lock may be held by a thread that is missing here.
            return Events::default().subscribe();
        }
        let mut core = self.shared.core();
        let receiver = core.events.subscribe();
        // The queues were closed at the end, and a new one would stay open for as long as a handle lives.
        if self.shared.stopped.load(Ordering::SeqCst) {
            core.events.close();
        }
        receiver
    }

    /// Returns the state of the refresher, from memory.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(&self.shared)
    }
}

#[cfg(feature = "jsonwebtoken-11")]
impl Refresher {
    /// Returns the environment. No refresh changes it.
    pub(crate) fn provider(&self) -> &crate::document::Provider {
        self.shared.seed.provider()
    }

    /// Returns the time of day, which a test's clock replaces.
    pub(crate) fn wall(&self) -> std::time::SystemTime {
        self.shared.clock.wall()
    }
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let current = self.current();
        f.debug_struct("Refresher")
            .field("environment", &self.shared.seed.provider().slug())
            .field("as_of", &current.as_ref().map(|config| config.as_of()).ok())
            .finish_non_exhaustive()
    }
}
