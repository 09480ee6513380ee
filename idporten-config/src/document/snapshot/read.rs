//! The reader of a snapshot file's object, which finds every mistake at once.

use super::{FORMAT, Origin, Snapshot, SnapshotError, parse_time};
use crate::document::json::{Object, Value};
use crate::document::provider::Provider;
use crate::document::violation::{Rule, Violation, quoted};
use crate::environment::KnownEnvironment;
use crate::environment::nearest::nearest;

const MEMBERS: &[&str] =
    &["as_of", "environment", "format", "jwks", "metadata", "origin", "provider", "well_known_url"];

/// Reads a snapshot from the object that a file holds.
pub(super) fn snapshot(file: &Object) -> Result<Snapshot, SnapshotError> {
    let environment = file.get("environment").and_then(Value::as_str);
    let is_described = file.contains("provider");
    let fail = |violations| SnapshotError { environment: environment.map(str::to_owned), is_described, violations };
    // Before anything else: a newer format may have other members, and its file would be reported as full of mistakes that it does
    // not have.
    check_format(file).map_err(|violation| fail(vec![violation]))?;
    let mut violations = check_members(file);
    let provider = provider(file).map_err(|found| violations.extend(found)).ok();
    let origin = required(file, "origin", "`fetched`, `recorded` or `documented`", Origin::from_json);
    let as_of = required(file, "as_of", "a time, `YYYY-MM-DDTHH:MM:SSZ`", |value| parse_time(value.as_str()?));
    let metadata = required(file, "metadata", "an object", Value::as_object);
    violations.extend(origin.as_ref().err().cloned());
    violations.extend(as_of.as_ref().err().cloned());
    violations.extend(metadata.as_ref().err().cloned());
    // Null says that no keys are known. An absent member says nothing: it may have been lost.
    if !file.contains("jwks") {
        violations.push(Violation::new("jwks", Rule::Missing, "is required; null where no keys are known"));
    }
    let (Some(provider), Ok(origin), Ok(as_of), Ok(metadata)) = (provider, origin, as_of, metadata) else {
        return Err(fail(violations));
    };
    let jwks = file.get("jwks").filter(|jwks| **jwks != Value::Null).cloned();
    match Snapshot::new(provider, as_of, origin, metadata.clone(), jwks) {
        Ok(snapshot) if violations.is_empty() => Ok(snapshot),
        Ok(_) => Err(fail(violations)),
        Err(error) => Err(fail([violations, error.violations].concat())),
    }
}

fn check_format(file: &Object) -> Result<(), Violation> {
    let refuse = |reason: String| Err(Violation::new("format", Rule::Format, reason));
    match file.get("format") {
        None => Err(Violation::new("format", Rule::Missing, "is required; is this a snapshot?")),
        Some(value) => match value.as_u64() {
            Some(FORMAT) => Ok(()),
            Some(newer) if newer > FORMAT => {
                refuse(format!("is {newer}: written by a newer idporten-config; update this one"))
            }
            _ => refuse(format!("must be the number {FORMAT}")),
        },
    }
}

fn check_members(file: &Object) -> Vec<Violation> {
    let mut violations = Vec::new();
    if let Some(name) = file.own_duplicate() {
        violations.push(Violation::duplicate(name));
    }
    if let Some(name) = file.get("provider").and_then(Value::duplicate) {
        violations.push(Violation::duplicate(format!("provider.{name}")));
    }
    for (name, _) in file.iter().filter(|(name, _)| !MEMBERS.contains(name)) {
        let hint =
            nearest(name, MEMBERS.iter().copied()).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        violations.push(Violation::new(name, Rule::Format, format!("is not a member of the snapshot format{hint}")));
    }
    violations
}

fn provider(file: &Object) -> Result<Provider, Vec<Violation>> {
    let slug = required(file, "environment", "a string", Value::as_str);
    let url = required(file, "well_known_url", "a string", Value::as_str);
    let (slug, url) = match (slug, url) {
        (Ok(slug), Ok(url)) => (slug, url),
        (slug, url) => return Err([slug.err(), url.err()].into_iter().flatten().collect()),
    };
    match (slug.parse::<KnownEnvironment>(), file.get("provider")) {
        // A file must not describe an environment of the table: it could move its issuer, or add a host for its endpoints.
        (Ok(_), Some(_)) => {
            let reason = format!("`{slug}` is in the table of environments, which describes it; remove this member");
            Err(vec![Violation::new("provider", Rule::Format, reason)])
        }
        (Ok(known), None) if known.well_known_url() == url => Ok(known.into()),
        (Ok(known), None) => {
            let reason = format!("must be {}, found {}", quoted(known.well_known_url()), quoted(url));
            Err(vec![Violation::new("well_known_url", Rule::Format, reason)])
        }
        (Err(_), Some(Value::Object(described))) => Provider::from_json(slug, url, described),
        (Err(_), Some(other)) => Err(vec![Violation::wrong_type("provider", "an object", other)]),
        (Err(unknown), None) => Err(vec![Violation::new(
            "environment",
            Rule::Format,
            format!("{unknown}; a custom environment is described by the member `provider`"),
        )]),
    }
}

fn required<'a, T>(
    file: &'a Object,
    name: &str,
    expected: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<T, Violation> {
    let value =
        file.get(name).ok_or_else(|| Violation::new(name, Rule::Missing, format!("is required: {expected}")))?;
    read(value).ok_or_else(|| match value.as_str() {
        Some(text) => Violation::new(name, Rule::Format, format!("must be {expected}, found {}", quoted(text))),
        None => Violation::wrong_type(name, expected, value),
    })
}
