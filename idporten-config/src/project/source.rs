//! A snapshot that code is generated from, and where it was found.

use crate::document::json::Object;
use crate::document::provider::Provider;
use crate::document::snapshot::{Snapshot, SnapshotError};
use crate::document::violation::printable;
use crate::environment::KnownEnvironment;

/// What code is generated from: a snapshot, and where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub(crate) snapshot: Snapshot,
    pub(crate) label: String,
    pub(crate) bundled: bool,
    pub(crate) based_on: Option<Base>,
}

/// The environment whose values stand in for those of another, which has no snapshot yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Base {
    pub(crate) slug: String,
    pub(crate) values: Object,
}

impl Source {
    /// Reads the bundled snapshot of an environment.
    ///
    /// # Errors
    ///
    /// None in a released package: its tests read every bundled snapshot.
    pub fn bundled(environment: KnownEnvironment) -> Result<Self, SnapshotError> {
        Ok(Self {
            snapshot: Snapshot::parse(environment.bundled_snapshot())?,
            label: format!("bundled with idporten-config {}", env!("CARGO_PKG_VERSION")),
            bundled: true,
            based_on: None,
        })
    }

    /// A snapshot that was read or fetched; `label` names the file or says where it came from.
    #[must_use]
    pub fn new(snapshot: Snapshot, label: impl Into<String>) -> Self {
        Self { snapshot, label: label.into(), bundled: false, based_on: None }
    }

    /// The snapshot.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The path of its file, or the words that say where else it was found.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Makes its path relative to `directory`, a path that ends in a slash, where the file is below it: what stands in a file to
    /// be committed must not depend on where the tool was started.
    #[must_use]
    pub fn relative_to(mut self, directory: &str) -> Self {
        if let Some(path) = self.label.strip_prefix(directory).filter(|_| !self.bundled) {
            self.label = path.to_owned();
        }
        self
    }

    /// The origin and day of its values, and whether there are keys: `recorded 2024-07-30, without keys`.
    #[must_use]
    pub fn provenance(&self) -> String {
        let keys = if self.snapshot.jwks().is_none() { ", without keys" } else { "" };
        format!("{} {}{keys}", self.snapshot.origin(), self.snapshot.date())
    }

    /// Whether it is the bundled snapshot.
    #[must_use]
    pub fn is_bundled(&self) -> bool {
        self.bundled
    }

    /// The environment whose values stand in, for an environment without a snapshot.
    #[must_use]
    pub fn based_on(&self) -> Option<&str> {
        self.based_on.as_ref().map(|base| base.slug.as_str())
    }

    /// The values that code is generated from.
    pub(crate) fn values(&self) -> &Object {
        self.based_on.as_ref().map_or(self.snapshot.metadata_json(), |base| &base.values)
    }

    pub(crate) fn provider(&self) -> &Provider {
        self.snapshot.provider()
    }
}

/// Returns which entry of the key set publishes a private key, if one does.
#[must_use]
pub fn leaked_key(snapshot: &Snapshot) -> Option<String> {
    let leaked = snapshot.jwks()?.rejected().iter().find(|rejected| rejected.is_leaked())?;
    let kid = leaked.kid.as_deref().map(|kid| format!(", kid `{}`", printable(kid))).unwrap_or_default();
    Some(format!("entry {}{kid} {}", leaked.index, leaked.reason))
}
