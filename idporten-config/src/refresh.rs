//! The refresher: it keeps the live metadata and keys of a provider at hand, and trusts nothing for ever.
//!
//! A service starts at once from the snapshot that it was built with, fetches about once a day, follows a rotation of keys when
//! the first token with a new key comes, and goes on through an outage of the provider or the network for as long as its
//! [`RefreshPolicy`] allows. The [`guide`] says how the numbers relate, what to alert on, and what to do in the night.
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
//! // The header of a token says which key and algorithm; it only chooses among what the provider publishes.
//! match refresher.find_keys_wait(Some("one"), "RS256") {
//!     Ok(keys) => assert_eq!(keys.iter().len(), 1),                 // verify with each, until one fits
//!     Err(LookupError::UnknownKey) => println!("401"),              // the token is not valid
//!     Err(error) => println!("503: {error}"),                       // it cannot be told now
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Handles are cheap to clone, and work on any thread and in any async executor: nothing here needs a runtime, and nothing
//! blocks but what has `wait` or `now` in its name and no `async`.

mod builder;
mod config;
mod counters;
#[cfg(feature = "jsonwebtoken-11")]
mod decoding;
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

/// How the numbers relate, what to watch, and what to do.
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
pub use openmetrics::openmetrics;
pub use policy::{PolicyError, RefreshPolicy};
pub use schedule::{Cause, Health, Limit, Source};
use state::Shared;
pub use status::{KeyStatus, Status};
use sync::Arc;
use wait::{Lookup, block, wait};

use crate::document::json::object;
use crate::document::provider::Provider;
use crate::document::snapshot::{Origin, Snapshot};
use crate::environment::SigningAlg;
pub use crate::fetch::{FetchError, Response, Transport};

/// A handle to a refresher. When the last one is dropped, the refresher ends: no request starts after, and nothing is waited for.
#[derive(Clone)]
pub struct Refresher {
    shared: Arc<Shared>,
    _alive: Arc<Alive>,
}

