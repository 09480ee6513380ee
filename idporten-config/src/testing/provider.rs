//! A provider in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::VirtualClock;
use super::keys::{jwks, key};
use crate::document::json::Value;
use crate::document::snapshot::Snapshot;
use crate::fetch::{FetchError, Response, Transport};

/// A provider in memory, to start a refresher [with](crate::refresh::Builder::start_with). Clones are the same provider: keep
/// one, and change what it publishes.
#[derive(Clone)]
pub struct MemoryProvider(Arc<Mutex<State>>);

struct State {
    jwks_uri: String,
    /// By URL.
    documents: BTreeMap<String, String>,
    manner: Manner,
    delay: Option<(VirtualClock, Duration)>,
    age: Option<Duration>,
    requests: Vec<String>,
}

#[derive(Clone, Copy)]
enum Manner {
    Well,
    Failing(u16, Option<Duration>),
    Unreachable,
}

impl MemoryProvider {
    /// A provider that publishes the documents of a snapshot.
    #[must_use]
    pub fn new(snapshot: &Snapshot) -> Self {
        let provider = Self(Arc::new(Mutex::new(State {
            jwks_uri: String::new(),
            documents: BTreeMap::new(),
            manner: Manner::Well,
            delay: None,
            age: None,
            requests: Vec::new(),
        })));
        provider.publish(snapshot);
        provider
    }

    /// Publishes the documents of another snapshot from now on.
    pub fn publish(&self, snapshot: &Snapshot) {
        let mut state = self.state();
        state.jwks_uri = snapshot.metadata().jwks_uri.clone().unwrap_or_default();
        let metadata = Value::from(snapshot.metadata_json().clone()).to_string();
        let keys = snapshot.jwks_json().map(Value::to_string).unwrap_or_default();
        let url = state.jwks_uri.clone();
        state.documents = BTreeMap::from([(snapshot.provider().well_known_url().to_owned(), metadata), (url, keys)]);
    }

    /// Publishes these keys from now on, each a [`key`] of variant 0.
    pub fn publish_keys(&self, kids: &[&str]) {
        self.publish_jwks(&jwks(kids.iter().map(|kid| key(kid, 0))));
    }

    /// Publishes this key set from now on.
    pub fn publish_jwks(&self, jwks: &Value) {
        let url = self.state().jwks_uri.clone();
        self.publish_text(url, jwks.to_string());
    }

    /// Answers with this text at this URL from now on, whatever it is.
    pub fn publish_text(&self, url: impl Into<String>, text: impl Into<String>) {
        self.state().documents.insert(url.into(), text.into());
    }

    /// Says that its answers are so old (`Age`) from now on, as a mirror does.
    pub fn state_age(&self, age: Duration) {
        self.state().age = Some(age);
    }

    /// Answers with this status from now on.
    pub fn fail(&self, status: u16) {
        self.state().manner = Manner::Failing(status, None);
    }

    /// Answers with status 503 from now on, and asks to be left alone for this long (`Retry-After`).
    pub fn fail_for(&self, retry_after: Duration) {
        self.state().manner = Manner::Failing(503, Some(retry_after));
    }

    /// Is out of reach from now on.
    pub fn disconnect(&self) {
        self.state().manner = Manner::Unreachable;
    }

    /// Takes so long for each answer from now on, by this clock; longer than a caller waits is no answer.
    pub fn delay(&self, clock: &VirtualClock, time: Duration) {
        self.state().delay = Some((clock.clone(), time));
    }

    /// Answers, and at once, from now on.
    pub fn recover(&self) {
        let mut state = self.state();
        (state.manner, state.delay) = (Manner::Well, None);
    }

    /// The URLs that were asked for so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for MemoryProvider {
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        let delay = {
            let mut state = self.state();
            state.requests.push(url.to_owned());
            state.delay.clone()
        };
        if let Some((clock, time)) = delay {
            clock.sleep(time.min(timeout));
            if time >= timeout {
                return Err(FetchError::network(url, "no answer within the time allowed"));
            }
        }
        let state = self.state();
        match (state.manner, state.documents.get(url)) {
            (Manner::Unreachable, _) => Err(FetchError::network(url, "out of reach")),
            (Manner::Failing(status, retry_after), _) => {
                Ok(Response::new(status, "application/json", "").with_retry_after(retry_after))
            }
            (Manner::Well, None) => Ok(Response::new(404, "", "")),
            (Manner::Well, Some(text)) => {
                let response = Response::new(200, "application/json", text.as_str());
                Ok(response.with_age(state.age))
            }
        }
    }
}

impl fmt::Debug for MemoryProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let urls: Vec<_> = state.documents.keys().collect();
        f.debug_struct("MemoryProvider")
            .field("urls", &urls)
            .field("requests", &state.requests.len())
            .finish_non_exhaustive()
    }
}
