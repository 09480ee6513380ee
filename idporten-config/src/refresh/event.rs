//! What happens, for whoever wants to be told.

use std::sync::Arc;

use super::schedule::{Cause, Health, Limit};
use crate::document::compare::{Change, Comparison};
use crate::fetch::FetchError;

/// Something that happened. It is told in order, outside any lock. For a channel, send a clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A fetch begins.
    #[non_exhaustive]
    Started {
        /// Why.
        cause: Cause,
    },
    /// A fetch succeeded, and what it brought is served.
    #[non_exhaustive]
    Refreshed {
        /// What is different now; nothing, most days. Rotations of keys are among it.
        changes: Comparison,
    },
    /// A fetch failed. What was served goes on being served.
    #[non_exhaustive]
    Failed {
        /// How.
        error: Arc<FetchError>,
        /// How many have failed since the last success, this one included.
        consecutive_failures: u32,
    },
    /// What was held may be served no longer.
    #[non_exhaustive]
    Expired {
        /// The field of the policy that says so.
        limit: Limit,
    },
    /// The health is another than before.
    #[non_exhaustive]
    HealthChanged {
        /// What it was.
        from: Health,
        /// What it is.
        to: Health,
    },
    /// The constants that differ from the live document are others than before.
    #[non_exhaustive]
    Drifted {
        /// All that differ now.
        drift: Vec<Change>,
    },
    /// The store cannot be read or written, or can again. Nothing else is disturbed by it.
    #[non_exhaustive]
    StoreChanged {
        /// What is wrong with it; nothing where it works again.
        error: Option<String>,
    },
}

#[cfg(feature = "tracing")]
impl Event {
    /// Writes it to the log: what is normal below `WARN`, and a warning once for each change of state.
    pub(super) fn log(&self, environment: &str) {
        match self {
            Self::Started { cause } => tracing::debug!(environment, ?cause, "fetching"),
            Self::Refreshed { changes } if changes.is_empty() => tracing::debug!(environment, "refreshed, unchanged"),
            Self::Refreshed { changes } => tracing::info!(environment, changes = changes.summary(), "refreshed"),
            Self::Failed { error, consecutive_failures: 1 } => tracing::warn!(environment, %error, "refresh failed"),
            Self::Failed { error, consecutive_failures } => {
                tracing::debug!(environment, %error, consecutive_failures, "refresh failed again");
            }
            Self::Expired { limit } => tracing::debug!(environment, %limit, "too stale to be served"),
            Self::HealthChanged { from, to: Health::Ok } => tracing::info!(environment, ?from, "health is ok"),
            Self::HealthChanged { from, to: Health::Failing } => {
                tracing::error!(environment, ?from, "nothing is served any more");
            }
            Self::HealthChanged { from, to } => tracing::warn!(environment, ?from, ?to, "health changed"),
            Self::Drifted { drift } if drift.is_empty() => tracing::info!(environment, "no constant differs any more"),
            Self::Drifted { drift } => {
                tracing::warn!(environment, count = drift.len(), "constants differ from the live document");
            }
            Self::StoreChanged { error: Some(error) } => tracing::warn!(environment, error, "the store does not work"),
            Self::StoreChanged { error: None } => tracing::info!(environment, "the store works again"),
        }
    }
}
