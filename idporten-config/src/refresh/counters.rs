//! The counters since the start, used by both the state that counts and the status that shows them.

use std::any::Any;

use serde::Serialize;

use super::error::LookupError;
use super::schedule::Cause;

/// The counters of a refresher since its start. None of them goes down.
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::refresh::Refresher;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
/// refresher.refresh_now()?;
/// let counters = refresher.status().counters;
/// assert_eq!((counters.forced_fetches, counters.succeeded_fetches, counters.failed_fetches), (1, 1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Counters {
    /// Fetches that began because they were due.
    pub due_fetches: u64,
    /// Fetches that unknown kids asked for.
    pub unknown_kid_fetches: u64,
    /// Fetches that kids asked for which were served and have left the set.
    pub vanished_kid_fetches: u64,
    /// Fetches that bad signatures asked for.
    pub bad_signature_fetches: u64,
    /// Fetches that the program asked for.
    pub forced_fetches: u64,
    /// Fetches that succeeded, for any reason.
    pub succeeded_fetches: u64,
    /// Fetches that failed, for any reason.
    pub failed_fetches: u64,
    /// Look-ups that ended with [`LookupError::UnknownKey`].
    pub unknown_keys: u64,
    /// Look-ups that ended with [`LookupError::Undetermined`].
    pub undetermined: u64,
    /// Look-ups that ended with [`LookupError::Unavailable`].
    pub unavailable: u64,
    /// Writes and removals of the store that failed.
    pub failed_store_writes: u64,
    /// Panics of a transport, a log subscriber or a waker.
    pub panics: u64,
    /// Events that a receiver did not get because its queue was full.
    pub missed_events: u64,
}

impl Counters {
    pub(super) fn begun(&mut self, cause: Cause) {
        *match cause {
            Cause::Due => &mut self.due_fetches,
            Cause::UnknownKid => &mut self.unknown_kid_fetches,
            Cause::VanishedKid => &mut self.vanished_kid_fetches,
            Cause::BadSignature => &mut self.bad_signature_fetches,
            Cause::Forced => &mut self.forced_fetches,
        } += 1;
    }

    pub(super) fn count(&mut self, error: &LookupError) {
        *match error {
            LookupError::UnknownKey => &mut self.unknown_keys,
            LookupError::Undetermined { .. } => &mut self.undetermined,
            LookupError::Unavailable(_) => &mut self.unavailable,
        } += 1;
    }

    pub(super) fn count_panic(&mut self, panic: Box<dyn Any + Send>) {
        self.panics += 1;
        // A payload may panic again when it is dropped.
        std::mem::forget(panic);
    }
}
