//! `fetch`: live documents to snapshots.

mod report;
mod update;

use std::io::ErrorKind;
use std::path::Path;
use std::time::SystemTime;

use clap::Args;
use idporten_config::Snapshot;
use idporten_config::document::Comparison;
use idporten_config::document::Provider;
use idporten_config::fetch::{FetchError, Fetcher, Kind};
use idporten_config::internal::Finding;
use idporten_config::internal::leaked_key;
use idporten_config::internal::read;
use idporten_config::internal::{Manifest, Target};
use update::{Update, update};

use crate::command::command;
use crate::file;
use crate::manifest_options::{ManifestOptions, distinct};
use crate::network::{NetworkOptions, is_retired, provider};
use crate::output::{ExitStatus, Output, VerbError, progress};

/// Take snapshots of the live documents.
///
/// The environments are asked side by side. A snapshot is written whole or not at all, and left untouched where its content is
/// the live one and it is younger than half of the manifest's `max-age` (30 days where nothing is said). Where one environment
/// fails, the others are written all the same.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The environments, by slug; all of the manifest where none is named
    ///
    /// Environments that are retired, or whose snapshot is the bundled one by the manifest, are fetched only where they are named.
    #[arg(value_name = "ENV")]
    environments: Vec<String>,
    #[command(flatten)]
    place: ManifestOptions,
    #[command(flatten)]
    live: NetworkOptions,
    /// Print a JSON object, for programs
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  idporten-config fetch
  idporten-config fetch idporten-test maskinporten-test
  idporten-config fetch idporten-prod --mirror https://mirror.example/idporten --ca-file ca.pem
  idporten-config fetch --json | jq -r '.environments[] | select(.status == \"failed\") | .error'

Exit codes:
  0  every snapshot is up to date
  2  a mistake in the command or the manifest: nothing was fetched; or a file cannot be written
  3  the network or a provider failed: its snapshot is as it was";

/// An environment to fetch.
struct Wanted {
    provider: Provider,
    target: Target,
}

/// What became of one.
struct Fetched {
    slug: String,
    path: String,
    result: Result<Written, Failure>,
}

/// What was done with the file.
enum Written {
    New,
    Unchanged {
        as_of: String,
    },
    Renewed,
    Changed(Comparison),
    /// The old file could not be read, and why.
    Replaced(String),
    /// Nothing: it is retired, or its snapshot is the bundled one by the manifest, and nobody named it.
    LeftOut,
    /// A development environment that is not running, and that does without a snapshot.
    Absent {
        base: String,
    },
}

