//! A provider that answers by a script.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use idporten_config::Snapshot;
use idporten_config::document::json::Value;
use idporten_config::fetch::{FetchError, Response, Transport};
use idporten_config::testing::{VirtualClock, jwks, signing_key};

use super::watch::Watch;
use super::{KIDS, Script};

const STATUSES: [u16; 11] = [200, 204, 304, 301, 400, 404, 429, 500, 502, 503, 504];
const TYPES: [&str; 5] =
    ["", "text/html", "application/json; charset=utf-8", "application/jwk-set+json", "application/jsonp"];

/// Returns the keys of a byte: a bit for each of four kids, and for each the variant.
pub(super) fn keys(byte: u8) -> Vec<Value> {
    let kids = (0..4).filter(|bit| byte & (1 << bit) != 0);
    kids.map(|bit| signing_key(KIDS[bit], u32::from(byte >> (4 + bit) & 1))).collect()
}

/// The provider. Clones share one.
#[derive(Clone)]
pub(super) struct Scripted {
    state: Arc<Mutex<State>>,
    clock: VirtualClock,
    watch: Watch,
    well_known_url: Arc<str>,
}

/// The documents and the behaviour, of the metadata and of the keys.
struct State {
    documents: [Vec<u8>; 2],
    behaviour: [Behaviour; 2],
    metadata: Vec<u8>,
}

#[derive(Clone, Default)]
struct Behaviour {
    disconnects: bool,
    status: Option<u16>,
    content_type: Option<&'static str>,
    delay: Duration,
    age: Option<Duration>,
    /// The `Date`, by its distance from the clock, and whether it is ahead.
    date: Option<(Duration, bool)>,
    is_mirror: bool,
    passes_date: bool,
    retry_after: Option<Duration>,
}

impl Scripted {
    pub(super) fn new(seed: &Snapshot, clock: &VirtualClock, watch: &Watch) -> Self {
        let metadata = Value::from(seed.metadata_json().clone()).to_string().into_bytes();
        let keys = seed.jwks_json().map(Value::to_string).unwrap_or_default().into_bytes();
        let behaviour = [Behaviour::default(), Behaviour::default()];
        let state = State { documents: [metadata.clone(), keys], behaviour, metadata };
        let well_known_url = seed.provider().well_known_url().into();
        Self { state: Arc::new(Mutex::new(state)), clock: clock.clone(), watch: watch.clone(), well_known_url }
    }

    pub(super) fn publish(&self, keys: Vec<Value>) {
        let mut state = self.state();
        state.documents = [state.metadata.clone(), jwks(keys).to_string().into_bytes()];
    }

    /// Changes some bytes of a document, or cuts it.
    pub(super) fn damage(&self, script: &mut Script<'_>) {
        let mut state = self.state();
        let document = &mut state.documents[usize::from(script.byte() % 2)];
        if document.is_empty() {
            return;
        }
        for _ in 0..script.byte() % 4 {
            let place = usize::from(script.number()) % document.len();
            document[place] = script.byte();
        }
        if script.byte() % 4 == 3 {
            document.truncate(usize::from(script.number()) % document.len());
        }
    }

    /// Sets how one document is answered.
    pub(super) fn behave(&self, script: &mut Script<'_>) {
        let which = usize::from(script.byte() % 2);
        let set = script.byte();
        let flag = |bit: u8| set & (1 << bit) != 0;
        let seconds = |script: &mut Script<'_>| Duration::from_secs(script.number().into());
        let behaviour = Behaviour {
            disconnects: flag(0) && flag(1),
            status: flag(0).then(|| STATUSES[usize::from(script.byte()) % STATUSES.len()]),
            content_type: flag(2).then(|| TYPES[usize::from(script.byte()) % TYPES.len()]),
            delay: if flag(3) { Duration::from_millis(script.number().into()) } else { Duration::ZERO },
            age: flag(4).then(|| seconds(script)),
            date: flag(5).then(|| (seconds(script), script.byte() % 4 == 3)),
            is_mirror: flag(6),
            passes_date: flag(7),
            retry_after: (flag(0) && flag(2)).then(|| seconds(script)),
        };
        self.state().behaviour[which] = behaviour;
    }

    /// Answers well from now on, with the keys that are published.
    pub(super) fn recover(&self) {
        let mut state = self.state();
        let State { documents, behaviour, metadata } = &mut *state;
        *behaviour = [Behaviour::default(), Behaviour::default()];
        documents[0].clone_from(metadata);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Scripted {
    fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError> {
        let which = usize::from(*url != *self.well_known_url);
        self.watch.settle();
        let (behaviour, document) = {
            let state = self.state();
            (state.behaviour[which].clone(), state.documents[which].clone())
        };
        if !behaviour.delay.is_zero() {
            self.clock.sleep(behaviour.delay.min(timeout));
        }
        if behaviour.disconnects || behaviour.delay >= timeout {
            return Err(FetchError::network(url, "no answer"));
        }
        self.watch.answered(which, &document);
        Ok(behaviour.respond(url, document, self.clock.now()))
    }
}

impl Behaviour {
    fn respond(self, url: &str, document: Vec<u8>, now: SystemTime) -> Response {
        let date = self.date.map(|(distance, ahead)| if ahead { now + distance } else { now - distance });
        let kind = self.content_type.unwrap_or("application/json");
        let response = Response::new(self.status.unwrap_or(200), kind, document)
            .with_age(self.age)
            .with_date(date)
            .with_passed_date(self.passes_date)
            .with_retry_after(self.retry_after);
        if self.is_mirror { response.via_mirror(format!("https://mirror.example/{}", &url[8..])) } else { response }
    }
}