/// What all handles hold, and the worker does not.
struct Alive(Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Refresher {
    /// Sets a refresher up, from a snapshot: the text of a generated `SNAPSHOT`, or a [`Snapshot`].
    ///
    /// It serves from the start if it was fetched, is complete and has a usable key. Any other snapshot (the bundled ones are
    /// such) only says which environment it is: then a fetch starts at once, and until it succeeds the answer is
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
        // Documented, so that it is never served, and of the oldest time, so that any store is newer.
        Ok(Builder::new(Snapshot::new(provider, SystemTime::UNIX_EPOCH, Origin::Documented, issuer, None)?))
    }

    fn new(shared: Arc<Shared>) -> Self {
        Self { _alive: Arc::new(Alive(Arc::clone(&shared))), shared }
    }

    /// The configuration in force. It never waits, and takes no lock.
    ///
    /// # Errors
    ///
    /// Nothing is served; the error says why.
    #[inline]
    pub fn current(&self) -> Result<Current, Unavailable> {
        self.shared.current()
    }

    /// The keys that may verify a token with this `kid` and `alg` in its header. It never waits: a kid that is not in the set
    /// asks for a fetch, within its budget, and is undetermined. A known kid costs no lock, no clock and no allocation, whatever
    /// happens elsewhere.
    ///
    /// # Errors
    ///
    /// See [`LookupError`].
    #[inline]
    pub fn find_keys(&self, kid: Option<&str>, alg: impl TryInto<SigningAlg>) -> Result<Keys, LookupError> {
        let alg = alg.try_into().ok();
        self.shared.find(kid, alg, || self.look_up(kid, alg, false))
    }

    /// As [`find_keys`](Self::find_keys), and for a kid that is not in the set waits for the fetch, at most
    /// [`key_wait`](RefreshPolicy::key_wait). It blocks this thread: in async code, use
    /// [`find_keys_async`](Self::find_keys_async).
    ///
    /// # Errors
    ///
    /// See [`LookupError`].
    pub fn find_keys_wait(&self, kid: Option<&str>, alg: impl TryInto<SigningAlg>) -> Result<Keys, LookupError> {
        let alg = alg.try_into().ok();
        self.shared.find(kid, alg, || self.look_up(kid, alg, true))
    }

    /// As [`find_keys_wait`](Self::find_keys_wait), in a future. Dropping it disturbs nothing.
    ///
    /// # Errors
    ///
    /// See [`LookupError`].
    pub async fn find_keys_async(&self, kid: Option<&str>, alg: impl TryInto<SigningAlg>) -> Result<Keys, LookupError> {
        let alg = alg.try_into().ok();
        match self.shared.find(kid, alg, || Err(())) {
            Ok(keys) => Ok(keys),
            Err(()) => {
                let mut lookup = Lookup::new(&self.shared, kid, alg, true);
                wait(|| lookup.poll()).await
            }
        }
    }

    /// What a key that is not at hand costs.
    #[cold]
    fn look_up(&self, kid: Option<&str>, alg: Option<SigningAlg>, waits: bool) -> Result<Keys, LookupError> {
        let mut lookup = Lookup::new(&self.shared, kid, alg, waits);
        block(&*self.shared.clock, || lookup.poll())
    }

    /// Waits until something is served, at most for this long. It blocks this thread.
    ///
    /// # Errors
    ///
    /// Nothing is served by then; the error says why.
    pub fn wait_ready(&self, timeout: Duration) -> Result<(), Unavailable> {
        block(&*self.shared.clock, self.shared.until_ready(timeout))
    }

    /// As [`wait_ready`](Self::wait_ready), in a future.
    ///
    /// # Errors
    ///
    /// Nothing is served by then; the error says why.
    pub async fn wait_ready_async(&self, timeout: Duration) -> Result<(), Unavailable> {
        wait(self.shared.until_ready(timeout)).await
    }

    /// Refreshes now, whatever the budgets say, and waits for it: for the fetch that is under way, or for one of its own. It
    /// blocks this thread.
    ///
    /// # Errors
    ///
    /// The fetch failed, or did not come about. What was served goes on being served.
    pub fn refresh_now(&self) -> Result<(), RefreshError> {
        block(&*self.shared.clock, self.shared.until_refreshed())
    }

    /// As [`refresh_now`](Self::refresh_now), in a future.
    ///
    /// # Errors
    ///
    /// The fetch failed, or did not come about. What was served goes on being served.
    pub async fn refresh_now_async(&self) -> Result<(), RefreshError> {
        wait(self.shared.until_refreshed()).await
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
        let now = self.shared.clock.now();
        let mut core = self.shared.core();
        let may_change = core.config.as_ref().is_some_and(|config| config.has_kid(kid) && !config.is_thumbprint(kid));
        let fetches = may_change && core.schedule.report_bad_signature(now);
        if fetches {
            self.shared.clock.wake();
        }
        fetches
    }

    /// Serves no key of this kid or thumbprint from now on, whoever publishes it, until the process ends. How many of the keys
    /// that are held are met by it: none may be a typing error. ID-porten's kids are labels that a new key may take over: name a
    /// thumbprint where you can. In a process that was forked from the refresher's own, nothing is served any more after this.
    #[expect(clippy::must_use_candidate, reason = "what it answers is worth knowing, and nothing hangs on it")]
    pub fn distrust(&self, kid_or_thumbprint: &str) -> usize {
        if self.shared.is_forked() {
            let named = self.current().map_or(0, |config| config.count_named(kid_or_thumbprint));
            self.shared.withdraw();
            return named;
        }
        let mut core = self.shared.core();
        if !core.distrusted.iter().any(|name| name == kid_or_thumbprint) {
            core.distrusted.push(kid_or_thumbprint.to_owned());
        }
        self.shared.publish(&mut core);
        self.shared.clock.wake();
        core.config.as_ref().map_or(0, |config| config.count_named(kid_or_thumbprint))
    }

    /// Returns a receiver of the [events](Event) from now on. Its queue holds 1,024 events; those that find it full are left out
    /// and counted ([`missed_events`](Counters::missed_events)), so that a slow receiver holds up nothing. It ends when the
    /// refresher does, and dropping it unsubscribes. To receive what happens during the start too, use [`Builder::events`].
    #[must_use]
    pub fn events(&self) -> Receiver<Event> {
        let mut core = self.shared.core();
        let receiver = core.queues.subscribe();
        if self.shared.stopped.load(Ordering::SeqCst) {
            core.queues.close();
        }
        receiver
    }

    /// How things stand, from memory.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(&self.shared)
    }
}

#[cfg(feature = "jsonwebtoken-11")]
impl Refresher {
    /// The environment, which no refresh changes.
    pub(crate) fn provider(&self) -> &crate::document::Provider {
        self.shared.seed.provider()
    }

    /// The time of day, by the clock of a test where there is one.
    pub(crate) fn wall(&self) -> std::time::SystemTime {
        self.shared.clock.now().wall
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
