//! The fetch of metadata and then of the keys from its `jwks_uri`, checked as one unit.

use std::time::{Duration, SystemTime};

use super::error::{FetchError, Step};
use super::transport::Age;
#[cfg(feature = "refresh-core")]
use super::{DEADLINE, Transport};
use crate::document::json::{Object, Value};
use crate::document::jwks;
use crate::document::metadata::{Completeness, ProviderMetadata};
use crate::document::provider::Provider;
use crate::document::snapshot::{Origin, Snapshot};
use crate::document::violation::{Rule, Violation};

/// A document as it was served.
pub(super) struct Document {
    /// The URL that it was read from: behind a mirror, the mirror's.
    pub(super) url: String,
    pub(super) body: Vec<u8>,
    pub(super) age: Age,
}

/// Both documents, which passed every rule.
pub(crate) struct Fetched {
    pub(crate) snapshot: Snapshot,
    /// The age of the older of the two, and the URL that it was read from.
    #[cfg_attr(not(feature = "refresh-core"), expect(dead_code, reason = "the refresher alone judges it"))]
    pub(crate) age: Age,
    #[cfg_attr(not(feature = "refresh-core"), expect(dead_code, reason = "the refresher alone names it"))]
    pub(crate) url: String,
}

/// Fetches a provider's documents through a transport, unless `stopped` returns true on the way. It has no clock: the caller
/// reports the time that has passed since the start.
#[cfg(feature = "refresh-core")]
pub(crate) fn fetch(
    transport: &dyn Transport,
    provider: &Provider,
    now: SystemTime,
    elapsed: &dyn Fn() -> Duration,
    stopped: &dyn Fn() -> bool,
    past_caches: bool,
) -> Result<Fetched, FetchError> {
    transport.prepare()?;
    let left = || DEADLINE.saturating_sub(elapsed());
    unit(provider, now, left, |url, left| {
        if stopped() {
            return Err(FetchError::stopped());
        }
        let response = if past_caches { transport.get_fresh(url, left) } else { transport.get(url, left) };
        response?.into_document(url, now)
    })
}

/// Fetches a provider's documents, each with `get`, which receives the time that is `left`. One of the two documents is requested
/// a second time if that may help. No request is made to an address that breaks a rule, and no private key is kept.
pub(super) fn unit(
    provider: &Provider,
    now: SystemTime,
    left: impl Fn() -> Duration,
    get: impl FnMut(&str, Duration) -> Result<Document, FetchError>,
) -> Result<Fetched, FetchError> {
    let mut get = with_a_retry(left, get);
    let url = provider.well_known_url();
    let metadata_failed = |error: FetchError| error.in_step(Step::Metadata, url);
    let is_described = provider.known().is_none();
    let mut served = get(url).map_err(metadata_failed)?;
    let metadata = object(&mut served)
        .and_then(|document| ProviderMetadata::read(document, provider, Completeness::Complete))
        .map_err(|violations| metadata_failed(FetchError::rules(&served.url, violations, is_described)))?;
    // A complete document has it. An empty URL would fail in the request, with its reason.
    let url = metadata.jwks_uri.clone().unwrap_or_default();
    let keys_failed = |error: FetchError| error.in_step(Step::Keys, &url);
    let mut keys = get(&url).map_err(keys_failed)?;
    let parsed = json(&mut keys);
    let broken = |violations| keys_failed(FetchError::rules(&keys.url, violations, is_described));
    // Before a snapshot is made of it, which may be written to a file.
    let jwks = jwks::without_secrets(&parsed.map_err(broken)?);
    let age = served.age.of_both(keys.age);
    let as_of = age.as_of(now);
    let snapshot = Snapshot::of(provider.clone(), as_of, Origin::Fetched, metadata, Some(jwks))
        .map_err(|error| broken(error.violations().to_vec()))?;
    let older = if keys.age.stated > served.age.stated { keys } else { served };
    Ok(Fetched { snapshot, age, url: older.url })
}

/// Returns `get` within the time that is `left`, with one more request for either document if that may help.
fn with_a_retry(
    left: impl Fn() -> Duration,
    mut get: impl FnMut(&str, Duration) -> Result<Document, FetchError>,
) -> impl FnMut(&str) -> Result<Document, FetchError> {
    // One for both documents together: instances that all retry each request would double the load of a provider that fails.
    let mut retries = 1;
    move |url: &str| loop {
        let time = left();
        if time.is_zero() {
            return Err(FetchError::overdue(url));
        }
        match get(url, time) {
            Err(error) if retries > 0 && error.is_worth_a_retry() && !left().is_zero() => retries -= 1,
            result => return result,
        }
    }
}

/// Parses the body and frees it: up to a mebibyte that would stay in memory beside its tree.
fn json(document: &mut Document) -> Result<Value, Vec<Violation>> {
    Value::parse(&std::mem::take(&mut document.body))
        .map_err(|error| vec![Violation::new("", Rule::Syntax, error.to_string())])
}

fn object(document: &mut Document) -> Result<Object, Vec<Violation>> {
    match json(document)? {
        Value::Object(object) => Ok(object),
        other => Err(vec![Violation::wrong_type("", "a top level object", &other)]),
    }
}
