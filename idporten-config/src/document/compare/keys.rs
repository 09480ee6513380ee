//! Changes of keys. A kid is only a label: the same kid with other key material is a new key.

use super::{Change, ChangeKind, Subject};
use crate::document::jwks::{JwkSet, KeyParameters, SigningKey};

pub(super) fn changes(before: Option<&JwkSet>, after: Option<&JwkSet>) -> Vec<Change> {
    let (old, new) = (keys(before), keys(after));
    let mut gone: Vec<_> = old.iter().filter(|key| !new.contains(key)).collect();
    let mut changes = Vec::new();
    for key in new.iter().filter(|key| !old.contains(key)) {
        // A key that replaces another under its kid is one change, not a removal and an addition.
        let replaced = gone.iter().position(|other| other.kid() == key.kid());
        let before = replaced.map(|at| gone.remove(at));
        let note = match (before, before.is_none() && key.kid().is_some() && old.iter().any(|o| o.kid() == key.kid())) {
            (Some(before), _) if before.parameters() == key.parameters() => Some("same key, other algorithm"),
            (Some(_), _) => Some("same kid, new key"),
            (None, true) => Some("same kid as another key"),
            (None, false) => None,
        };
        changes.push(change(key.kid(), before.map(describe), Some(describe(key)), note));
    }
    changes.extend(gone.into_iter().map(|key| change(key.kid(), Some(describe(key)), None, None)));
    // An entry with a private key is among the keys of neither set, so that nothing above notices it.
    changes.extend(leaked(before, after));
    changes
}

fn keys(set: Option<&JwkSet>) -> &[SigningKey] {
    set.map(JwkSet::keys).unwrap_or_default()
}

fn change(kid: Option<&str>, before: Option<String>, after: Option<String>, note: Option<&'static str>) -> Change {
    Change {
        kind: ChangeKind::Rotation,
        subject: Subject::Key(kid.map(str::to_owned)),
        before,
        after,
        note,
        gone: None,
    }
}

/// Describes a key for a reviewer, who compares the thumbprint: `RSA 3072, thumbprint …`.
fn describe(key: &SigningKey) -> String {
    let size = match key.parameters() {
        KeyParameters::Rsa { bits, .. } => bits.to_string(),
        KeyParameters::Ec { crv, .. } | KeyParameters::Okp { crv, .. } => (*crv).to_owned(),
    };
    let alg = key.alg().map(|alg| format!(", {alg}")).unwrap_or_default();
    format!("{} {size}{alg}, thumbprint {}", key.key_type(), key.thumbprint())
}

/// Returns a change for each entry that publishes a private key and did not before.
fn leaked(before: Option<&JwkSet>, after: Option<&JwkSet>) -> Vec<Change> {
    let leaked = |set: Option<&JwkSet>| -> Vec<Option<String>> {
        let rejected = set.map(JwkSet::rejected).unwrap_or_default().iter();
        rejected.filter(|rejected| rejected.is_leaked()).map(|rejected| rejected.kid.clone()).collect()
    };
    let known = leaked(before);
    let new = leaked(after).into_iter().filter(|kid| !known.contains(kid));
    new.map(|kid| Change {
        kind: ChangeKind::Breaking,
        subject: Subject::Key(kid),
        before: None,
        after: None,
        note: Some("publishes a private key: take it as known to everybody"),
        gone: None,
    })
    .collect()
}
