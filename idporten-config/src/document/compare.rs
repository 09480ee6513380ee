//! What changed between two snapshots, by meaning, and how bad it is.
//!
//! The order of members, and of values in a list, carries no meaning and is no change.
//!
//! ```
//! use idporten_config::document::{ChangeKind, compare};
//! use idporten_config::{KnownEnvironment, Snapshot};
//!
//! let before = KnownEnvironment::IdportenTest.bundled_snapshot();
//! let after = before.replace("\"eidas-loa-low\",", "");
//! let comparison = compare(&Snapshot::parse(before)?, &Snapshot::parse(after)?);
//! assert_eq!(comparison.changes[0].kind, ChangeKind::Breaking);
//! assert_eq!(comparison.changes[0].before.as_deref(), Some("eidas-loa-low"));
//! # Ok::<(), idporten_config::document::SnapshotError>(())
//! ```

mod keys;
mod members;
mod report;

use std::fmt;

use crate::document::json::{Value, object};
use crate::document::provider::Provider;
use crate::document::snapshot::Snapshot;

/// Every change from one snapshot to another, the worst first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// The environment, by slug: that of the later snapshot.
    pub environment: String,
    /// The changes: breaking ones, rotations, additions, others.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// What it means for a program.
    pub kind: ChangeKind,
    /// What changed: a metadata member, or a key.
    pub subject: Subject,
    /// What was there: a value, or for a key its type, size and thumbprint.
    pub before: Option<String>,
    /// What is there now.
    pub after: Option<String>,
    /// What else a reviewer should know: `same kid, new key`.
    pub note: Option<&'static str>,
    /// What in generated code is gone by it: `AcrValue::EidasLoaLow`.
    pub gone: Option<String>,
}

/// What a change means for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The issuer or an endpoint moved or is gone, a value was withdrawn, a capability turned off, a demand was added, or a
    /// private key was published.
    Breaking,
    /// A key came, went, or was replaced.
    Rotation,
    /// A member, a value or a capability came.
    Addition,
    /// Something changed that no program depends on, such as the address of a page.
    Other,
}

/// What a change is of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// A metadata member, by name.
    Member(String),
    /// A key, by its kid.
    Key(Option<String>),
}

/// Compares two snapshots, of one environment as a rule.
#[must_use]
pub fn compare(before: &Snapshot, after: &Snapshot) -> Comparison {
    let mut changes = members::changes(before.metadata_json(), after.metadata_json());
    changes.extend(provider_changes(before.provider(), after.provider()));
    changes.extend(keys::changes(before.jwks(), after.jwks()));
    changes.sort_by_key(|change| change.kind);
    Comparison { environment: after.provider().slug().to_owned(), changes }
}

/// What is said of a provider beside its metadata: where that is, whose hosts count, and what its keys may serve.
fn provider_changes(before: &Provider, after: &Provider) -> Vec<Change> {
    let said = |provider: &Provider| {
        let algs: Vec<_> = provider.signing_algs().iter().map(|alg| alg.as_str()).collect();
        let hosts = provider.endpoint_hosts().join(", ");
        [
            ("well_known_url", provider.well_known_url().to_owned()),
            ("provider.endpoint_hosts", hosts),
            ("provider.signing_algs", algs.join(", ")),
        ]
    };
    let pairs = said(before).into_iter().zip(said(after)).filter(|(before, after)| before != after);
    pairs
        .map(|((name, before), (_, after))| Change {
            kind: ChangeKind::Breaking,
            subject: Subject::Member(name.to_owned()),
            before: Some(before),
            after: Some(after),
            note: None,
            gone: None,
        })
        .collect()
}

impl Comparison {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many changes are of a kind.
    #[must_use]
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.changes.iter().filter(|change| change.kind == kind).count()
    }

    /// The changes in a line: `1 breaking change, 1 key rotation`.
    #[must_use]
    pub fn summary(&self) -> String {
        report::summary(self)
    }

    /// The changes for a pull request: a heading, a table, and what to do. Nothing that a provider wrote is markup in it.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        report::markdown(self)
    }

    /// The changes for machines.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let changes: Vec<Value> = self.changes.iter().map(Change::to_json).collect();
        let members = [
            ("environment", self.environment.as_str().into()),
            ("summary", self.summary().into()),
            ("changes", changes.into()),
        ];
        object(members).into()
    }
}

impl fmt::Display for Comparison {
    /// Writes a line for each change, for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&report::text(self))
    }
}

impl Change {
    /// The change for machines.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (subject, name): (&str, Value) = match &self.subject {
            Subject::Member(name) => ("member", name.as_str().into()),
            Subject::Key(kid) => ("kid", kid.clone().into()),
        };
        let members = [
            ("kind", self.kind.as_str().into()),
            (subject, name),
            ("before", self.before.clone().into()),
            ("after", self.after.clone().into()),
            ("note", self.note.into()),
            ("gone", self.gone.clone().into()),
        ];
        object(members).into()
    }
}

impl ChangeKind {
    /// The name: `breaking`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Rotation => "rotation",
            Self::Addition => "addition",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests;
