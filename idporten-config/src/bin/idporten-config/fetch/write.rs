//! The snapshot of one environment: what was fetched, held against the file there is.

use std::io::ErrorKind;
use std::path::Path;
use std::time::SystemTime;

use idporten_config::Snapshot;
use idporten_config::document::Comparison;
use idporten_config::fetch::{FetchError, Kind};
use idporten_config::internal::{Environment, Finding, Manifest, Update, leaked_key, read, update};

use crate::file;
use crate::output::{ExitStatus, VerbError};

/// The result for one environment.
pub(super) struct FetchResult {
    pub(super) slug: String,
    pub(super) path: String,
    pub(super) change: Result<FileChange, Failure>,
}

/// The change of the file of a snapshot.
pub(super) enum FileChange {
    New,
    Unchanged {
        as_of: String,
    },
    Renewed,
    Changed(Comparison),
    /// The old file could not be read, for this reason.
    Replaced(String),
    /// The environment was not fetched: it is retired or bundled, and was not named.
    LeftOut,
    /// The environment is a development server that is not running, and does without a snapshot.
    Absent {
        base: String,
    },
}

pub(super) struct Failure {
    pub(super) message: String,
    pub(super) status: ExitStatus,
}

impl FetchResult {
    pub(super) fn of(
        target: &Environment,
        fetched: Result<Snapshot, FetchError>,
        manifest: &Manifest,
        now: SystemTime,
    ) -> Self {
        let change = match fetched {
            Ok(snapshot) => write(target, &snapshot, manifest, now),
            Err(error) => absent(target, &error).ok_or_else(|| Failure::of_provider(error.to_string())),
        };
        Self { slug: target.slug.clone(), path: target.path.clone(), change }
    }

    pub(super) fn is_written(&self) -> bool {
        use FileChange as C;
        matches!(self.change, Ok(C::New | C::Renewed | C::Changed(_) | C::Replaced(_)))
    }
}

/// A development server need not run wherever snapshots are fetched, as long as no code rests on a snapshot of it.
fn absent(target: &Environment, error: &FetchError) -> Option<FileChange> {
    let base = target.based_on.clone().filter(|_| error.kind() == Kind::Network)?;
    let has_file = Path::new(&target.path).try_exists().unwrap_or(true);
    (!has_file).then_some(FileChange::Absent { base })
}

fn write(target: &Environment, new: &Snapshot, manifest: &Manifest, now: SystemTime) -> Result<FileChange, Failure> {
    if let Some(leaked) = leaked_key(new) {
        return Err(Failure::of_provider(format!(
            "the live key set holds a PRIVATE KEY ({leaked}): treat the key as public, and report it to the provider"
        )));
    }
    let text = new.to_string();
    if let Err(error) = Snapshot::parse(&text) {
        return Err(Failure::of_provider(format!("the live document cannot be kept as a snapshot: {error}")));
    }
    let path = Path::new(&target.path);
    let change = match read(path).map(Snapshot::parse) {
        Ok(Ok(old)) => match update(&old, new, manifest.max_age(), now) {
            Update::Unchanged => return Ok(FileChange::Unchanged { as_of: old.timestamp() }),
            Update::Older => return Err(Failure::older(&old, new)),
            Update::Renewed => FileChange::Renewed,
            Update::Changed(comparison) => FileChange::Changed(comparison),
        },
        Ok(Err(error)) => FileChange::Replaced(first_reason(&error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => FileChange::New,
        Err(error) => FileChange::Replaced(error.to_string()),
    };
    file::write_in_new_directory(path, &text).map_err(|error| Failure::of_file(&error))?;
    Ok(change)
}

/// The error without its advice, which is to do what is being done.
fn first_reason(error: &str) -> String {
    error.split("; ").next().unwrap_or(error).to_owned()
}

impl Failure {
    fn of_provider(message: String) -> Self {
        Self { message, status: ExitStatus::Unreachable }
    }

    fn of_file(error: &VerbError) -> Self {
        let message = error.findings.iter().map(|Finding { message, help, .. }| format!("{message}; {help}"));
        Self { message: message.collect::<Vec<_>>().join("; "), status: ExitStatus::BadInput }
    }

    fn older(old: &Snapshot, new: &Snapshot) -> Self {
        Self::of_provider(format!(
            "the mirror serves a document of {}, older than the snapshot of {}; look at the mirror's cache, or leave out `--mirror`",
            new.timestamp(),
            old.timestamp()
        ))
    }
}
