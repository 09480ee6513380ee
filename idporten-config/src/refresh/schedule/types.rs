//! The types that the schedule takes and returns.

use std::fmt;
use std::time::{Duration, SystemTime};

#[cfg(doc)]
use super::Schedule;
pub use crate::clock::Now;
#[cfg(doc)]
use crate::refresh::RefreshPolicy;

/// The reason for a fetch.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
#[derive(Debug, Clone, Copy, Default)]
pub struct Success<'a> {
    /// How old the documents were when the fetch began.
    pub age: Duration,
    /// The age that the answers prove to be no lower than the true one; none where they prove nothing.
    pub proven_age: Option<Duration>,
    /// The kids of the set that was held before.
    pub kids_before: &'a [String],
    /// The kids of the new set.
    pub kids: &'a [String],
}

/// The reason why documents are too old to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outdated {
    /// They are older than [`RefreshPolicy::max_age`].
    MaxAge,
    /// They are older than what is held, which is of this age.
    Held(Duration),
}

/// The field of [`RefreshPolicy`] that limits how long documents are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`RefreshPolicy::max_age`].
    MaxAge,
    /// [`RefreshPolicy::seed_max_age`].
    SeedMaxAge,
}

/// The next step of the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Fetch now, and report the result with [`Schedule::succeeded`] or [`Schedule::failed`].
    Fetch(Cause),
    /// Report the fetch under way with [`Schedule::failed`]: it has taken longer than any fetch may.
    GiveUp,
    /// Stop serving what is held.
    Expire(Limit),
    /// Sleep until this time of the monotonic clock, or until something happens.
    Sleep(Duration),
}

/// The moment of a question, counted in fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// How many fetches had begun. A later one has seen all that was published before the question,
    pub(super) begun: u64,
    /// unless its answer is older than this time of the monotonic clock.
    pub(super) asked: Duration,
    /// The first fetch whose failure counts: the one in flight, or the next.
    pub(super) fails_with: u64,
}

/// The answer to a question for a key that is not in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A fetch is under way or about to begin: look and ask again, with this ticket, when it has ended.
    Pending(Ticket),
    /// The provider does not publish the key.
    Unknown,
    /// Whether the provider publishes the key is not known now.
    Undetermined {
        /// The time after which it is worth asking again.
        retry_after: Duration,
    },
}

/// The state of a refresher in one word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Health {
    /// Everything works.
    Ok,
    /// What is served is older than it should be: no success for two intervals, or a seed at 80 % of its age.
    Degraded,
    /// The provider has published a private key. What is served is in order, and somebody must act.
    Critical,
    /// Nothing is served, or nothing refreshes what is.
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
