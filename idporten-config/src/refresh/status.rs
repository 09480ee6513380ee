//! The state of a refresher, for health pages, metrics and operators.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::config::ProviderConfig;
use super::counters::Counters;
use super::error::{Reason, Unavailable};
use super::openmetrics::openmetrics;
use super::schedule::{Health, Source};
use super::state::Shared;
use crate::document::compare::Change;
use crate::document::jwks::{JwkSet, KeyParameters, SigningKey};
use crate::document::snapshot;

/// The state of a refresher at one moment, taken from memory without any request.
///
/// It serialises with serde, and its [`Display`](fmt::Display) form is the same as JSON: times as in a snapshot file, ages in
/// seconds. It holds no key material, no token and no body of an answer.
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// use idporten_config::refresh::{Health, Refresher};
///
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
/// let status = refresher.status();
/// assert_eq!(status.health(), Health::Ok);
/// assert!(status.to_string().starts_with(r#"{"health":"ok","environment":"idporten-test","#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// The state in one word.
    pub health: Health,
    /// The environment, by slug.
    pub environment: String,
    /// True while a configuration is served.
    pub serving: bool,
    /// The reason why nothing is served; `None` while a configuration is served. In a forked process it is the reason why nothing is
    /// refreshed any more.
    pub unavailable: Option<String>,
    /// The source of the held configuration; `None` while nothing is held.
    pub source: Option<Source>,
    /// The time at which the provider served the held documents.
    #[serde(serialize_with = "time")]
    pub as_of: Option<SystemTime>,
    /// The age of the held documents.
    #[serde(rename = "age_seconds", serialize_with = "seconds")]
    pub age: Option<Duration>,
    /// The time at which the provider served the documents of the last successful fetch of this process: the time of that fetch,
    /// unless a mirror stated an age.
    #[serde(serialize_with = "time")]
    pub last_success: Option<SystemTime>,
    /// The number of fetches that failed since the last success.
    pub consecutive_failures: u32,
    /// The error of the last fetch; `None` after a success.
    pub last_error: Option<String>,
    /// True if the answers of the last success prove when they were generated; `None` before the first success. A mirror's answers
    /// do so by an `Age` (RFC 9111 section 5.1), or if the operator has stated that it passes on the provider's `Date`. Without
    /// proof a kid that is not in the set stays undetermined.
    pub answers_prove_freshness: Option<bool>,
    /// The time of the next timed fetch; `None` while one is under way, and where the policy makes none.
    #[serde(serialize_with = "time")]
    pub next_attempt: Option<SystemTime>,
    /// The time from which the held configuration is no longer served if no refresh succeeds.
    #[serde(serialize_with = "time")]
    pub too_stale_at: Option<SystemTime>,
    /// The held keys.
    pub keys: Vec<KeyStatus>,
    /// The kids under which the provider publishes several keys for one algorithm.
    pub ambiguous_kids: Vec<String>,
    /// The entries of the key set that are not used, each with its reason.
    pub rejected_keys: Vec<String>,
    /// True if the provider published a private key, which must be taken as known to everybody.
    pub leaked: bool,
    /// The generated constants that differ from the live document, at most 100.
    #[serde(serialize_with = "changes")]
    pub drift: Vec<Change>,
    /// The error of the last change of the store, or of one that does not end; `None` after a success.
    pub store_error: Option<String>,
    /// The counters since the start.
    pub counters: Counters,
}

/// A held key.
///
/// ```
/// # use idporten_config::KnownEnvironment;
/// # use idporten_config::refresh::Refresher;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// # let seed = snapshot(KnownEnvironment::IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
/// let key = refresher.status().keys.remove(0);
/// assert_eq!((key.kid.as_deref(), key.kty, key.bits), (Some("one"), "RSA", Some(2048)));
/// assert_eq!(refresher.distrust(&key.thumbprint), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct KeyStatus {
    /// The kid.
    pub kid: Option<String>,
    /// The RFC 7638 thumbprint.
    pub thumbprint: String,
    /// The key type: `RSA`, `EC` or `OKP`.
    pub kty: &'static str,
    /// The length of the modulus, of an RSA key.
    pub bits: Option<usize>,
    /// The curve, of another key.
    pub crv: Option<&'static str>,
    /// True if the program distrusts the key.
    pub distrusted: bool,
}

impl Status {
    pub(super) fn of(shared: &Shared) -> Self {
        if shared.is_forked() {
            return Self::in_a_fork(shared);
        }
        let now = shared.clock.now();
        let core = shared.core();
        let (schedule, config) = (&core.schedule, core.config.as_deref());
        let jwks = config.and_then(|config| config.documents.jwks());
        let unavailable = shared.current().err();
        // The held keys, not only the served ones: an operator looks here for a key that is distrusted, or too old to be served.
        let keys = config.into_iter().flat_map(ProviderConfig::keys);
        let rejected = jwks.into_iter().flat_map(JwkSet::rejected);
        let ambiguous_kids = jwks.map(JwkSet::ambiguous_kids).unwrap_or_default();
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
            answers_prove_freshness: schedule.proves_freshness(),
            next_attempt: schedule.next_attempt(now),
            too_stale_at: schedule.too_stale_at(now),
            keys: keys.map(|(key, thumbprint)| KeyStatus::of(key, thumbprint, &core.distrusted)).collect(),
            ambiguous_kids: ambiguous_kids.into_iter().map(str::to_owned).collect(),
            rejected_keys: rejected.map(|key| format!("entry {}: {}", key.index, key.reason)).collect(),
            leaked: core.is_leaked(),
            drift: core.drift.clone(),
            store_error: core.store_error(shared),
            counters: core.counters.clone(),
        }
    }

    /// Returns the status in a forked process, where the lock may never be released.
    fn in_a_fork(shared: &Shared) -> Self {
        let current = shared.current();
        Self {
            environment: shared.seed.provider().slug().to_owned(),
            serving: current.is_ok(),
            as_of: current.ok().map(|config| config.as_of()),
            unavailable: Some(Unavailable::new(Reason::Stopped, None).to_string()),
            ..Self::default()
        }
    }

    /// Returns the state in one word.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health
    }

    /// Returns the status as [`openmetrics`] text, of this refresher alone.
    #[must_use]
    pub fn to_openmetrics(&self) -> String {
        openmetrics([self])
    }
}

impl KeyStatus {
    fn of(key: &SigningKey, thumbprint: &str, distrusted: &[String]) -> Self {
        let (bits, crv) = match key.parameters() {
            KeyParameters::Rsa { bits, .. } => (Some(*bits), None),
            KeyParameters::Ec { crv, .. } | KeyParameters::Okp { crv, .. } => (None, Some(*crv)),
        };
        let kid = key.kid().map(str::to_owned);
        let distrusted = distrusted.iter().any(|name| key.is_named(thumbprint, name));
        Self { kid, thumbprint: thumbprint.to_owned(), kty: key.key_type(), bits, crv, distrusted }
    }
}

impl fmt::Display for Status {
    /// Writes JSON: on one line, or indented with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = if f.alternate() { serde_json::to_string_pretty(self) } else { serde_json::to_string(self) };
        f.write_str(&json.map_err(|_| fmt::Error)?)
    }
}

#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
fn time<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    // A time that a snapshot file cannot hold comes from a wrong clock, and the writer of times panics at it.
    let time = time.filter(|time| snapshot::can_write(*time));
    time.map(|time| humantime::format_rfc3339_seconds(time).to_string()).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
fn seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs()).serialize(serializer)
}

fn changes<S: Serializer>(changes: &[Change], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(changes.iter().map(Change::to_json))
}
