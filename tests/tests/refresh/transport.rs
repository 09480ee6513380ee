//! Transports of stories, before the provider in memory.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use idporten_config::refresh::{FetchError, Response, Transport};
use idporten_config::testing::MemoryProvider;

use crate::story::{Setup, Story};

/// A story behind a gate that is open, in which all is well and the first fetch has been made.
pub(crate) fn gated(setup: Setup) -> (Story, Gate) {
    let (story, gate) = behind(setup);
    gate.open();
    (story.settle(), gate)
}

/// A story behind a gate that is shut.
pub(crate) fn behind(setup: Setup) -> (Story, Gate) {
    let provider = MemoryProvider::new(&setup.published);
    let gate = Gate::new(&provider);
    gate.shut();
    (setup.begin_through(provider, gate.clone()), gate)
}

/// A provider behind a gate: while that is shut its answers do not come, and the clock stands still.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    provider: MemoryProvider,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    open: bool,
    arrived: usize,
}

impl Gate {
    /// An open one.
    pub(crate) fn new(provider: &MemoryProvider) -> Self {
        let state = Mutex::new(State { open: true, arrived: 0 });
        Self(Arc::new(Inner { provider: provider.clone(), state, changed: Condvar::new() }))
    }

    pub(crate) fn shut(&self) {
        *self.0.state.lock().unwrap() = State { open: false, arrived: 0 };
    }

    pub(crate) fn open(&self) {
        self.0.state.lock().unwrap().open = true;
        self.0.changed.notify_all();
    }

    /// Waits until a request stands before the shut gate.
    pub(crate) fn arrival(&self) {
        let state = self.0.state.lock().unwrap();
        drop(self.0.changed.wait_while(state, |state| state.arrived == 0).unwrap());
    }
}

impl Transport for Gate {
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        let mut state = self.0.state.lock().unwrap();
        state.arrived += 1;
        self.0.changed.notify_all();
        drop(self.0.changed.wait_while(state, |state| !state.open).unwrap());
        self.0.provider.get(url, timeout)
    }
}

/// A transport that is a function.
pub(crate) struct Own<F>(pub(crate) F);

impl<F: Fn(&str, Duration) -> Result<Response, FetchError> + Send + Sync + 'static> Transport for Own<F> {
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        self.0(url, timeout)
    }
}
