//! The errors of a refresher, separated by what a caller would do about them.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::policy::PolicyError;
use super::schedule::Limit;
use crate::document::snapshot::SnapshotError;
use crate::fetch::FetchError;

/// The reason why there are no keys for a token. Only [`UnknownKey`](Self::UnknownKey) makes the token invalid (status 401); with
/// the others the service cannot judge it now (status 503).
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// use idporten_config::refresh::{LookupError, Refresher};
///
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let provider = MemoryProvider::new(&seed);
/// # let refresher = Refresher::builder(seed)?.start_with(provider.clone())?;
/// let status = match refresher.find_keys_wait(Some("another"), "RS256") {
///     Ok(_) => 200,
///     Err(LookupError::UnknownKey) => 401,
///     Err(_) => 503,
/// };
/// assert_eq!(status, 401, "a fetch has shown that the provider does not publish the key");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LookupError {
    /// Nothing is served at all.
    Unavailable(Unavailable),
    /// The kid is not in the set, and it is not known now whether the provider publishes it: a fetch is under way, has failed, may
    /// not be made yet, or brought an answer that does not prove to be newer than the question; or the kid has just left the set,
    /// and one answer alone lacks it.
    Undetermined {
        /// The time after which it is worth asking again.
        retry_after: Duration,
    },
    /// No key that the provider publishes fits: a fetch that began after the question has shown it, or no fetch could bring one (an
    /// algorithm that is not asymmetric or that the key of this kid can never serve; a kid of more than 256 bytes, or a distrusted
    /// one; no kid, and not exactly one key that fits; a kid that has left the set for longer than a moment).
    UnknownKey,
}

/// The error of a refresher that serves nothing.
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// use idporten_config::refresh::{Reason, Refresher};
///
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let provider = MemoryProvider::new(&seed);
/// # let refresher = Refresher::builder(seed)?.start_with(provider.clone())?;
/// refresher.distrust("one");
/// let error = refresher.current().unwrap_err();
/// assert_eq!(error.reason(), Reason::Distrusted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Unavailable {
    reason: Reason,
    last_error: Option<Arc<FetchError>>,
}

/// The reason why nothing is served.
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// use std::time::Duration;
///
/// use idporten_config::refresh::{Limit, Reason, RefreshPolicy, Refresher};
/// use idporten_config::testing::VirtualClock;
///
/// let clock = VirtualClock::new(std::time::SystemTime::now());
/// let seed = snapshot(KnownEnvironment::IdportenTest, clock.now(), &["one"]);
/// let provider = MemoryProvider::new(&seed);
/// let policy = RefreshPolicy::never();
/// let refresher = Refresher::builder(seed)?.policy(policy).clock(&clock).start_with(provider)?;
/// clock.advance(Duration::from_secs(91 * 24 * 60 * 60));
/// assert_eq!(refresher.current().unwrap_err().reason(), Reason::TooStale(Limit::SeedMaxAge));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is no seed that may be served, and no fetch has succeeded yet.
    NotYetFetched,
    /// No refresh has succeeded for as long as this field of the policy allows.
    TooStale(Limit),
    /// Every key that is published is distrusted by the program.
    Distrusted,
    /// The provider publishes only private keys: every reader of them can sign tokens.
    Leaked,
    /// The refresher has ended, which it does only by a bug or where no handle is left; or this process was forked from the one
    /// that it runs in.
    Stopped,
}

/// The reason why a refresh that was asked for failed. What was served is still served, unless the provider published its private
/// keys.
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// use idporten_config::refresh::{RefreshError, Refresher};
///
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let provider = MemoryProvider::new(&seed);
/// # let refresher = Refresher::builder(seed)?.start_with(provider.clone())?;
/// provider.disconnect();
/// assert!(matches!(refresher.refresh_now(), Err(RefreshError::Failed(_))));
/// assert!(refresher.current().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RefreshError {
    /// The fetch failed; all callers that waited for it get this same error.
    Failed(Arc<FetchError>),
    /// The fetch did not end within a minute.
    TimedOut,
    /// The policy is [`RefreshPolicy::never`](super::RefreshPolicy::never).
    Never,
    /// The refresher has ended.
    Stopped,
}

