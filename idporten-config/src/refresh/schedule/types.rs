//! The types that the schedule takes and returns.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Serialize;

pub use crate::clock::Now;

/// The reason for a fetch.
///
/// ```
/// use idporten_config::refresh::Cause;
///
/// assert_eq!(Cause::UnknownKid.as_str(), "unknown_kid");
/// assert!(Cause::UnknownKid.needs_revalidation() && !Cause::Due.needs_revalidation());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The timed refresh is due, or is retried after a failure.
    Due,
    /// A look-up asked for a kid that is not in the set.
    UnknownKid,
    /// A look-up asked for a kid that was served and has left the set: the fetch confirms that.
    VanishedKid,
    /// A signature was reported as bad.
    BadSignature,
    /// The program asked for a refresh.
    Forced,
}

/// The place that the served documents come from.
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// use idporten_config::refresh::{Refresher, Source};
///
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let provider = MemoryProvider::new(&seed);
/// # let refresher = Refresher::builder(seed)?.start_with(provider.clone())?;
/// assert_eq!(refresher.status().source, Some(Source::Baked));
/// refresher.refresh_now()?;
/// assert_eq!(refresher.status().source, Some(Source::Network));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// The snapshot that was compiled in.
    Baked,
    /// The file of an earlier process.
    Stored,
    /// The provider.
    Network,
}

/// The documents that are served from the start.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use idporten_config::refresh::RefreshPolicy;
/// use idporten_config::refresh::schedule::{Limit, Now, Schedule, Seed, Source};
///
/// let start = Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH + Duration::from_secs(100) };
/// let seed = Seed { source: Source::Baked, as_of: SystemTime::UNIX_EPOCH, limit: Limit::SeedMaxAge };
/// let schedule = Schedule::new(RefreshPolicy::default(), 42, start, Some(seed));
/// assert_eq!(schedule.age(start), Some(Duration::from_secs(100)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed {
    /// The place that they come from.
    pub source: Source,
    /// The time at which the provider served them.
    pub as_of: SystemTime,
    /// The field of the policy that says how long they may be served.
    pub limit: Limit,
}

/// The result of a fetch that succeeded, as far as the schedule needs it.
///
/// ```
/// use std::time::Duration;
///
/// use idporten_config::refresh::schedule::Success;
///
/// let success = Success::of_age(Duration::from_secs(30));
/// assert_eq!(success.proven_age, Some(success.age));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Success<'a> {
    /// The age of the documents when the fetch began.
    pub age: Duration,
    /// The age that the answers prove, in whole seconds of an `Age`; `None` if they prove nothing.
    pub proven_age: Option<Duration>,
    /// The kids of the set that was held before.
    pub kids_before: &'a [String],
    /// The kids of the new set.
    pub kids: &'a [String],
}

/// The reason why documents are too old to be used.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use idporten_config::refresh::RefreshPolicy;
/// use idporten_config::refresh::schedule::{Now, Outdated, Schedule};
///
/// let start = Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH };
/// let policy = RefreshPolicy::default();
/// let max_age = policy.max_age;
/// let schedule = Schedule::new(policy, 42, start, None);
/// assert_eq!(schedule.outdated(max_age), Some(Outdated::MaxAge));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outdated {
    /// They are older than [`max_age`](crate::refresh::RefreshPolicy::max_age).
    MaxAge,
    /// They are older than what is held, which is of this age.
    Held(Duration),
}

/// The field of [`RefreshPolicy`](crate::refresh::RefreshPolicy) that limits how long documents are served.
///
/// ```
/// use idporten_config::refresh::Limit;
///
/// assert_eq!(Limit::SeedMaxAge.to_string(), "seed_max_age");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`max_age`](crate::refresh::RefreshPolicy::max_age).
    MaxAge,
    /// [`seed_max_age`](crate::refresh::RefreshPolicy::seed_max_age).
    SeedMaxAge,
}

