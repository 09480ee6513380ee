//! A project on disk: its manifest, its requirements, its snapshots, and the findings about them.

mod check;
mod duplicates;
#[cfg(feature = "fetch")]
mod fetching;
mod file;
pub(crate) mod finding;
mod locate;
pub(crate) mod manifest;
pub(crate) mod requirement;
pub(crate) mod shared;
pub(crate) mod source;
mod times;

use std::io;
use std::path::{Path, PathBuf};

use crate::document::snapshot::MAX_BYTES;

pub use check::{Report, days};
#[cfg(feature = "fetch")]
pub use fetching::{Update, is_retired, live_leak, provider_of, update};
pub use file::read;
pub use finding::{Finding, Place, Severity, escape_control};
pub use locate::File;
pub use manifest::{DEFAULT_MAX_AGE, DEFAULT_SNAPSHOTS, Environment, FILE_NAME, Manifest, Route, unknown_environment};
pub use requirement::{Expected, Requirement};
pub use shared::{Shared, SharedList};
pub use source::{Source, leaked_key};
pub use times::Times;

/// A manifest, and the directory that its paths are relative to.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
    manifest: Manifest,
    /// The manifest's path, relative to the root, if it was read from a file.
    file: Option<String>,
    /// The mistakes in the manifest.
    findings: Vec<Finding>,
    /// The environments that a check is limited to. If empty, a check covers all of them.
    only: Vec<String>,
}

impl Project {
    /// Reads the manifest at `file`, a path relative to `root`. Mistakes in it are among the findings of [`check`](Self::check).
    #[must_use]
    pub fn open(root: &Path, file: &str) -> Self {
        let (manifest, findings) = match read(&root.join(file)).map(String::from_utf8) {
            // `read` stops one byte after the limit, so that a longer file is refused here rather than parsed in part.
            Ok(Ok(text)) if text.len() > MAX_BYTES => unreadable(file, "too large", "shorten it"),
            Ok(Ok(text)) => Manifest::parse(&text, file),
            Ok(Err(_)) => unreadable(file, "not UTF-8", "save it as UTF-8"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Manifest::default(), vec![missing(file)]),
            Err(error) => unreadable(file, &error.to_string(), "put a readable file there"),
        };
        Self { root: root.to_owned(), manifest, file: Some(file.to_owned()), findings, only: Vec::new() }
    }

    /// Makes a project whose manifest is not in a file.
    #[must_use]
    pub fn of(root: &Path, manifest: Manifest) -> Self {
        Self { root: root.to_owned(), manifest, file: None, findings: Vec::new(), only: Vec::new() }
    }

    /// Limits a check to these environments. An empty list means all of them.
    #[must_use]
    pub fn only(mut self, slugs: &[String]) -> Self {
        slugs.clone_into(&mut self.only);
        self
    }

    /// Returns the manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    #[cfg(feature = "build")]
    pub(crate) fn manifest_mut(&mut self) -> &mut Manifest {
        &mut self.manifest
    }

    /// Returns the mistakes in the manifest itself.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The manifest's path, relative to the root, if it was read from a file.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Returns a path of the manifest, joined to the root.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Reads the snapshots and reports every finding, the mistakes in the manifest first.
    #[must_use]
    pub fn check(&self, times: Times) -> Report {
        let read = |path: &str| read(&self.root.join(path));
        let mut report = self.manifest.check(&self.only, &read, times);
        let is_wanted = |finding: &&Finding| {
            let of = finding.environment.as_ref();
            self.only.is_empty() || of.is_none_or(|slug| self.only.contains(slug))
        };
        // First: a mistake in the manifest often is the cause of the findings after it.
        report.findings.splice(0..0, self.findings.iter().filter(is_wanted).cloned());
        report
    }
}

fn missing(file: &str) -> Finding {
    let help = format!(
        "create it with a table for each environment, such as `[environments.idporten-test]`; if one `{FILE_NAME}` serves \
         several packages, name its path"
    );
    Finding::error(format!("no manifest at `{file}`"), help)
}

fn unreadable(file: &str, reason: &str, help: &str) -> (Manifest, Vec<Finding>) {
    let place = Place::new(file, None, "");
    let finding = Finding::error(format!("the manifest cannot be read: {reason}"), help);
    (Manifest::default(), vec![finding.at(Some(&place))])
}