/// The reason why a refresher does not start.
///
/// ```
/// use idporten_config::refresh::{Refresher, StartError};
///
/// assert!(matches!(Refresher::builder("no snapshot"), Err(StartError::Snapshot(_))));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The snapshot may not be used.
    Snapshot(SnapshotError),
    /// The policy contradicts itself.
    Policy(PolicyError),
    /// The snapshot is dated, as said, more than a day ahead of this machine's clock, and the policy makes no requests: nothing
    /// would ever be served.
    Future(String),
    /// The options or variables of the HTTP client cannot be used.
    Client(FetchError),
    /// The operating system did not create a thread.
    Thread(std::io::Error),
}

impl Unavailable {
    pub(super) fn new(reason: Reason, last_error: Option<Arc<FetchError>>) -> Self {
        Self { reason, last_error }
    }

    /// Returns the reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns the error of the last fetch, if it failed.
    #[must_use]
    pub fn last_error(&self) -> Option<&FetchError> {
        self.last_error.as_deref()
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::NotYetFetched => f.write_str("there is no seed to serve, and no fetch has succeeded yet")?,
            Reason::TooStale(limit) => write!(f, "no refresh has succeeded for longer than `{limit}` allows")?,
            Reason::Distrusted => f.write_str("every published key is distrusted")?,
            Reason::Leaked => f.write_str("the provider publishes private keys and no other")?,
            // Nothing tries again by itself after the end.
            Reason::Stopped => return f.write_str("the refresher has ended; start another"),
        }
        match &self.last_error {
            Some(error) => write!(f, " ({error}); it is tried again by itself"),
            None => {
                f.write_str("; its status says when it is tried next, and a build with a new snapshot needs no attempt")
            }
        }
    }
}

impl Error for Unavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.last_error.as_deref().map(|error| error as &(dyn Error + 'static))
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(unavailable) => unavailable.fmt(f),
            Self::Undetermined { retry_after } => {
                // Rounded up: a caller that comes back a moment too soon gets the same answer.
                let seconds = retry_after.as_secs_f64().ceil();
                write!(f, "it cannot be told now whether the provider publishes this key; ask again in {seconds} s")
            }
            Self::UnknownKey => f.write_str("the provider publishes no key for this token; refuse it"),
        }
    }
}

impl Error for LookupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable(unavailable) => unavailable.source(),
            _ => None,
        }
    }
}

impl From<Unavailable> for LookupError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl fmt::Display for RefreshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::TimedOut => {
                f.write_str("the refresh did not end within a minute; see whether the HTTP client has a limit")
            }
            Self::Never => f.write_str("the policy makes no requests; start with another one"),
            Self::Stopped => f.write_str("the refresher has ended; start another"),
        }
    }
}

impl Error for RefreshError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            _ => None,
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot(error) => error.fmt(f),
            Self::Policy(error) => write!(f, "the refresh policy cannot be used: {error}"),
            Self::Future(date) => write!(
                f,
                "the snapshot is dated {date}, more than a day ahead of this machine's clock, and the policy makes no requests; \
                 set the clock, or build with a new snapshot"
            ),
            Self::Client(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "no thread can be started: {error}; raise the limit of this process"),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Snapshot(error) => error.source(),
            Self::Policy(_) | Self::Future(_) => None,
            Self::Client(error) => error.source(),
            Self::Thread(error) => Some(error),
        }
    }
}

// A `Snapshot` converts into itself without an error, which `TryInto` expresses by this type.
impl From<std::convert::Infallible> for StartError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<SnapshotError> for StartError {
    fn from(error: SnapshotError) -> Self {
        Self::Snapshot(error)
    }
}