/// The next step of the worker.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use idporten_config::refresh::RefreshPolicy;
/// use idporten_config::refresh::schedule::{Action, Cause, Now, Schedule};
///
/// let start = Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH };
/// let mut schedule = Schedule::new(RefreshPolicy::default(), 42, start, None);
/// assert_eq!(schedule.poll(start), Action::Fetch(Cause::Due));
/// schedule.failed(start, None, false);
/// assert!(matches!(schedule.poll(start), Action::Sleep(_)), "the next attempt is later");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Fetch now, and report the result with [`succeeded`](super::Schedule::succeeded) or [`failed`](super::Schedule::failed).
    Fetch(Cause),
    /// Report the fetch under way with [`failed`](super::Schedule::failed): it has taken longer than any fetch may.
    GiveUp,
    /// Stop serving what is held.
    Expire(Limit),
    /// Sleep until this time of the monotonic clock, or until something happens. Where that clock may stand still while the wall
    /// clock goes on, look again in between.
    Sleep(Duration),
}

/// The moment of a question, counted in fetches. [`Answer`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The number of fetches that had begun. A later one has seen all that was published before the question, unless a cache
    /// answered it.
    pub(super) begun: u64,
    /// The time of the question on the monotonic clock. An answer that was generated before it decides nothing.
    pub(super) asked: Duration,
    /// The first fetch whose failure counts: the one in flight, or the next.
    pub(super) fails_with: u64,
}

/// The answer to a question for a key that is not in the set.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use idporten_config::refresh::RefreshPolicy;
/// use idporten_config::refresh::schedule::{Answer, Now, Schedule, Success};
///
/// let start = Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH };
/// let mut schedule = Schedule::new(RefreshPolicy::default(), 42, start, None);
/// let Answer::Pending(ticket) = schedule.ask(start, "one", None, true) else { panic!("a fetch is due") };
/// schedule.poll(start);
/// schedule.succeeded(&Success::of_age(Duration::ZERO));
/// assert_eq!(schedule.ask(start, "one", Some(ticket), true), Answer::Unknown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A fetch is under way or about to begin: look and ask again, with this ticket, when it has ended.
    Pending(Ticket),
    /// The provider does not publish the key.
    Unknown,
    /// It is not known now whether the provider publishes the key.
    Undetermined {
        /// The time after which it is worth asking again.
        retry_after: Duration,
    },
}

/// The state of a refresher in one word.
///
/// ```
/// use idporten_config::refresh::Health;
///
/// assert!(Health::Critical > Health::Degraded, "the worse state is the greater one");
/// assert_eq!(Health::Failing.as_str(), "failing");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Health {
    /// Everything works.
    Ok,
    /// The served documents are older than they should be: no success for two intervals, or a seed at 80 % of its maximum age.
    Degraded,
    /// The provider has published a private key, which is not served. An operator must act.
    Critical,
    /// Nothing is served, or nothing refreshes what is.
    // The worst is the default: a status of which nothing is known must not read as healthy.
    #[default]
    Failing,
}

impl Cause {
    /// Returns the name in lower case, such as `unknown_kid`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::UnknownKid => "unknown_kid",
            Self::VanishedKid => "vanished_kid",
            Self::BadSignature => "bad_signature",
            Self::Forced => "forced",
        }
    }

    /// Returns whether a cache must not answer from what it keeps (RFC 9111 section 5.2.1.4): the fetch is made to learn of a
    /// key that may have changed a moment ago.
    #[must_use]
    pub const fn needs_revalidation(self) -> bool {
        // The others need no more than what a cache keeps. A forced refresh may be made by all instances of a fleet at once, which
        // a cache in front of it is there to answer.
        matches!(self, Self::UnknownKid | Self::VanishedKid | Self::BadSignature)
    }
}

impl Success<'_> {
    /// Returns a success with documents of this age, which the answers prove.
    #[must_use]
    pub fn of_age(age: Duration) -> Self {
        Self { age, proven_age: Some(age), ..Self::default() }
    }
}

impl Health {
    /// Returns the name in lower case, such as `degraded`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Critical => "critical",
            Self::Failing => "failing",
        }
    }
}

impl Source {
    /// Returns the name in lower case, such as `network`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Baked => "baked",
            Self::Stored => "stored",
            Self::Network => "network",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MaxAge => "max_age",
            Self::SeedMaxAge => "seed_max_age",
        })
    }
}
