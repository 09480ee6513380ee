//! The key set of a snapshot, for people and for programs.

use crate::certificates::{Certificate, certificates};
use idporten_config::document::json::{Object, Value, object};
use idporten_config::document::{JwkSet, KeyParameters, RejectedKey, SigningKey};
use idporten_config::{SigningAlg, Snapshot};

use crate::json::count;

/// The members of `show --json` that are about keys.
pub(super) fn in_json(snapshot: &Snapshot) -> [(&'static str, Value); 4] {
    let set = snapshot.jwks();
    let usable = set.map(|set| set.keys().iter().map(|key| key_in_json(key, snapshot)).collect::<Vec<_>>());
    let rejected: Vec<Object> = set.map(JwkSet::rejected).unwrap_or_default().iter().map(rejected_in_json).collect();
    [
        ("ambiguous_kids", set.map(JwkSet::ambiguous_kids).unwrap_or_default().into()),
        ("keys", usable.into()),
        ("leaked", set.is_some_and(JwkSet::is_leaked).into()),
        ("rejected_keys", rejected.into()),
    ]
}

pub(super) fn key_in_json(key: &SigningKey, snapshot: &Snapshot) -> Object {
    let (bits, curve) = size(key.parameters());
    object([
        ("alg", key.alg().map(SigningAlg::as_str).into()),
        ("bits", bits.map(count).into()),
        ("certificate", certificate_of(key, snapshot).map(|certificate| certificate_in_json(&certificate)).into()),
        ("crv", curve.into()),
        ("kid", key.kid().into()),
        ("kty", key.key_type().into()),
        ("serves", serves(key, snapshot).into()),
        ("thumbprint", key.thumbprint().into()),
    ])
}

pub(super) fn rejected_in_json(rejected: &RejectedKey) -> Object {
    object([
        ("cause", rejected.cause.as_str().into()),
        ("index", count(rejected.index)),
        ("kid", rejected.kid.as_deref().into()),
        ("leaked", rejected.is_leaked().into()),
        ("reason", rejected.reason.as_str().into()),
    ])
}

fn certificate_in_json(certificate: &Certificate) -> Object {
    let content = certificate.content.as_ref();
    object([
        ("error", content.err().copied().into()),
        ("last_day", content.ok().map(crate::certificates::Content::last_day).into()),
        ("same_key", content.ok().map(|content| content.same_key).into()),
    ])
}

/// The certificate that stands beside a key.
fn certificate_of(key: &SigningKey, snapshot: &Snapshot) -> Option<Certificate> {
    certificates(snapshot).into_iter().find(|certificate| certificate.key == *key)
}

/// A row for each usable key: kid, what it is, what it serves, thumbprint.
pub(super) fn rows(set: &JwkSet, snapshot: &Snapshot) -> Vec<Vec<String>> {
    set.keys().iter().map(|key| row(key, snapshot)).collect()
}

pub(super) fn row(key: &SigningKey, snapshot: &Snapshot) -> Vec<String> {
    let what = match size(key.parameters()) {
        (Some(bits), _) => format!("{} {bits}", key.key_type()),
        (None, curve) => format!("{} {}", key.key_type(), curve.unwrap_or_default()),
    };
    let alg = match key.alg() {
        Some(alg) => alg.to_string(),
        None => format!("no alg, serves {}", serves(key, snapshot).join(" ")),
    };
    let mut row = vec![kid(key.kid()), what, alg, format!("thumbprint {}", key.thumbprint())];
    row.extend(certificate_of(key, snapshot).map(|certificate| match &certificate.content {
        Ok(content) if content.same_key => format!("certificate ends {}", content.last_day()),
        Ok(content) => format!("certificate ends {}, and holds ANOTHER KEY", content.last_day()),
        Err(reason) => format!("certificate cannot be read: {reason}"),
    }));
    row
}

/// A row for each entry that is not used, and why.
pub(super) fn rejected_rows(set: &JwkSet) -> Vec<Vec<String>> {
    let row = |rejected: &RejectedKey| {
        let loud = if rejected.is_leaked() { "LEAKED: " } else { "" };
        vec![format!("entry {}", rejected.index), kid(rejected.kid.as_deref()), format!("{loud}{}", rejected.reason)]
    };
    set.rejected().iter().map(row).collect()
}

fn kid(kid: Option<&str>) -> String {
    kid.map_or_else(|| "(no kid)".to_owned(), str::to_owned)
}

fn serves(key: &SigningKey, snapshot: &Snapshot) -> Vec<&'static str> {
    let algs = snapshot.jwks().map(|set| set.algs_of(key)).unwrap_or_default();
    algs.into_iter().map(SigningAlg::as_str).collect()
}

/// The bits of a modulus, or the name of a curve.
fn size(parameters: &KeyParameters) -> (Option<usize>, Option<&'static str>) {
    match parameters {
        KeyParameters::Rsa { bits, .. } => (Some(*bits), None),
        KeyParameters::Ec { crv, .. } | KeyParameters::Okp { crv, .. } => (None, Some(*crv)),
        _ => (None, None),
    }
}
