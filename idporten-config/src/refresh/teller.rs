//! Telling of events, on a thread of its own: a listener or a log that takes its time holds up nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::event::Event;
use super::state::Shared;
use super::sync::{Arc, thread};

/// What is told of events.
pub(super) type OnEvent = Box<dyn Fn(&Event) + Send>;

/// How far behind a listener may be.
const MAX_BEHIND: usize = 1_024;

/// The worker's end of it.
pub(super) struct Teller {
    shared: Arc<Shared>,
    events: SyncSender<Event>,
}

impl Teller {
    /// Starts the thread. It ends with the teller, when all has been told.
    pub(super) fn spawn(shared: Arc<Shared>, on_event: Option<OnEvent>) -> std::io::Result<Self> {
        let (events, told) = sync_channel(MAX_BEHIND);
        let listening = Arc::clone(&shared);
        let run = move || listen(&listening, &told, on_event.as_deref());
        thread::Builder::new().name("idporten-config-events".to_owned()).spawn(run)?;
        Ok(Self { shared, events })
    }

    pub(super) fn tell(&self, event: Event) {
        self.shared.clock.enter();
        if self.events.try_send(event).is_err() {
            self.shared.clock.leave();
            self.shared.core().counters.missed_events += 1;
        }
    }
}

fn listen(shared: &Shared, told: &Receiver<Event>, on_event: Option<&(dyn Fn(&Event) + Send)>) {
    for event in told {
        #[cfg(feature = "tracing")]
        shielded(shared, || event.log(shared.seed.provider().slug()));
        shielded(shared, || on_event.into_iter().for_each(|on_event| on_event(&event)));
        shared.clock.leave();
    }
}

fn shielded(shared: &Shared, tell: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(tell)) {
        shared.core().counters.count_panic(panic);
    }
}
