//! What a manifest resolves to: a snapshot for each environment, and everything that is wrong.
//!
//! Nothing here touches a disk or a clock: files are read through a function that the caller hands in.

mod judge;

use std::io;
use std::time::SystemTime;

use crate::document::json::{Object, object};
use crate::document::provider::Provider;
use crate::document::snapshot::{Origin, Snapshot, SnapshotError};
use crate::document::violation::printable;
use crate::environment::KnownEnvironment;
use crate::project::finding::Finding;
use crate::project::manifest::{Entry, Manifest, unknown_environment};

pub use judge::{days, from_the_future};
use judge::{drop_doubles, too_old, unmet};

/// How many violations of one snapshot are reported: a hostile one breaks rules by the thousand.
const MAX_REPORTED: usize = 50;

/// What code is generated from: a snapshot, and where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub(crate) snapshot: Snapshot,
    pub(crate) label: String,
    pub(crate) bundled: bool,
    /// Another environment whose values stand in, where there is no snapshot.
    pub(crate) based_on: Option<Base>,
}

/// The environment whose values stand in for those of another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Base {
    pub(crate) slug: String,
    pub(crate) values: Object,
}

/// What a manifest resolves to.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Resolved {
    /// What could be found, in the manifest's order.
    pub sources: Vec<Source>,
    /// What was found and may not be used, for it holds a private key: only to be looked at.
    pub leaked: Vec<Source>,
    /// What is wrong, in the same order.
    pub findings: Vec<Finding>,
    /// The files that were asked for, relative to the manifest's directory.
    pub files: Vec<File>,
}

/// A file that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Its path, relative to the manifest's directory.
    pub path: String,
    /// Whether it was there.
    pub present: bool,
}

impl Source {
    /// The bundled snapshot of an environment.
    ///
    /// # Errors
    ///
    /// None in a package that was released: its tests read every one.
    pub fn bundled(environment: KnownEnvironment) -> Result<Self, SnapshotError> {
        Ok(Self {
            snapshot: Snapshot::parse(environment.bundled_snapshot())?,
            label: format!("bundled with idporten-config {}", env!("CARGO_PKG_VERSION")),
            bundled: true,
            based_on: None,
        })
    }

    /// A snapshot that was just taken; `label` says from where.
    #[must_use]
    pub fn live(snapshot: Snapshot, label: &str) -> Self {
        Self { snapshot, label: label.to_owned(), bundled: false, based_on: None }
    }

    /// The snapshot.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Where it was found: a path, or that it is bundled.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The same source, its path as it is from `directory`, a path that ends in a slash, where it is below that: what is said
    /// in a file to be committed must not depend on where the tool was started.
    #[must_use]
    pub fn seen_from(mut self, directory: &str) -> Self {
        if let Some(path) = self.label.strip_prefix(directory).filter(|_| !self.bundled) {
            self.label = path.to_owned();
        }
        self
    }

    /// Where the values come from and of which day, and whether there are keys: `recorded 2024-07-30, without keys`.
    #[must_use]
    pub fn provenance(&self) -> String {
        describe(&self.snapshot)
    }

    /// Whether it is the bundled snapshot.
    #[must_use]
    pub fn is_bundled(&self) -> bool {
        self.bundled
    }

    /// The environment whose values stand in, where there is no snapshot of its own.
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

/// Finds the snapshots of a manifest and holds them against its requirements.
///
/// `read` reads a file by its path relative to the manifest's directory. Where `now` is given, snapshots older than the
/// manifest allows are warned of.
pub fn resolve(manifest: &Manifest, read: &dyn Fn(&str) -> io::Result<Vec<u8>>, now: Option<SystemTime>) -> Resolved {
    let mut resolution = Resolution { manifest, read, resolved: Resolved::default() };
    for entry in manifest.entries.iter().filter(|entry| entry.based_on.is_none()) {
        resolution.entry(entry);
    }
    for entry in manifest.entries.iter().filter(|entry| entry.based_on.is_some()) {
        resolution.entry(entry);
    }
    let mut resolved = resolution.resolved;
    let position = |slug: &str| manifest.environments().position(|other| other == slug);
    resolved.sources.sort_by_key(|source| position(source.provider().slug()));
    resolved.findings.extend(drop_doubles(&mut resolved.sources, manifest));
    if let Some(now) = now {
        resolved.findings.extend(resolved.sources.iter().filter_map(|source| too_old(source, manifest, now)));
    }
    resolved.findings.extend(unmet(manifest, &resolved.sources));
    resolved
}

struct Resolution<'a> {
    manifest: &'a Manifest,
    read: &'a dyn Fn(&str) -> io::Result<Vec<u8>>,
    resolved: Resolved,
}