struct Failure {
    message: String,
    status: ExitStatus,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Output, VerbError> {
    let names = distinct(&arguments.environments);
    let manifest = arguments.place.manifest(&names)?;
    let mut output = Output::default();
    let (wanted, left_out) = wanted(&manifest, &names, &mut output)?;
    let fetcher = arguments.live.fetcher()?;
    let width = wanted.iter().map(|wanted| wanted.target.slug.chars().count()).max().unwrap_or_default();
    let mut all = fetch(&fetcher, &wanted, &manifest, |one| {
        if !arguments.json {
            progress(&report::line(one, width));
        }
    });
    all.extend(left_out);
    let targets = manifest.targets();
    all.sort_by_key(|one| targets.iter().position(|target| target.slug == one.slug));
    output.status = report::status(&all);
    output.text = if arguments.json {
        report::in_json(&all).to_string()
    } else {
        report::summary(&all, &manifest.snapshots_directory())
    };
    Ok(output)
}

/// The environments that are named, or those of the manifest that are there to be fetched, and those that are left out, which is
/// said.
fn wanted(
    manifest: &Manifest,
    names: &[String],
    output: &mut Output,
) -> Result<(Vec<Wanted>, Vec<Fetched>), VerbError> {
    let (mut left_out, mut bundled) = (Vec::new(), Vec::new());
    let skip = |target: &Target| Fetched {
        slug: target.slug.clone(),
        path: target.path.clone(),
        result: Ok(Written::LeftOut),
    };
    let is_named = |target: &Target| names.contains(&target.slug);
    let (mut wanted, mut mistakes) = (Vec::new(), Vec::new());
    for target in manifest.targets().into_iter().filter(|target| names.is_empty() || is_named(target)) {
        let slug = target.slug.as_str();
        match provider(&target) {
            Ok(provider) if names.is_empty() && is_retired(&provider) => {
                output.note(&format!("{slug}: retired, so it is not fetched; name it to try all the same"));
                left_out.push(skip(&target));
            }
            Ok(_) if names.is_empty() && target.bundled => {
                output.note(&format!("{slug}: `bundled = true`, so it is not fetched; name it, and remove that line"));
                left_out.push(skip(&target));
                bundled.push(target.slug);
            }
            Ok(provider) => {
                if target.bundled {
                    output
                        .note(&format!("{slug}: a build does not use its snapshot until you remove `bundled = true`"));
                }
                wanted.push(Wanted { provider, target });
            }
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes.into());
    }
    if wanted.is_empty() && !bundled.is_empty() {
        let fetch = command(std::iter::once("fetch").chain(bundled.iter().map(String::as_str)));
        output.note(&format!("nothing to fetch: run `{fetch}`, and then remove `bundled = true` from the manifest"));
    } else if wanted.is_empty() {
        output.note("nothing to fetch: add to the manifest an environment that is in use, or name one that is retired");
    }
    Ok((wanted, left_out))
}

/// Fetches them side by side, and writes and reports each as it ends. The clock is the real one: when a document was live is a
/// statement of fact.
fn fetch(fetcher: &Fetcher, wanted: &[Wanted], manifest: &Manifest, mut each: impl FnMut(&Fetched)) -> Vec<Fetched> {
    let providers: Vec<Provider> = wanted.iter().map(|wanted| wanted.provider.clone()).collect();
    let now = SystemTime::now();
    let mut all = Vec::new();
    fetcher.fetch_all(&providers, now, |provider, result| {
        let Some(Wanted { target, .. }) = wanted.iter().find(|wanted| wanted.target.slug == provider.slug()) else {
            return;
        };
        let result = match result {
            Ok(snapshot) => write(target, &snapshot, manifest, now),
            Err(error) => absent(target, &error).ok_or_else(|| Failure::of_provider(error.to_string())),
        };
        let one = Fetched { slug: target.slug.clone(), path: target.path.clone(), result };
        each(&one);
        all.push(one);
    });
    all
}

/// A mock need not run wherever snapshots are taken, as long as nothing rests on a snapshot of it.
fn absent(target: &Target, error: &FetchError) -> Option<Written> {
    let base = target.based_on.clone().filter(|_| error.kind() == Kind::Network)?;
    let has_file = Path::new(&target.path).try_exists().unwrap_or(true);
    (!has_file).then_some(Written::Absent { base })
}

fn write(target: &Target, new: &Snapshot, manifest: &Manifest, now: SystemTime) -> Result<Written, Failure> {
    if let Some(leaked) = leaked_key(new) {
        return Err(Failure::of_provider(format!(
            "the live key set holds a PRIVATE KEY ({leaked}): take it as known to everybody, and tell the provider"
        )));
    }
    let text = new.to_string();
    if let Err(error) = Snapshot::parse(&text) {
        return Err(Failure::of_provider(format!("what is served cannot be kept as a snapshot: {error}")));
    }
    let path = Path::new(&target.path);
    let written = match read(path).map(Snapshot::parse) {
        Ok(Ok(old)) => match update(&old, new, manifest.max_age(), now) {
            Update::Unchanged => return Ok(Written::Unchanged { as_of: old.timestamp() }),
            Update::Older => return Err(Failure::older(&old, new)),
            Update::Renewed => Written::Renewed,
            Update::Changed(comparison) => Written::Changed(comparison),
        },
        Ok(Err(error)) => Written::Replaced(first_reason(&error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => Written::New,
        Err(error) => Written::Replaced(error.to_string()),
    };
    file::write_in_new_directory(path, &text).map_err(|error| Failure::of_file(&error))?;
    Ok(written)
}

/// What a broken file is said to be, without the advice to do what is being done.
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
        let (old, new) = (old.timestamp(), new.timestamp());
        Self::of_provider(format!(
            "the mirror serves what was live at {new}, and the snapshot is of {old}: see to the mirror"
        ))
    }
}
