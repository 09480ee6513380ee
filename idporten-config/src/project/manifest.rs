//! The environments that a program is built for, from `idporten.toml`, a build script, a macro or a command.

mod environments;
mod reader;
mod requirements;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::document::provider::Provider;
use crate::document::snapshot::Snapshot;
use crate::document::violation::printable;
use crate::environment::nearest::nearest;
use crate::environment::{KnownEnvironment, ProductName};
use crate::project::finding::{Finding, Place};
use crate::project::requirement::Requirement;

/// The manifest's file name.
pub const FILE_NAME: &str = "idporten.toml";

/// The directory of snapshots, beside the manifest, unless the manifest names another.
pub const DEFAULT_SNAPSHOTS: &str = "snapshots";

/// The age up to which a snapshot is current, unless the manifest sets another: 30 days.
pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The environments that a program is built for, and its requirements on them.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The manifest's directory, as a prefix of paths: empty, or ending in a slash.
    directory: String,
    /// The directory of snapshots, relative to the manifest's.
    snapshots: String,
    max_age: Duration,
    environments: Vec<Environment>,
    /// The requirements on every environment of a product, or on every environment if no product is named.
    pub(crate) requirements: Vec<(Option<ProductName>, Requirement)>,
    /// The kind of text to which help texts refer.
    pub(crate) route: Route,
}

/// The kind of text that a manifest's content was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Route {
    /// The file `idporten.toml`.
    #[default]
    File,
    /// A build script, through `Generator`.
    Builder,
    /// A macro's arguments.
    Macro,
    /// The arguments of a command.
    CommandLine,
}

/// One environment of a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// The slug.
    pub slug: String,
    /// The provider, from the table or as the manifest describes it. `None` for a slug that is in neither: its snapshot then
    /// describes it.
    pub provider: Option<Provider>,
    /// The path of its snapshot.
    pub path: String,
    /// The flag that is true if the bundled snapshot is used instead of that file.
    pub bundled: bool,
    /// The environment whose values are used while there is no snapshot.
    pub based_on: Option<String>,
    /// The place at which the manifest names it.
    pub place: Option<Place>,
    /// A snapshot that was fetched for this build and is used instead of any file.
    pub(crate) fetched: Option<Snapshot>,
}

impl Manifest {
    /// Reads a manifest's text. `file` is its path, as messages show it; the paths of snapshots are relative to its directory.
    ///
    /// Returns the readable part together with every mistake, so that as much as possible can be generated. A finding that
    /// names an environment leaves the other environments usable; any other finding concerns the manifest as a whole.
    #[must_use]
    pub fn parse(text: &str, file: &str) -> (Self, Vec<Finding>) {
        reader::manifest(text, file)
    }

    /// Makes a manifest without environments, which a build script fills.
    #[cfg(feature = "build")]
    pub(crate) fn of_builder() -> Self {
        Self { route: Route::Builder, ..Self::default() }
    }

    /// Makes the manifest of the macro `environment!`: one environment, with its snapshot at `snapshot`, at the usual path, or
    /// bundled.
    #[must_use]
    pub fn of_macro(slug: &str, snapshot: Option<String>, bundled: bool) -> Self {
        let mut manifest = Self { route: Route::Macro, ..Self::default() };
        manifest.add(slug, bundled);
        if let (Some(path), [environment]) = (snapshot, manifest.environments.as_mut_slice()) {
            environment.path = path;
        }
        manifest
    }

    /// Makes the manifest of a command that names environments: each by its slug, with `true` for the bundled snapshot and
    /// `false` for a file in the directory `snapshots`.
    pub fn of_command_line(snapshots: &str, environments: impl IntoIterator<Item = (String, bool)>) -> Self {
        let mut manifest = Self { route: Route::CommandLine, snapshots: snapshots.to_owned(), ..Self::default() };
        for (slug, bundled) in environments {
            manifest.add(&slug, bundled);
        }
        manifest
    }

    /// Adds an environment by its slug.
    pub(crate) fn add(&mut self, slug: &str, bundled: bool) {
        let provider = slug.parse::<KnownEnvironment>().ok().map(Provider::from);
        let path = self.usual_path(slug);
        let slug = slug.to_owned();
        let (based_on, place, fetched) = (None, None, None);
        self.environments.push(Environment { slug, provider, path, bundled, based_on, place, fetched });
    }

    /// Returns the environments, in the order of the text.
    #[must_use]
    pub fn environments(&self) -> &[Environment] {
        &self.environments
    }

