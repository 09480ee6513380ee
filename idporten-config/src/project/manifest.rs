//! What a program is built for: `idporten.toml`, or the same said in a build script or a macro.

mod read;

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

/// The directory of snapshots where none is named, beside the manifest.
pub const DEFAULT_SNAPSHOTS: &str = "snapshots";

/// How old a snapshot may be where nothing is said: 30 days.
pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The environments a program is built for, and what it requires of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Where the manifest is, as a prefix of its paths: empty, or ending in a slash.
    pub(crate) directory: String,
    /// The directory of snapshots, relative to the manifest's own.
    pub(crate) snapshots: String,
    /// How old a snapshot may be: a build warns of older ones, `check` fails.
    pub(crate) max_age: Duration,
    /// The environments, in the order of the text.
    pub(crate) entries: Vec<Entry>,
    /// What is required of every environment of a product; of all of them where no product is named.
    pub(crate) requirements: Vec<(Option<ProductName>, Requirement)>,
    /// Where it is written: messages speak that language.
    pub(crate) route: Route,
}

/// Where a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Route {
    /// In `idporten.toml`.
    #[default]
    File,
    /// In a build script.
    Builder,
    /// In a macro.
    Macro,
    /// On the tool's command line.
    CommandLine,
}

/// What a fetch of an environment needs to know.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Target {
    /// The environment, by slug.
    pub slug: String,
    /// What is known of it; nothing where only its snapshot can say.
    pub provider: Option<Provider>,
    /// Where its snapshot is.
    pub path: String,
    /// Whether the bundled snapshot is used in place of that file.
    pub bundled: bool,
    /// The environment whose values stand in where there is no such file.
    pub based_on: Option<String>,
}

/// One environment of a manifest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) slug: String,
    /// What the manifest says of an environment that is not in the table.
    pub(crate) described: Option<Provider>,
    /// Whether the bundled snapshot is asked for.
    pub(crate) bundled: bool,
    /// The environment whose names and values stand in where there is no snapshot.
    pub(crate) based_on: Option<String>,
    /// The snapshot's path, where it is not the usual one.
    pub(crate) snapshot: Option<String>,
    pub(crate) place: Option<Place>,
    /// A snapshot that was just taken, which wins over any file.
    pub(crate) fetched: Option<Snapshot>,
}

impl Manifest {
    /// Reads a manifest's text. `file` is its name in messages.
    ///
    /// Everything that is wrong with it is returned beside what could be read, each with its line, so that as much as possible
    /// can be generated.
    #[must_use]
    pub fn parse(text: &str, file: &str) -> (Self, Vec<Finding>) {
        read::manifest(text, file)
    }

    /// One environment as a macro names it: its snapshot at `snapshot`, or at the usual path, or the bundled one.
    #[must_use]
    pub fn of_macro(slug: &str, snapshot: Option<String>, bundled: bool) -> Self {
        let entries = vec![Entry { bundled, snapshot, ..Entry::new(slug) }];
        Self { entries, route: Route::Macro, ..Self::default() }
    }

    /// The environments that a command line names: for each its slug, and whether its snapshot is the bundled one rather than
    /// a file in the directory `snapshots`.
    pub fn of_command_line(snapshots: &str, environments: impl IntoIterator<Item = (String, bool)>) -> Self {
        let entries = environments.into_iter().map(|(slug, bundled)| Entry { bundled, ..Entry::new(&slug) }).collect();
        Self { entries, snapshots: snapshots.to_owned(), route: Route::CommandLine, ..Self::default() }
    }

