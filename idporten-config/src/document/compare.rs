//! The changes between two snapshots by meaning, and their severity.
//!
//! The order of members, and of values in a list, has no meaning, so that another order is not a change.
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

/// The number of changes of one kind that a comparison holds. A change takes many times the memory of the value that changed, so
/// that a document at its limits would otherwise cost a refresher tens of mebibytes.
const MAX_CHANGES: usize = 1_000;

/// The changes from one snapshot to another, the most severe first.
///
/// ```
/// use idporten_config::document::{ChangeKind, compare};
/// use idporten_config::{KnownEnvironment, Snapshot};
///
/// let before = KnownEnvironment::IdportenTest.bundled_snapshot();
/// let after = before.replace("\"eidas-loa-low\",", "");
/// let comparison = compare(&Snapshot::parse(before)?, &Snapshot::parse(after)?);
/// assert_eq!(comparison.summary(), "1 breaking change");
/// assert_eq!(comparison.count(ChangeKind::Rotation), 0);
/// # Ok::<(), idporten_config::document::SnapshotError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// The slug of the environment of the later snapshot.
    pub environment: String,
    /// The changes, in the order breaking changes, rotations, additions, others; of each kind the first 1,000.
    pub changes: Vec<Change>,
    /// The number of changes of each kind, in the order of the kinds.
    counts: [usize; 4],
}

/// One change.
///
/// ```
/// use idporten_config::document::compare;
/// use idporten_config::{KnownEnvironment, Snapshot};
///
/// let after = KnownEnvironment::IdportenTest.bundled_snapshot();
/// let before = after.replace("\"eidas-loa-low\",", "");
/// let change = &compare(&Snapshot::parse(before)?, &Snapshot::parse(after)?).changes[0];
/// assert_eq!((change.before.as_deref(), change.after.as_deref()), (None, Some("eidas-loa-low")));
/// assert_eq!(change.gone, None);
/// # Ok::<(), idporten_config::document::SnapshotError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The effect on a program.
    pub kind: ChangeKind,
    /// The metadata member or key that changed.
    pub subject: Subject,
    /// The earlier value, or for a key its type, size and thumbprint.
    pub before: Option<String>,
    /// The value or key after the change, in the same form.
    pub after: Option<String>,
    /// A remark for the reviewer: `same kid, new key`.
    pub note: Option<&'static str>,
    /// The item that generated code loses: `AcrValue::EidasLoaLow`.
    pub gone: Option<String>,
}

/// The effect of a change on a program, the most severe first.
///
/// ```
/// use idporten_config::document::ChangeKind;
///
/// assert!(ChangeKind::Breaking < ChangeKind::Addition);
/// assert_eq!(ChangeKind::Rotation.as_str(), "rotation");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The issuer or an endpoint moved, a member disappeared, a value was withdrawn, a capability was turned off, a requirement was
    /// added, the provider's description changed, or a private key was published.
    Breaking,
    /// A key was added, removed or replaced.
    Rotation,
    /// A member, a value or a capability was added.
    Addition,
    /// A value changed that no program depends on, such as the address of a page.
    Other,
}

/// The part of a document that changed.
///
/// ```
/// use idporten_config::document::{Subject, compare};
/// use idporten_config::{KnownEnvironment, Snapshot};
///
/// let before = KnownEnvironment::IdportenTest.bundled_snapshot();
/// let after = before.replace("\"eidas-loa-low\",", "");
/// let comparison = compare(&Snapshot::parse(before)?, &Snapshot::parse(after)?);
/// assert_eq!(comparison.changes[0].subject, Subject::Member("acr_values_supported".to_owned()));
/// # Ok::<(), idporten_config::document::SnapshotError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// A metadata member, by name. A name of more than 160 characters is cut.
    Member(String),
    /// A key, by its kid, if it has one.
    Key(Option<String>),
}

/// Compares two snapshots, usually of the same environment.
#[must_use]
pub fn compare(before: &Snapshot, after: &Snapshot) -> Comparison {
    let environment = after.provider().slug().to_owned();
    let mut comparison = Comparison { environment, changes: Vec::new(), counts: [0; 4] };
    members::changes(before.metadata_json(), after.metadata_json(), &mut comparison);
    let others = provider_changes(before, after).into_iter().chain(keys::changes(before.jwks(), after.jwks()));
    others.for_each(|change| comparison.add(change.kind, || change));
    // A stable sort: within a kind, the changes keep the order of the members and of the keys as served.
    comparison.changes.sort_by_key(|change| change.kind);
    comparison
}

/// Returns the changes of a provider's description.
fn provider_changes(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let said = |provider: &Provider| {
        let algs: Vec<_> = provider.signing_algs().iter().map(|alg| alg.as_str()).collect();
        [
            ("well_known_url", provider.well_known_url().to_owned()),
            ("provider.development", provider.is_development().to_string()),
            ("provider.endpoint_hosts", provider.endpoint_hosts().join(", ")),
            ("provider.issuer", provider.issuer().to_owned()),
            ("provider.product", provider.product().to_string()),
            ("provider.signing_algs", algs.join(", ")),
        ]
    };
    // Documents that both name the issuer are already compared by it.
    let names_issuer = |snapshot: &Snapshot| snapshot.metadata_json().contains("issuer");
    let is_repeated = |name| name == "provider.issuer" && names_issuer(before) && names_issuer(after);
    let pairs = said(before.provider()).into_iter().zip(said(after.provider()));
    let pairs = pairs.filter(|(before, after)| before != after && !is_repeated(before.0));
    pairs
        .map(|((name, before), (_, after))| Change {
            // Breaking even if something was added: the rules for documents follow the description, so that a program built with
            // the old one may refuse what the new one allows.
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
    /// Returns whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns the number of changes of a kind.
    #[must_use]
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.counts[kind as usize]
    }

    /// Returns the number of changes that [`changes`](Self::changes) leaves out: those of each kind after the first 1,000.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.counts.iter().sum::<usize>() - self.changes.len()
    }

    /// Counts a change, and makes it only if it is held.
    fn add(&mut self, kind: ChangeKind, change: impl FnOnce() -> Change) {
        let count = &mut self.counts[kind as usize];
        *count += 1;
        if *count <= MAX_CHANGES {
            self.changes.push(change());
        }
    }

    /// Returns the changes in one line: `1 breaking change, 1 key rotation`.
    #[must_use]
    pub fn summary(&self) -> String {
        report::summary(self)
    }

    /// Returns the changes as markdown for a pull request: a heading, a table, and the steps to take. Text from a provider is
    /// escaped.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        report::markdown(self)
    }

    /// Returns the changes as JSON for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let changes: Vec<Value> = self.changes.iter().map(Change::to_json).collect();
        let members = [
            ("environment", self.environment.as_str().into()),
            ("summary", self.summary().into()),
            ("changes", changes.into()),
            ("left_out", (self.left_out() as u64).into()),
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
    /// Returns the change as JSON for programs.
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
    /// Returns the name: `breaking`.
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
