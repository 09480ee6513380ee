//! What is fetched, and whether it replaces the snapshot there is: the rules that the tool and a build that fetches share.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{Environment, Finding, leaked_key, read, unknown_environment};
use crate::document::json::{Object, Value};
use crate::document::{Comparison, Provider, Snapshot, compare};
use crate::environment::Lifecycle;

/// Returns the provider of an environment, from the table, the manifest, or else its snapshot at `path`.
///
/// # Errors
///
/// Returns a finding where none of them describes it.
pub fn provider_of(environment: &Environment, path: &Path) -> Result<Provider, Box<Finding>> {
    if let Some(provider) = &environment.provider {
        return Ok(provider.clone());
    }
    let (slug, shown) = (&environment.slug, &environment.path);
    match read(path).map(Snapshot::parse) {
        Ok(Ok(snapshot)) if snapshot.provider().slug() == slug => Ok(snapshot.provider().clone()),
        Ok(Ok(snapshot)) => {
            let message = format!("{slug}: `{shown}` is a snapshot of {}", snapshot.provider().slug());
            Err(Finding::error(message, "rename the file, or describe the environment in a manifest").into())
        }
        Ok(Err(error)) => Err(Finding::error(format!("`{shown}`: {error}"), "describe it in a manifest").into()),
        Err(_) => Err(unknown_environment(slug).into()),
    }
}

/// Returns whether the environment is switched off. It is fetched only if it is named.
#[must_use]
pub fn is_retired(provider: &Provider) -> bool {
    provider.known().is_some_and(|known| known.lifecycle() != Lifecycle::Active)
}

/// Returns the error for a live key set that publishes a private key.
#[must_use]
pub fn live_leak(live: &Snapshot) -> Option<Finding> {
    let slug = live.provider().slug();
    let message = format!("{slug}: the live key set holds a private key: {}", leaked_key(live)?);
    Some(Finding::error(message, "treat the key as public, and report it to the provider").of(slug))
}

/// The relation of a snapshot that was just fetched to the one there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// The same content, and young enough: nothing to write, so that a scheduled job makes no noise.
    Unchanged,
    /// The same content, and so old that a newer date is worth writing.
    Renewed,
    /// Other content. A comparison without changes means one of details, such as a certificate.
    Changed(Comparison),
    /// Other content, and older: what a mirror that lags behind serves must not take the place of something newer.
    Older,
}

/// Compares a snapshot that was just fetched with the one there is. The same content is worth writing again for a newer date once
/// half of `max_age` has gone.
#[must_use]
pub fn update(old: &Snapshot, new: &Snapshot, max_age: Duration, now: SystemTime) -> Update {
    // A date of the future says nothing: the clock that wrote it was wrong.
    let age = now.duration_since(old.as_of()).ok();
    let (is_older, is_newer) = (new.timestamp() < old.timestamp(), new.timestamp() > old.timestamp());
    match is_same(old, new) {
        // A mirror may serve the same answer for days: its date is no news.
        true if age.is_some_and(|age| age < max_age / 2 || !is_newer) => Update::Unchanged,
        true => Update::Renewed,
        false if age.is_some() && is_older => Update::Older,
        false => Update::Changed(compare(old, new)),
    }
}

/// Returns whether two snapshots say the same in all but their date. Some servers give a list in another order each time.
fn is_same(old: &Snapshot, new: &Snapshot) -> bool {
    (old.provider(), old.origin()) == (new.provider(), new.origin())
        && in_order(old.metadata_json()) == in_order(new.metadata_json())
        && old.jwks_json().and_then(Value::as_object).map(in_order)
            == new.jwks_json().and_then(Value::as_object).map(in_order)
}

