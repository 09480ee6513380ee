//! How things stand, for health pages and for whoever is woken at three in the morning.

use std::any::Any;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde_core::{Serialize, Serializer};

use super::config::ProviderConfig;
use super::error::LookupError;
use super::schedule::{Cause, Health, Source};
use super::state::Shared;
use crate::document::compare::Change;
use crate::document::json::{Object, Value, object};
use crate::document::jwks::{JwkSet, KeyParameters, SigningKey};
use crate::document::snapshot;

/// How a refresher stands at one moment. It is taken from memory; its [`Display`](fmt::Display) form is JSON, as is what serde
/// makes of it: times as in a snapshot file, ages in seconds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// How things stand, in a word.
    pub health: Health,
    /// The environment, by slug.
    pub environment: String,
    /// Whether something is served.
    pub serving: bool,
    /// Why nothing is served, where nothing is.
    pub unavailable: Option<String>,
    /// Where what is held comes from.
    pub source: Option<Source>,
    /// When the documents were as they are.
    pub as_of: Option<SystemTime>,
    /// How old they are.
    pub age: Option<Duration>,
    /// When the documents of the last success of this process were as they are: the time of that fetch, unless a mirror said
    /// that they were older.
    pub last_success: Option<SystemTime>,
    /// How many fetches have failed since the last success.
    pub consecutive_failures: u32,
    /// How the last fetch failed; nothing after a success.
    pub last_error: Option<String>,
    /// When the next timed fetch is; nothing while one is under way, or where there are none.
    pub next_attempt: Option<SystemTime>,
    /// When what is held may be served no longer, if no refresh succeeds.
    pub too_stale_at: Option<SystemTime>,
    /// The keys that are held.
    pub keys: Vec<KeyStatus>,
    /// The kids under which the provider publishes different keys of one algorithm.
    pub ambiguous_kids: Vec<String>,
    /// The entries of the key set that are not used, and why; no key material.
    pub rejected_keys: Vec<String>,
    /// Whether the provider has published a private key, which must be taken as known to everybody.
    pub leaked: bool,
    /// Which generated constants differ from the live document.
    pub drift: Vec<Change>,
    /// What is wrong with the store.
    pub store_error: Option<String>,
    /// What was counted since the start.
    pub counters: Counters,
}

/// A key that is held.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KeyStatus {
    /// Its kid.
    pub kid: Option<String>,
    /// Its RFC 7638 thumbprint.
    pub thumbprint: String,
    /// Its type, `RSA`.
    pub kty: &'static str,
    /// The length of an RSA key's modulus.
    pub bits: Option<usize>,
    /// The curve of another key.
    pub crv: Option<&'static str>,
    /// Whether the program distrusts it.
    pub distrusted: bool,
}

/// What was counted since the start.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Counters {
    /// Fetches that began because it was time.
    pub due_fetches: u64,
    /// Fetches that unknown kids asked for.
    pub unknown_kid_fetches: u64,
    /// Fetches that bad signatures asked for.
    pub bad_signature_fetches: u64,
    /// Fetches that the program asked for.
    pub forced_fetches: u64,
    /// Fetches that succeeded, whatever they were made for.
    pub succeeded_fetches: u64,
    /// Fetches that failed, whatever they were made for.
    pub failed_fetches: u64,
    /// Look-ups that ended with [`LookupError::UnknownKey`].
    pub unknown_keys: u64,
    /// Look-ups that ended with [`LookupError::Undetermined`].
    pub undetermined: u64,
    /// Look-ups that ended with [`LookupError::Unavailable`].
    pub unavailable: u64,
    /// Panics of a listener or a transport.
    pub panics: u64,
    /// Events that a listener was not told of, since it was too far behind.
    pub missed_events: u64,
}

impl Status {
    pub(super) fn of(shared: &Shared) -> Self {
        let now = shared.clock.now();
        let core = shared.core();
        let (schedule, config) = (&core.schedule, core.config.as_deref());
        let jwks = config.and_then(|config| config.documents().jwks());
        let unavailable = shared.current().err();
        let keys = config.into_iter().flat_map(ProviderConfig::keys);
        Self {
            health: core.health(shared),
            environment: shared.seed.provider().slug().to_owned(),
            serving: unavailable.is_none(),
            unavailable: unavailable.map(|unavailable| unavailable.to_string()),
            source: schedule.source(),
            as_of: config.map(ProviderConfig::as_of),
            age: schedule.age(now),
            last_success: core.last_success,
            consecutive_failures: schedule.consecutive_failures(),
            last_error: core.last_error.as_ref().map(ToString::to_string),
            next_attempt: schedule.next_attempt(now),
            too_stale_at: schedule.too_stale_at(now),
            keys: keys.map(|(key, thumbprint)| KeyStatus::of(key, thumbprint, &core.distrusted)).collect(),
            ambiguous_kids: jwks
                .map(JwkSet::ambiguous_kids)
                .unwrap_or_default()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            rejected_keys: jwks.map(rejected).unwrap_or_default(),
            leaked: core.is_leaked(),
            drift: core.drift.clone(),
            store_error: core.store_error.clone(),
            counters: core.counters.clone(),
        }
    }