    /// Returns the environment with this slug.
    #[must_use]
    pub fn environment(&self, slug: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.slug == slug)
    }

    /// Returns the slugs of the environments, in the order of the text.
    pub fn slugs(&self) -> impl Iterator<Item = &str> {
        self.environments.iter().map(|environment| environment.slug.as_str())
    }

    /// Returns the age up to which a snapshot is current.
    #[must_use]
    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    /// Sets the age up to which a snapshot is current.
    #[cfg(feature = "build")]
    pub(crate) fn set_max_age(&mut self, max_age: Duration) {
        self.max_age = max_age;
    }

    /// Sets the directory of snapshots. Unlike the directory that a manifest names, it is not relative to the manifest.
    #[cfg(feature = "build")]
    pub(crate) fn set_snapshots(&mut self, directory: &str) {
        self.directory.clear();
        directory.clone_into(&mut self.snapshots);
        let paths: Vec<String> = self.slugs().map(|slug| self.usual_path(slug)).collect();
        for (environment, path) in self.environments.iter_mut().zip(paths) {
            environment.path = path;
        }
    }

    /// Sets the snapshot that was just fetched, which is used instead of any other.
    #[cfg(all(feature = "build", feature = "fetch"))]
    pub(crate) fn set_fetched(&mut self, slug: &str, snapshot: &Snapshot) {
        for environment in self.environments.iter_mut().filter(|environment| environment.slug == slug) {
            environment.fetched = Some(snapshot.clone());
        }
    }

    /// Returns the directory of snapshots.
    #[must_use]
    pub fn snapshots_directory(&self) -> String {
        match self.snapshots.trim_end_matches('/') {
            "" | "." if self.directory.is_empty() => ".".to_owned(),
            "" | "." => self.directory.trim_end_matches('/').to_owned(),
            directory if directory.starts_with('/') => directory.to_owned(),
            directory => format!("{}{directory}", self.directory),
        }
    }

    /// Returns the path of a snapshot for which no other path is named.
    pub(crate) fn usual_path(&self, slug: &str) -> String {
        match self.snapshots_directory().as_str() {
            "." => format!("{slug}.json"),
            directory => format!("{directory}/{slug}.json"),
        }
    }

    /// Returns the error for an environment that the manifest at `file` does not name.
    #[must_use]
    pub fn not_named(&self, slug: &str, file: &str) -> Finding {
        let message = format!("`{}` is not an environment of `{}`", printable(slug), printable(file));
        let help = match (slug.parse::<KnownEnvironment>(), nearest(slug, self.slugs())) {
            (Ok(known), _) => format!(
                "add `[environments.{known}]` to it, name a directory of snapshots with `--snapshots`, or use `--bundled`"
            ),
            (Err(_), Some(near)) => format!("did you mean `{near}`?"),
            (Err(_), None) => "name one of those, or add it to the manifest".to_owned(),
        };
        Finding::error(message, help).note(format!("it names: {}", self.slugs().collect::<Vec<_>>().join(", ")))
    }
}

/// Returns the error for a slug that is neither in the table nor described.
#[must_use]
pub fn unknown_environment(slug: &str) -> Finding {
    let known: Vec<_> = KnownEnvironment::ALL.iter().map(|known| known.slug()).collect();
    let known = known.join(", ");
    let suggestion = slug.parse::<KnownEnvironment>().err().and_then(|unknown| unknown.suggestion());
    let help = match suggestion {
        Some(near) => format!("did you mean `{near}`? known: {known}"),
        None => format!(
            "known: {known}; describe any other in `{FILE_NAME}` with the keys `product`, `well-known-url` and `issuer`"
        ),
    };
    Finding::error(format!("unknown environment `{}`", printable(slug)), help)
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            directory: String::new(),
            snapshots: DEFAULT_SNAPSHOTS.to_owned(),
            max_age: DEFAULT_MAX_AGE,
            environments: Vec::new(),
            requirements: Vec::new(),
            route: Route::default(),
        }
    }
}

impl Route {
    /// Returns the text that selects the bundled snapshot of an environment.
    pub(crate) fn ask_for_bundled(self, slug: &str) -> String {
        match self {
            Self::File => "`bundled = true`".to_owned(),
            Self::Builder => format!("`.bundled(\"{slug}\")`"),
            Self::Macro => format!("`environment!(\"{slug}\", bundled)`"),
            Self::CommandLine => "`--bundled`".to_owned(),
        }
    }
}

impl Environment {
    /// Returns the environment of the table, if this is one.
    pub(crate) fn known(&self) -> Option<KnownEnvironment> {
        self.provider.as_ref().and_then(Provider::known)
    }

    /// Returns the provider, if the manifest describes it.
    pub(crate) fn described(&self) -> Option<&Provider> {
        self.provider.as_ref().filter(|provider| provider.known().is_none())
    }
}
