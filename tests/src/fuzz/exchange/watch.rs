//! The knowledge of an onlooker: the answers, the events in their order, and the monotonic clock.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use idporten_config::document::SigningKey;
use idporten_config::document::json::Value;
use idporten_config::refresh::{Cause, Event};
use idporten_config::testing::{VirtualClock, jwks, signing_key};
use idporten_config::{JwkSet, SigningAlg, Snapshot};

use super::MINUTE;
use super::tokens::Token;

/// At most so many fetches for unknown kids begin within a minute.
const FETCHES: usize = 3;
/// Ages are stated in whole seconds, and replicas may differ by some: an answer this much older than what is held is accepted.
const REPLICAS: Duration = MINUTE;

/// The onlooker. Clones share what they know.
#[derive(Clone)]
pub(super) struct Watch {
    state: Arc<Mutex<State>>,
    clock: VirtualClock,
}

struct State {
    events: Option<Receiver<Event>>,
    /// The time of day at which the monotonic clock would read zero.
    origin: SystemTime,
    /// The documents that were answered last, metadata and keys.
    answered: [Vec<u8>; 2],
    /// The sets that were in force since the step began, the newest last: of each the keys that can verify RS256. A fetch that a
    /// question asks for may end before or after its answer.
    accepted: Vec<Vec<SigningKey>>,
    unknown_kid_fetches: VecDeque<Duration>,
    date: Option<SystemTime>,
}

impl Watch {
    pub(super) fn new(clock: &VirtualClock) -> Self {
        let state = State {
            events: None,
            origin: clock.now(),
            answered: [Vec::new(), Vec::new()],
            accepted: vec![Vec::new()],
            unknown_kid_fetches: VecDeque::new(),
            date: None,
        };
        Self { state: Arc::new(Mutex::new(state)), clock: clock.clone() }
    }

    pub(super) fn listen(&self, events: Receiver<Event>) {
        self.state().events = Some(events);
    }

    /// Notes that a snapshot is served from the start.
    pub(super) fn accept(&self, seed: &Snapshot) {
        let text = seed.jwks_json().map(Value::to_string).unwrap_or_default();
        self.state().accept(text.as_bytes());
    }

    /// Notes that the time of day is about to move without the monotonic clock.
    pub(super) fn shift(&self, time: Duration, ahead: bool) {
        let mut state = self.state();
        state.origin = if ahead { state.origin + time } else { state.origin - time };
    }

    /// Notes an answer with a document.
    pub(super) fn answered(&self, which: usize, document: &[u8]) {
        self.state().answered[which] = document.to_vec();
    }

    /// Takes the events so far. A fetch calls this before its first request, so that its start is counted at its time.
    pub(super) fn settle(&self) {
        let now = self.clock.now();
        let mut state = self.state();
        let events: Vec<Event> = state.events.iter().flat_map(Receiver::try_iter).collect();
        for event in events {
            match event {
                Event::Started { cause: Cause::UnknownKid, .. } => state.count_fetch(now),
                Event::Refreshed { .. } => {
                    let keys = state.answered[1].clone();
                    state.accept(&keys);
                }
                _ => {}
            }
        }
    }

    /// Begins a step: what was in force before it no longer matters.
    pub(super) fn begin(&self) {
        self.settle();
        let mut state = self.state();
        let older = state.accepted.len() - 1;
        state.accepted.drain(..older);
    }

    /// Returns whether this very key was in a set of this step.
    pub(super) fn held(&self, key: &SigningKey) -> bool {
        self.state().accepted.iter().any(|set| set.contains(key))
    }

    /// Returns whether a key of this kid was in every set of this step.
    pub(super) fn publishes(&self, kid: &str) -> bool {
        self.state().accepted.iter().all(|set| set.iter().any(|key| key.kid() == Some(kid)))
    }

    /// Returns in how many sets of this step the key was that signed this token, and how many sets there were.
    pub(super) fn count_of(&self, token: &Token) -> (usize, usize) {
        let set = jwks([signing_key(token.kid, token.variant)]).to_string();
        let set = JwkSet::parse(set.as_bytes()).expect("a key set");
        let is_in = |held: &&Vec<SigningKey>| held.iter().any(|key| is_same(key, &set.keys()[0]));
        let state = self.state();
        (state.accepted.iter().filter(is_in).count(), state.accepted.len())
    }

    /// Returns whether the newest set has all these kids.
    pub(super) fn has_kids(&self, kids: &[String]) -> bool {
        let state = self.state();
        let newest = &state.accepted[state.accepted.len() - 1];
        kids.iter().all(|kid| newest.iter().any(|key| key.kid() == Some(kid)))
    }

    /// Checks that what is held is not dated before what was held.
    pub(super) fn check_date(&self, date: Option<SystemTime>) {
        let mut state = self.state();
        if let Some((before, date)) = state.date.zip(date) {
            assert!(date + REPLICAS >= before, "a date went back by {:?}", before.duration_since(date));
        }
        state.date = state.date.max(date);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether two entries hold one key under one kid: a damaged entry may have lost a member that matters to neither.
fn is_same(one: &SigningKey, other: &SigningKey) -> bool {
    one.kid() == other.kid() && one.thumbprint() == other.thumbprint()
}

impl State {
    fn accept(&mut self, keys: &[u8]) {
        let set = JwkSet::parse(keys).expect("an accepted key set");
        let serves = |key: &&SigningKey| key.serves(SigningAlg::RS256, &[SigningAlg::RS256]);
        self.accepted.push(set.keys().iter().filter(serves).cloned().collect());
    }

    fn count_fetch(&mut self, now: SystemTime) {
        let now = now.duration_since(self.origin).expect("the monotonic clock only goes on");
        self.unknown_kid_fetches.push_back(now);
        if self.unknown_kid_fetches.len() > FETCHES {
            let time = now.saturating_sub(self.unknown_kid_fetches.pop_front().unwrap_or_default());
            assert!(time >= MINUTE, "four fetches for unknown kids within {time:?}");
        }
    }
}