    /// How things stand, in a word.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health
    }

    /// The status as a tree.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let strings = |strings: &[String]| Value::from(strings.to_vec());
        let drift: Vec<Value> = self.drift.iter().map(Change::to_json).collect();
        let keys: Vec<Value> = self.keys.iter().map(|key| key.to_json().into()).collect();
        let mut all = object([
            ("health", self.health.as_str().into()),
            ("environment", self.environment.as_str().into()),
            ("serving", self.serving.into()),
            ("source", self.source.map(Source::as_str).into()),
            ("as_of", time(self.as_of)),
            ("age_seconds", self.age.map(|age| age.as_secs()).into()),
            ("last_success", time(self.last_success)),
            ("consecutive_failures", u64::from(self.consecutive_failures).into()),
            ("next_attempt", time(self.next_attempt)),
            ("too_stale_at", time(self.too_stale_at)),
            ("keys", Value::Array(keys)),
            ("ambiguous_kids", strings(&self.ambiguous_kids)),
            ("rejected_keys", strings(&self.rejected_keys)),
            ("leaked", self.leaked.into()),
            ("drift", Value::Array(drift)),
            ("counters", self.counters.to_json().into()),
        ]);
        for (name, text) in
            [("unavailable", &self.unavailable), ("last_error", &self.last_error), ("store_error", &self.store_error)]
        {
            all.set(name, text.clone().into());
        }
        all.into()
    }
}

impl KeyStatus {
    fn of(key: &SigningKey, thumbprint: &str, distrusted: &[String]) -> Self {
        let (bits, crv) = match key.parameters() {
            KeyParameters::Rsa { bits, .. } => (Some(*bits), None),
            KeyParameters::Ec { crv, .. } | KeyParameters::Okp { crv, .. } => (None, Some(*crv)),
        };
        let kid = key.kid().map(str::to_owned);
        let distrusted = distrusted.iter().any(|name| Some(name) == kid.as_ref() || name == thumbprint);
        Self { kid, thumbprint: thumbprint.to_owned(), kty: key.key_type(), bits, crv, distrusted }
    }

    fn to_json(&self) -> Object {
        let bits = self.bits.and_then(|bits| u64::try_from(bits).ok());
        object([
            ("kid", self.kid.clone().into()),
            ("thumbprint", self.thumbprint.as_str().into()),
            ("kty", self.kty.into()),
            ("bits", bits.into()),
            ("crv", self.crv.into()),
            ("distrusted", self.distrusted.into()),
        ])
    }
}

impl Counters {
    pub(super) fn begun(&mut self, cause: Cause) {
        *match cause {
            Cause::Due => &mut self.due_fetches,
            Cause::UnknownKid => &mut self.unknown_kid_fetches,
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
        // What was panicked with may panic again when it is dropped.
        std::mem::forget(panic);
    }

    fn to_json(&self) -> Object {
        object([
            ("due_fetches", self.due_fetches.into()),
            ("unknown_kid_fetches", self.unknown_kid_fetches.into()),
            ("bad_signature_fetches", self.bad_signature_fetches.into()),
            ("forced_fetches", self.forced_fetches.into()),
            ("succeeded_fetches", self.succeeded_fetches.into()),
            ("failed_fetches", self.failed_fetches.into()),
            ("unknown_keys", self.unknown_keys.into()),
            ("undetermined", self.undetermined.into()),
            ("unavailable", self.unavailable.into()),
            ("panics", self.panics.into()),
            ("missed_events", self.missed_events.into()),
        ])
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_json().fmt(f)
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

fn time(time: Option<SystemTime>) -> Value {
    // What a file cannot hold, a wrong clock has made up.
    time.filter(|time| snapshot::can_write(*time))
        .map(|time| humantime::format_rfc3339_seconds(time).to_string())
        .into()
}

fn rejected(jwks: &JwkSet) -> Vec<String> {
    jwks.rejected().iter().map(|rejected| format!("entry {}: {}", rejected.index, rejected.reason)).collect()
}
