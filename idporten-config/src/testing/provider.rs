//! A provider in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::clock::VirtualClock;
use super::keys::{jwks, key};
use crate::document::json::Value;
use crate::document::snapshot::Snapshot;
use crate::fetch::{FetchError, Response, Transport};

/// A provider in memory, to start a refresher [with](crate::refresh::Builder::start_with). Clones share one provider: keep
/// one, and change what it publishes and how it answers. [`at`](Self::at) changes that for one URL.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use idporten_config::KnownEnvironment::IdportenTest;
/// use idporten_config::refresh::Refresher;
/// use idporten_config::testing::{MemoryProvider, VirtualClock, snapshot};
///
/// let clock = VirtualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
/// let seed = snapshot(IdportenTest, clock.now(), &["one"]);
/// let provider = MemoryProvider::new(&seed);
/// let refresher = Refresher::builder(seed)?.clock(&clock).start_with(provider.clone())?;
///
/// provider.at("https://test.idporten.no/jwks.json").fail(503);
/// assert!(refresher.refresh_now().unwrap_err().to_string().contains("jwks.json"));
/// provider.recover();
/// assert!(refresher.refresh_now().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MemoryProvider(Arc<Mutex<State>>);

/// One URL of a [`MemoryProvider`]. Its settings take precedence over those of the whole provider.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use idporten_config::KnownEnvironment::IdportenTest;
/// use idporten_config::fetch::Transport;
/// use idporten_config::testing::{MemoryProvider, snapshot};
///
/// let provider = MemoryProvider::new(&snapshot(IdportenTest, SystemTime::now(), &["one"]));
/// let keys = provider.at("https://test.idporten.no/jwks.json");
/// keys.disconnect();
/// assert!(provider.get("https://test.idporten.no/jwks.json", Duration::from_secs(1)).is_err());
/// keys.recover();
/// assert!(provider.get("https://test.idporten.no/jwks.json", Duration::from_secs(1)).is_ok());
/// ```
#[derive(Debug)]
pub struct MemoryUrl {
    provider: MemoryProvider,
    url: String,
}

struct State {
    jwks_uri: String,
    /// The documents by URL.
    documents: BTreeMap<String, String>,
    everywhere: Behaviour,
    by_url: BTreeMap<String, Behaviour>,
    requests: Vec<String>,
}

/// The settings of answers. Those of a URL that are not set are taken from the provider, or else from the defaults.
#[derive(Clone, Default)]
struct Behaviour {
    fault: Option<Fault>,
    delay: Option<(VirtualClock, Duration)>,
    age: Option<Duration>,
    date: Option<SystemTime>,
    content_type: Option<String>,
}

#[derive(Clone, Copy)]
enum Fault {
    Status(u16, Option<Duration>),
    Unreachable,
}

impl Behaviour {
    fn over(self, other: Self) -> Self {
        Self {
            fault: self.fault.or(other.fault),
            delay: self.delay.or(other.delay),
            age: self.age.or(other.age),
            date: self.date.or(other.date),
            content_type: self.content_type.or(other.content_type),
        }
    }
}

impl MemoryUrl {
    /// Answers with this status from now on.
    pub fn fail(&self, status: u16) {
        self.set(|behaviour| behaviour.fault = Some(Fault::Status(status, None)));
    }

    /// Fails every request with a connection error from now on.
    pub fn disconnect(&self) {
        self.set(|behaviour| behaviour.fault = Some(Fault::Unreachable));
    }

    /// Takes this long for each answer from now on, by this clock.
    pub fn delay(&self, clock: &VirtualClock, time: Duration) {
        self.set(|behaviour| behaviour.delay = Some((clock.clone(), time)));
    }

    /// States this `Age` from now on, as a mirror does.
    pub fn state_age(&self, age: Duration) {
        self.set(|behaviour| behaviour.age = Some(age));
    }

    /// States this `Date` from now on, as a mirror does.
    pub fn state_date(&self, date: SystemTime) {
        self.set(|behaviour| behaviour.date = Some(date));
    }

    /// States this `Content-Type` from now on; empty for none.
    pub fn state_content_type(&self, content_type: &str) {
        self.set(|behaviour| behaviour.content_type = Some(content_type.to_owned()));
    }

    /// Removes the settings of this URL, so that it answers as the whole provider does.
    pub fn recover(&self) {
        self.provider.state().by_url.remove(&self.url);
    }

    fn set(&self, set: impl FnOnce(&mut Behaviour)) {
        set(self.provider.state().by_url.entry(self.url.clone()).or_default());
    }
}

impl MemoryProvider {
    /// Makes a provider that publishes the documents of a snapshot.
    #[must_use]
    pub fn new(snapshot: &Snapshot) -> Self {
        let provider = Self(Arc::new(Mutex::new(State {
            jwks_uri: String::new(),
            documents: BTreeMap::new(),
            everywhere: Behaviour::default(),
            by_url: BTreeMap::new(),
            requests: Vec::new(),
        })));
        provider.publish(snapshot);
        provider
    }

    /// Returns one URL, to set how it answers.
    #[must_use]
    pub fn at(&self, url: impl Into<String>) -> MemoryUrl {
        MemoryUrl { provider: self.clone(), url: url.into() }
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

    /// States this `Age` from now on, as a mirror does.
    pub fn state_age(&self, age: Duration) {
        self.state().everywhere.age = Some(age);
    }

    /// Answers with this status from now on.
    pub fn fail(&self, status: u16) {
        self.state().everywhere.fault = Some(Fault::Status(status, None));
    }

    /// Answers with status 503 from now on, and asks for no request during this time (`Retry-After`).
    pub fn fail_for(&self, retry_after: Duration) {
        self.state().everywhere.fault = Some(Fault::Status(503, Some(retry_after)));
    }

    /// Fails every request with a connection error from now on.
    pub fn disconnect(&self) {
        self.state().everywhere.fault = Some(Fault::Unreachable);
    }

    /// Takes this long for each answer from now on, by this clock. A caller whose limit is shorter gets no answer.
    pub fn delay(&self, clock: &VirtualClock, time: Duration) {
        self.state().everywhere.delay = Some((clock.clone(), time));
    }

    /// Answers without fault or delay from now on, at every URL.
    pub fn recover(&self) {
        let mut state = self.state();
        let State { everywhere, by_url, .. } = &mut *state;
        for behaviour in by_url.values_mut().chain([everywhere]) {
            (behaviour.fault, behaviour.delay) = (None, None);
        }
    }

    /// Returns the URLs that were asked for so far, in order.
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
        let behaviour = {
            let mut state = self.state();
            state.requests.push(url.to_owned());
            let of_url = state.by_url.get(url).cloned().unwrap_or_default();
            of_url.over(state.everywhere.clone())
        };
        if let Some((clock, time)) = behaviour.delay {
            clock.sleep(time.min(timeout));
            if time >= timeout {
                return Err(FetchError::network(url, "no answer within the time allowed"));
            }
        }
        let content_type = behaviour.content_type.unwrap_or_else(|| "application/json".to_owned());
        let response = match (behaviour.fault, self.state().documents.get(url)) {
            (Some(Fault::Unreachable), _) => return Err(FetchError::network(url, "out of reach")),
            (Some(Fault::Status(status, retry_after)), _) => {
                Response::new(status, content_type, "").with_retry_after(retry_after)
            }
            (None, None) => Response::new(404, "", ""),
            (None, Some(text)) => Response::new(200, content_type, text.as_str()),
        };
        Ok(response.with_age(behaviour.age).with_date(behaviour.date))
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
