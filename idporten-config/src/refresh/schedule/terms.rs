//! What the schedule is told, and what it answers.

use std::fmt;
use std::time::{Duration, SystemTime};

#[cfg(doc)]
use super::Schedule;
#[cfg(doc)]
use crate::refresh::RefreshPolicy;

/// A moment, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Since some moment: it never goes back, and it may stand still while the machine is suspended.
    pub monotonic: Duration,
    /// The time of day: it may be set.
    pub wall: SystemTime,
}

/// Why a fetch is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// It was time, or a failure is being made good.
    Due,
    /// Somebody asked for a kid that is not in the set.
    UnknownKid,
    /// A signature was reported as bad.
    BadSignature,
    /// The program asked for it.
    Forced,
}

/// Where what is served comes from.
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

/// What is served from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed {
    /// Where it comes from.
    pub source: Source,
    /// When it was as it is.
    pub as_of: SystemTime,
    /// How long it may be served.
    pub limit: Limit,
}

/// The field of [`RefreshPolicy`] that ends the serving of what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`RefreshPolicy::max_age`].
    MaxAge,
    /// [`RefreshPolicy::seed_max_age`].
    SeedMaxAge,
}

/// What the worker is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Fetch now; report with [`Schedule::succeeded`] or [`Schedule::failed`].
    Fetch(Cause),
    /// The fetch under way has not ended within a time in which every one does: report it with [`Schedule::failed`].
    GiveUp,
    /// Serve no longer what there is.
    Expire(Limit),
    /// Nothing, until this moment of the monotonic clock at the latest.
    Sleep(Duration),
}

/// The moment of a question, in fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// How many fetches had begun. A later one has seen all that was published before the question,
    pub(super) begun: u64,
    /// unless it was answered with what is older than this, by the monotonic clock.
    pub(super) asked: Duration,
    /// The first fetch whose failure counts: the one in flight, or the next.
    pub(super) fails_with: u64,
}

/// The answer to a question for a key that is not in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A fetch is under way or about to begin: look and ask again, with this, when it has ended.
    Pending(Ticket),
    /// A fetch that began after the question succeeded.
    Unknown,
    /// It cannot be told now.
    Undetermined {
        /// When it may be.
        retry_after: Duration,
    },
}

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Health {
    /// All is well.
    Ok,
    /// What is served is older than it should be: no success for two intervals, or a seed at 80 % of its age.
    Degraded,
    /// What is served is in order, and the provider has published a private key: somebody must be woken.
    Critical,
    /// Nothing is served.
    Failing,
}

impl Now {
    /// The time since then, by whichever clock says more: the monotonic one stands still while a machine is suspended, and the
    /// wall clock may be set back.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_sub(earlier.monotonic);
        monotonic.max(self.wall.duration_since(earlier.wall).unwrap_or_default())
    }
}

impl Cause {
    /// Returns the name: `unknown_kid`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::UnknownKid => "unknown_kid",
            Self::BadSignature => "bad_signature",
            Self::Forced => "forced",
        }
    }
}

impl Health {
    /// The name: `degraded`.
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
    /// The name: `network`.
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