    /// The slugs of its environments, in the order of the text.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.slug.as_str())
    }

    /// What is said to whoever asks for an environment that the manifest, at `file`, does not name.
    #[must_use]
    pub fn not_named(&self, slug: &str, file: &str) -> Finding {
        let message = format!("`{}` is not an environment of `{}`", printable(slug), printable(file));
        let help = match (slug.parse::<KnownEnvironment>(), nearest(slug, self.environments())) {
            (Ok(known), _) => format!(
                "add `[environments.{known}]` to it; without it, name a directory with `--snapshots`, or use `--bundled`"
            ),
            (Err(_), Some(near)) => format!("did you mean `{near}`?"),
            (Err(_), None) => "name one of those, or add it to the manifest".to_owned(),
        };
        Finding::error(message, help).note(format!("it names: {}", self.environments().collect::<Vec<_>>().join(", ")))
    }

    /// Where an environment is named.
    #[must_use]
    pub fn place_of(&self, slug: &str) -> Option<&Place> {
        self.entries.iter().find(|entry| entry.slug == slug)?.place.as_ref()
    }

    /// How old a snapshot may be.
    #[must_use]
    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    /// Adds what a build script says beside the file; what it sets wins.
    #[cfg(feature = "build")]
    pub(crate) fn add(&mut self, other: Self, snapshots: Option<String>, max_age: Option<Duration>) {
        self.entries.extend(other.entries);
        self.requirements.extend(other.requirements);
        self.max_age = max_age.unwrap_or(self.max_age);
        if let Some(snapshots) = snapshots {
            self.snapshots = snapshots;
            self.directory.clear();
        }
    }

    /// The environments that it describes or that the table has: those that can be fetched.
    #[must_use]
    pub fn providers(&self) -> Vec<Provider> {
        self.targets().into_iter().filter_map(|target| target.provider).collect()
    }

    /// Each environment as a fetch sees it, in the order of the text. Paths start from where those of a project do.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let target = |entry: &Entry| Target {
            slug: entry.slug.clone(),
            provider: entry.described.clone().or_else(|| entry.known().map(Provider::from)),
            path: self.path_of(entry),
            bundled: entry.bundled,
            based_on: entry.based_on.clone(),
        };
        self.entries.iter().map(target).collect()
    }

    /// Uses a snapshot that was just taken in place of any other.
    #[cfg(all(feature = "build", feature = "fetch"))]
    pub(crate) fn set_fetched(&mut self, slug: &str, snapshot: &Snapshot) {
        for entry in self.entries.iter_mut().filter(|entry| entry.slug == slug) {
            entry.fetched = Some(snapshot.clone());
        }
    }

    /// Makes its paths start from another directory than its own, to which `directory` leads.
    pub(crate) fn move_to(&mut self, directory: &str) {
        directory.clone_into(&mut self.directory);
    }

    /// The directory of snapshots.
    #[must_use]
    pub fn snapshots_directory(&self) -> String {
        match self.snapshots.trim_end_matches('/') {
            "" | "." if self.directory.is_empty() => ".".to_owned(),
            "" | "." => self.directory.trim_end_matches('/').to_owned(),
            directory if directory.starts_with('/') => directory.to_owned(),
            directory => format!("{}{directory}", self.directory),
        }
    }

    /// The path of the snapshot of an environment.
    pub(crate) fn path_of(&self, entry: &Entry) -> String {
        match (&entry.snapshot, self.snapshots_directory().as_str()) {
            (Some(path), _) => path.clone(),
            (None, ".") => format!("{}.json", entry.slug),
            (None, directory) => format!("{directory}/{}.json", entry.slug),
        }
    }
}

/// What is said of a slug that is neither in the table nor described.
#[must_use]
pub fn unknown_environment(slug: &str) -> Finding {
    let known: Vec<_> = KnownEnvironment::ALL.iter().map(|known| known.slug()).collect();
    let suggestion = slug.parse::<KnownEnvironment>().err().and_then(|unknown| unknown.suggestion());
    let help = match suggestion {
        Some(near) => format!("did you mean `{near}`? known: {}", known.join(", ")),
        None => format!("known: {}; one's own is described in `{FILE_NAME}`", known.join(", ")),
    };
    Finding::error(format!("unknown environment `{}`", printable(slug)), help)
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            directory: String::new(),
            snapshots: DEFAULT_SNAPSHOTS.to_owned(),
            max_age: DEFAULT_MAX_AGE,
            entries: Vec::new(),
            requirements: Vec::new(),
            route: Route::default(),
        }
    }
}

impl Route {
    /// How to ask for the bundled snapshot of an environment.
    pub(crate) fn ask_for_bundled(self, slug: &str) -> String {
        match self {
            Self::File => "`bundled = true`".to_owned(),
            Self::Builder => format!("`.bundled(\"{slug}\")`"),
            Self::Macro => format!("`environment!(\"{slug}\", bundled)`"),
            Self::CommandLine => "`--bundled`".to_owned(),
        }
    }
}

impl Entry {
    pub(crate) fn new(slug: &str) -> Self {
        Self {
            slug: slug.to_owned(),
            described: None,
            bundled: false,
            based_on: None,
            snapshot: None,
            place: None,
            fetched: None,
        }
    }

    /// The row of the table, if it is one of those.
    pub(crate) fn known(&self) -> Option<KnownEnvironment> {
        self.slug.parse().ok()
    }
}

#[cfg(test)]
mod tests;