impl Resolution<'_> {
    fn entry(&mut self, entry: &Entry) {
        if entry.bundled && entry.fetched.is_none() {
            return self.bundled(entry);
        }
        let path = self.manifest.path_of(entry);
        if path.contains(char::is_control) {
            let message = format!("{}: the path `{}` holds a control character", entry.slug, printable(&path));
            return self.report(entry, Finding::error(message, "name the directory of snapshots without it"));
        }
        let text = (self.read)(&path);
        let present = !matches!(&text, Err(error) if error.kind() == io::ErrorKind::NotFound);
        self.resolved.files.push(File { path: path.clone(), present });
        if let Some(snapshot) = entry.fetched.clone() {
            let label = "fetched for this build".to_owned();
            return self.resolved.sources.push(Source { snapshot, label, bundled: false, based_on: None });
        }
        match text {
            Ok(text) => self.snapshot(entry, path, &text),
            Err(_) if !present => match self.base_of(entry) {
                Some(source) => self.resolved.sources.push(source),
                None => self.missing(entry, &path),
            },
            Err(error) => {
                let message = format!("{}: `{path}` cannot be read: {error}", entry.slug);
                let help = format!("put a readable file there, or run `idporten-config fetch {}`", entry.slug);
                self.report(entry, Finding::error(message, help));
            }
        }
    }

    fn bundled(&mut self, entry: &Entry) {
        match entry.known().map(Source::bundled) {
            Some(Ok(source)) => self.resolved.sources.push(source),
            Some(Err(error)) => self.broken(entry, "the bundled snapshot", &error),
            None => self.unknown(entry),
        }
    }

    fn snapshot(&mut self, entry: &Entry, path: String, text: &[u8]) {
        let snapshot = match Snapshot::parse(text) {
            Ok(snapshot) => snapshot,
            Err(error) => return self.broken(entry, &path, &error),
        };
        let provider = snapshot.provider();
        let help = format!("run `idporten-config fetch {}`", printable(&entry.slug));
        if provider.slug() != entry.slug {
            let message = format!("{}: `{path}` is a snapshot of {}", printable(&entry.slug), provider.slug());
            return self.report(entry, Finding::error(message, help));
        }
        if entry.described.as_ref().is_some_and(|described| described != provider) {
            let message = format!("{}: `{path}` was taken for other settings than the manifest's", entry.slug);
            return self.report(entry, Finding::error(message, help));
        }
        if let Some(leaked) = leaked_key(&snapshot) {
            let message = format!("{}: `{path}` holds a private key: {leaked}", entry.slug);
            let help = format!(
                "take the key as known to everybody, tell the provider, and fetch anew once it is replaced: `idporten-config fetch {}`",
                entry.slug
            );
            self.resolved.leaked.push(Source { snapshot, label: path, bundled: false, based_on: None });
            return self.report(entry, Finding::error(message, help));
        }
        self.resolved.sources.push(Source { snapshot, label: path, bundled: false, based_on: None });
    }

    /// A source whose values are those of the environment it is based on. Its snapshot holds only what is certain.
    fn base_of(&self, entry: &Entry) -> Option<Source> {
        let (slug, provider) = (entry.based_on.as_deref()?, entry.described.clone()?);
        let base = self.resolved.sources.iter().find(|source| source.provider().slug() == slug)?;
        let certain = object([("issuer", provider.issuer().into())]);
        let mut values = base.snapshot.metadata_json().clone();
        values.set("issuer", provider.issuer().into());
        Some(Source {
            snapshot: Snapshot::new(provider, base.snapshot.as_of(), Origin::Documented, certain, None).ok()?,
            label: format!("no snapshot; values of {slug}"),
            bundled: false,
            based_on: Some(Base { slug: slug.to_owned(), values }),
        })
    }

    fn missing(&mut self, entry: &Entry, path: &str) {
        let slug = &entry.slug;
        if entry.based_on.is_some() {
            // What it is based on is missing too, and reported.
            return;
        }
        let message = format!("{slug}: no snapshot at `{}`", printable(path));
        let fetch = match &entry.snapshot {
            Some(_) => {
                format!("run `idporten-config fetch {slug}` and move the file there, or name the file that it writes")
            }
            None => format!("run `idporten-config fetch {slug}`"),
        };
        let help = match (entry.known(), &entry.described) {
            (Some(known), _) => {
                let what = Source::bundled(known).map(|source| describe(&source.snapshot)).unwrap_or_default();
                format!("{fetch}, or use the bundled one ({what}) with {}", self.manifest.route.ask_for_bundled(slug))
            }
            (None, Some(described)) if described.is_development() => {
                format!("{fetch} while it runs, or name an environment to stand in with `based-on`")
            }
            (None, Some(_)) => fetch,
            (None, None) => return self.unknown(entry),
        };
        self.report(entry, Finding::error(message, help));
    }

    fn unknown(&mut self, entry: &Entry) {
        self.report(entry, unknown_environment(&entry.slug));
    }

    fn broken(&mut self, entry: &Entry, path: &str, error: &SnapshotError) {
        for violation in error.violations().iter().take(MAX_REPORTED) {
            let mut finding = Finding::error(
                format!("{}: {violation}", printable(&entry.slug)),
                format!("run `idporten-config fetch {}` to take it anew", printable(&entry.slug)),
            );
            finding.notes.push(format!("in {}", printable(path)));
            self.report(entry, finding);
        }
    }

    fn report(&mut self, entry: &Entry, finding: Finding) {
        self.resolved.findings.push(finding.of(&entry.slug).at(entry.place.as_ref()));
    }
}

/// `recorded 2024-07-30, without keys`.
fn describe(snapshot: &Snapshot) -> String {
    let keys = if snapshot.jwks().is_none() { ", without keys" } else { "" };
    format!("{} {}{keys}", snapshot.origin(), snapshot.date())
}

/// Which entry of the key set publishes a private key, if one does.
#[must_use]
pub fn leaked_key(snapshot: &Snapshot) -> Option<String> {
    let leaked = snapshot.jwks()?.rejected().iter().find(|rejected| rejected.is_leaked())?;
    let kid = leaked.kid.as_deref().map(|kid| format!(", kid `{}`", printable(kid))).unwrap_or_default();
    Some(format!("entry {}{kid} {}", leaked.index, leaked.reason))
}

#[cfg(test)]
mod tests;
