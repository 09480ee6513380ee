//! Changes of the store, one at a time and the latest last.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Store;
use crate::refresh::config::ProviderConfig;
use crate::refresh::state::Shared;
use crate::refresh::sync::{Arc, thread};
use crate::refresh::worker::Busy;

/// The duration after which a write is reported as hanging. It is not given up, since nothing can end it.
const SLOW: Duration = Duration::from_secs(10);

/// A change of the store.
pub(in crate::refresh) enum Change {
    Keep(std::sync::Arc<ProviderConfig>),
    /// Removes the file: its private keys have leaked.
    Forget,
}

/// The only writer of a store. While one change is made, the next waits, and is replaced by a later one: with a thread for each
/// change, the older of two could be the last to reach the disk.
pub(in crate::refresh) struct Writer {
    store: Store,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: Option<Change>,
    /// The time on the monotonic clock at which the change under way began.
    since: Option<Duration>,
}

impl Writer {
    pub(in crate::refresh) fn new(store: Store) -> Self {
        Self { store, state: Mutex::default() }
    }

    /// Queues the change, for a thread that ends when there is nothing more to write. A disk that hangs costs one thread.
    pub(in crate::refresh) fn put(self: &std::sync::Arc<Self>, shared: &Arc<Shared>, change: Change) {
        let now = shared.clock.now().monotonic;
        let mut state = self.state();
        state.next = Some(change);
        if let Some(since) = state.since {
            if now.saturating_sub(since) > SLOW {
                let reason = "is still being written after some time; see whether its disk hangs";
                shared.core().store_error = Some(self.store.named(reason));
            }
            return;
        }
        state.since = Some(now);
        let (writer, busy) = (std::sync::Arc::clone(self), Busy::new(shared));
        let run = move || while writer.write_next(busy.shared()) {};
        if let Err(error) = thread::Builder::new().name("idporten-config-store".to_owned()).spawn(run) {
            *state = State::default();
            let reason = format!("cannot be written, since no thread can be started: {error}; raise the limit");
            Self::record(shared, Err(self.store.named(&reason)));
        }
    }

    /// Makes the next change. Returns false if there is none, so that this thread ends.
    fn write_next(&self, shared: &Shared) -> bool {
        let Some(change) = self.take(shared.clock.now().monotonic) else { return false };
        let result = match change {
            Change::Keep(config) => self.store.save(&shared.stored_form(config.documents())),
            Change::Forget => self.store.remove(shared.seed.provider()),
        };
        Self::record(shared, result);
        true
    }

    /// Takes the next change or marks the writer as gone, in one step under the lock: a change that is queued later starts another
    /// writer.
    fn take(&self, now: Duration) -> Option<Change> {
        let mut state = self.state();
        let next = state.next.take();
        state.since = next.is_some().then_some(now);
        next
    }

    /// Records the result. The error is that of the last change, since an earlier one does not matter once the file is right.
    fn record(shared: &Shared, result: Result<(), String>) {
        let mut core = shared.core();
        core.counters.failed_store_writes += u64::from(result.is_err());
        core.store_error = result.err();
        drop(core);
        shared.clock.wake();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
