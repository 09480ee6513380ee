//! A snapshot that code is generated from, and where it was found.

use crate::document::json::Object;
use crate::document::provider::Provider;
use crate::document::snapshot::{Snapshot, SnapshotError};
use crate::document::violation::printable;
use crate::environment::KnownEnvironment;

/// A snapshot that code is generated from, and the place where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub(crate) snapshot: Snapshot,
    pub(crate) label: String,
    pub(crate) bundled: bool,
    pub(crate) based_on: Option<Base>,
}

/// The environment whose values are used for another that has no snapshot yet.
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
    /// Returns the rules that the bundled snapshot breaks. The tests read every bundled snapshot, so that a released package
    /// returns no error.
    pub fn bundled(environment: KnownEnvironment) -> Result<Self, SnapshotError> {
        Ok(Self {
            snapshot: Snapshot::parse(environment.bundled_snapshot())?,
            label: format!("bundled with idporten-config {}", env!("CARGO_PKG_VERSION")),
            bundled: true,
            based_on: None,
        })
    }

    /// Makes a source from a snapshot that was read or fetched. `label` names the file or the origin.
    #[must_use]
    pub fn new(snapshot: Snapshot, label: impl Into<String>) -> Self {
        Self { snapshot, label: label.into(), bundled: false, based_on: None }
    }

    /// Returns the snapshot.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Returns the path of the file, or words for another origin.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Makes the path relative to `directory`, a path that ends in a slash, if the file is below it. A file to be committed
    /// must not depend on the directory in which the tool was started.
    #[must_use]
    pub fn relative_to(mut self, directory: &str) -> Self {
        if let Some(path) = self.label.strip_prefix(directory).filter(|_| !self.bundled) {
            self.label = path.to_owned();
        }
        self
    }

    /// Returns the origin and day of the values, and whether there are keys: `recorded 2024-07-30, without keys`.
    #[must_use]
    pub fn provenance(&self) -> String {
        let keys = if self.snapshot.jwks().is_none() { ", without keys" } else { "" };
        format!("{} {}{keys}", self.snapshot.origin(), self.snapshot.date())
    }

    /// Returns whether the snapshot is the bundled one.
    #[must_use]
    pub fn is_bundled(&self) -> bool {
        self.bundled
    }

    /// Returns the environment whose values are used, for an environment without a snapshot.
    #[must_use]
    pub fn based_on(&self) -> Option<&str> {
        self.based_on.as_ref().map(|base| base.slug.as_str())
    }

    /// Returns the values that code is generated from.
    pub(crate) fn values(&self) -> &Object {
        self.based_on.as_ref().map_or(self.snapshot.metadata_json(), |base| &base.values)
    }

    pub(crate) fn provider(&self) -> &Provider {
        self.snapshot.provider()
    }
}

/// Returns a description of the entry of the key set that publishes a private key, if there is one.
#[must_use]
pub fn leaked_key(snapshot: &Snapshot) -> Option<String> {
    let leaked = snapshot.jwks()?.rejected().iter().find(|rejected| rejected.is_leaked())?;
    let kid = leaked.kid.as_deref().map(|kid| format!(", kid `{}`", printable(kid))).unwrap_or_default();
    Some(format!("entry {}{kid} {}", leaked.index, leaked.reason))
}