/// The members with each of their lists in one order. What is in the values of a list stays as it is: in a chain of certificates
/// the order means something.
fn in_order(members: &Object) -> Vec<(&str, Vec<String>)> {
    let texts = |value: &Value| match value {
        Value::Array(values) => {
            let mut texts: Vec<String> = values.iter().map(ToString::to_string).collect();
            texts.sort_unstable();
            // A list is never taken for the single value that it holds.
            texts.insert(0, "[]".to_owned());
            texts
        }
        value => vec![value.to_string()],
    };
    members.iter().map(|(name, value)| (name, texts(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Origin;
    use crate::environment::KnownEnvironment;

    const DAY: Duration = Duration::from_secs(86_400);

    fn snapshot(day: u32, metadata: &str, jwks: &str) -> Snapshot {
        let json = |text: &str| Value::parse(text.as_bytes()).unwrap();
        let metadata = json(metadata).as_object().unwrap().clone();
        let time = SystemTime::UNIX_EPOCH + DAY * day;
        Snapshot::new(KnownEnvironment::IdportenTest.into(), time, Origin::Recorded, metadata, Some(json(jwks)))
            .unwrap()
    }

    fn keys(more: &str, other: &str) -> String {
        let key = |kid: &str, fill: &str, more: &str| {
            format!(r#"{{"kty":"RSA","kid":"{kid}","e":"AQAB","n":"{}Q"{more}}}"#, fill.repeat(341))
        };
        format!(r#"{{"keys":[{},{}]}}"#, key("a", "_", more), key(other, "-", ""))
    }

    /// The update on day 20, from a document of `day` to one of that day. Half of the maximum age is 5 days.
    fn after(day: u32, old: (&str, &str), new: (&str, &str)) -> Update {
        let now = SystemTime::UNIX_EPOCH + DAY * 20;
        update(&snapshot(day, old.0, old.1), &snapshot(20, new.0, new.1), DAY * 10, now)
    }

    #[test]
    fn the_same_content_is_renewed_after_half_of_the_maximum_age() {
        let same = ("{}", keys("", "b"));
        let same = (same.0, same.1.as_str());
        assert_eq!(after(20, same, same), Update::Unchanged);
        assert_eq!(after(16, same, same), Update::Unchanged);
        assert_eq!(after(15, same, same), Update::Renewed);
        assert_eq!(after(21, same, same), Update::Renewed, "the date is of the future");
    }

    #[test]
    fn the_same_content_of_the_same_date_is_not_renewed() {
        let now = SystemTime::UNIX_EPOCH + DAY * 20;
        let old = snapshot(2, "{}", &keys("", "b"));
        let of = |day| update(&old, &snapshot(day, "{}", &keys("", "b")), DAY * 10, now);
        assert_eq!((of(1), of(2), of(3)), (Update::Unchanged, Update::Unchanged, Update::Renewed));
    }

    #[test]
    fn the_order_of_lists_is_no_content_and_a_certificate_is() {
        let keys_of = keys("", "b");
        let (one, other) = (r#"{"scopes_supported": ["a", "b"]}"#, r#"{"scopes_supported": ["b", "a"]}"#);
        assert_eq!(after(20, (one, &keys_of), (other, &keys_of)), Update::Unchanged);
        assert_eq!(
            after(20, (r#"{"x": "a"}"#, &keys_of), (r#"{"x": ["a"]}"#, &keys_of)),
            Update::Changed(compare(
                &snapshot(1, r#"{"x": "a"}"#, &keys_of),
                &snapshot(1, r#"{"x": ["a"]}"#, &keys_of)
            ))
        );
        let Update::Changed(comparison) = after(20, ("{}", &keys_of), ("{}", &keys(r#","x5c":["AAAA"]"#, "b"))) else {
            panic!("a new certificate is a change");
        };
        assert!(comparison.is_empty());
    }

    #[test]
    fn an_older_document_never_replaces_a_newer_one() {
        let now = SystemTime::UNIX_EPOCH + DAY * 20;
        let old = snapshot(19, "{}", &keys("", "b"));
        let of = |day, kid| update(&old, &snapshot(day, "{}", &keys("", kid)), DAY, now);
        assert_eq!(of(18, "b"), Update::Unchanged);
        assert_eq!(of(18, "c"), Update::Older);
        assert!(matches!(of(19, "c"), Update::Changed(_)));
    }
}
