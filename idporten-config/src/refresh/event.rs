//! Events, and the queues of those who receive them.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use super::schedule::{Cause, Health, Limit};
use crate::document::compare::{Change, Comparison};
use crate::fetch::FetchError;

/// The length of a receiver's queue. A receiver that is further behind misses events, so that it cannot use up memory.
const QUEUE: usize = 1_024;

/// A change of a refresher, received through [`Refresher::events`](super::Refresher::events). Its [`Display`](fmt::Display) form
/// is a line for a log.
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// use idporten_config::refresh::{Event, Refresher};
///
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let provider = MemoryProvider::new(&seed);
/// # let refresher = Refresher::builder(seed)?.start_with(provider.clone())?;
/// let events = refresher.events();
/// provider.publish_keys(&["two"]);
/// refresher.refresh_now()?;
/// let changes = events.iter().find_map(|event| match event {
///     Event::Refreshed { changes, .. } => Some(changes.summary()),
///     _ => None,
/// });
/// assert_eq!(changes.as_deref(), Some("2 key rotations"), "one key came, and one left");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A fetch begins.
    #[non_exhaustive]
    Started {
        /// The reason for the fetch.
        cause: Cause,
    },
    /// A fetch succeeded, and its documents are served.
    #[non_exhaustive]
    Refreshed {
        /// The differences from the documents before, rotations of keys among them; on most days none.
        changes: Comparison,
    },
    /// A fetch failed. What was served continues to be served, unless the provider published its private keys.
    #[non_exhaustive]
    Failed {
        /// The error.
        error: Arc<FetchError>,
        /// The number of failures since the last success, this one included.
        consecutive_failures: u32,
    },
    /// The held configuration is no longer served.
    #[non_exhaustive]
    Expired {
        /// The field of the policy whose limit was reached.
        limit: Limit,
    },
    /// The health changed.
    #[non_exhaustive]
    HealthChanged {
        /// The health before.
        from: Health,
        /// The health now.
        to: Health,
    },
    /// The set of generated constants that differ from the live document changed.
    #[non_exhaustive]
    Drifted {
        /// All that differ now.
        drift: Vec<Change>,
    },
    /// The store stopped working, works again, or fails with another error. Serving does not depend on it.
    #[non_exhaustive]
    StoreChanged {
        /// The error; `None` where the store works again.
        error: Option<String>,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { cause } => write!(f, "fetching: {}", cause.as_str()),
            Self::Refreshed { changes } if changes.is_empty() => f.write_str("refreshed, unchanged"),
            Self::Refreshed { changes } => write!(f, "refreshed: {}", changes.summary()),
            Self::Failed { error, consecutive_failures: 1 } => write!(f, "refresh failed: {error}"),
            Self::Failed { error, consecutive_failures } => {
                write!(f, "refresh failed {consecutive_failures} times in a row: {error}")
            }
            Self::Expired { limit } => write!(f, "older than `{limit}` allows, and no longer served"),
            Self::HealthChanged { from, to } => write!(f, "health changed from {} to {}", from.as_str(), to.as_str()),
            Self::Drifted { drift } if drift.is_empty() => f.write_str("no generated constant differs any more"),
            Self::Drifted { drift } => {
                write!(f, "generated constants differ from the live document: {}", drift.len())
            }
            Self::StoreChanged { error: Some(error) } => write!(f, "the store does not work: {error}"),
            Self::StoreChanged { error: None } => f.write_str("the store works again"),
        }
    }
}

#[cfg(feature = "tracing")]
impl Event {
    /// Writes the event to the log. Normal events are below `WARN`, and each change of state is one warning.
    pub(super) fn log(&self, environment: &str) {
        // Only the first failure in a row is a warning. An outage of days has hundreds, and the change of health is one more.
        match self {
            Self::HealthChanged { to: Health::Failing, .. } => tracing::error!(environment, "{self}"),
            Self::HealthChanged { to: Health::Ok, .. } | Self::StoreChanged { error: None } => {
                tracing::info!(environment, "{self}");
            }
            Self::Drifted { drift } if drift.is_empty() => tracing::info!(environment, "{self}"),
            Self::Refreshed { changes } if !changes.is_empty() => tracing::info!(environment, "{self}"),
            Self::Failed { consecutive_failures: 1, .. }
            | Self::HealthChanged { .. }
            | Self::Drifted { .. }
            | Self::StoreChanged { .. } => tracing::warn!(environment, "{self}"),
            Self::Started { .. } | Self::Refreshed { .. } | Self::Failed { .. } | Self::Expired { .. } => {
                tracing::debug!(environment, "{self}");
            }
        }
    }
}

/// The queues of all receivers, and the events that the log still lacks.
#[derive(Default)]
pub(super) struct Events {
    receivers: Vec<SyncSender<Event>>,
    #[cfg(feature = "tracing")]
    pub(super) unlogged: Vec<Event>,
}

impl Events {
    pub(super) fn subscribe(&mut self) -> Receiver<Event> {
        let (sender, receiver) = sync_channel(QUEUE);
        self.receivers.push(sender);
        receiver
    }

    /// Queues the event for each receiver that is left, without waiting for any. Returns the number of receivers that had no room.
    pub(super) fn send(&mut self, event: &Event) -> u64 {
        let mut missed = 0;
        self.receivers.retain(|queue| {
            // The queue is bounded and the newest event is lost: the standard channel cannot drop the oldest, and to wait for room
            // would let one receiver that is not read stop the refresher.
            let sent = queue.try_send(event.clone());
            missed += u64::from(matches!(sent, Err(TrySendError::Full(_))));
            !matches!(sent, Err(TrySendError::Disconnected(_)))
        });
        #[cfg(feature = "tracing")]
        self.unlogged.push(event.clone());
        missed
    }

    /// Ends all queues: each receiver gets what is in its queue, and then the end.
    pub(super) fn close(&mut self) {
        self.receivers.clear();
    }
}
