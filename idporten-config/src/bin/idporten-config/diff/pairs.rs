//! The snapshots that are compared with each other.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use idporten_config::Snapshot;
use idporten_config::internal::Finding;
use idporten_config::internal::MAX_SNAPSHOT_BYTES as MAX_BYTES;
use idporten_config::internal::is_slug;
use idporten_config::internal::read;

use super::{Arguments, Difference, What, different};
use crate::network::{provider, unreachable};
use crate::output::{Output, VerbError};

/// The snapshot that is named, and the live document of its environment.
pub(super) fn with_live(arguments: &Arguments, quiet: bool, output: &mut Output) -> Result<Difference, VerbError> {
    let before = snapshot(arguments, &arguments.before, output)?;
    let slug = before.provider().slug();
    let asked = match arguments.options.manifest(&[slug.to_owned()]) {
        Ok(manifest) => match manifest.environment(slug) {
            Some(target) => provider(target)?,
            None => before.provider().clone(),
        },
        Err(_) => before.provider().clone(),
    };
    let live = arguments.network.fetch(&asked, quiet)?.map_err(|error| unreachable(slug, &error))?;
    Ok(Difference::between(&before, &live))
}

/// Two snapshots, or each two of a name in two directories.
pub(super) fn of(arguments: &Arguments, after: &str, output: &mut Output) -> Result<Vec<Difference>, VerbError> {
    let before = arguments.before.as_str();
    match (Path::new(before).is_dir(), Path::new(after).is_dir()) {
        (true, true) => return directories(Path::new(before), Path::new(after)),
        (false, false) => {}
        _ => {
            let message = format!("`{before}` and `{after}` are not both directories");
            return Err(Finding::error(message, "name two snapshots, or two directories of them").into());
        }
    }
    if (before, after) == ("-", "-") {
        return Err(Finding::error("standard input can be read only once", "name a file for one of the two").into());
    }
    let (before, after) = (snapshot(arguments, before, output)?, snapshot(arguments, after, output)?);
    if before.provider().slug() != after.provider().slug() {
        output.notes(&[&before, &after].into_iter().filter_map(different::note).collect::<Vec<_>>());
    }
    Ok(vec![Difference::between(&before, &after)])
}

/// The snapshot that a word on the command line means. That of an environment is found as `show` finds it.
fn snapshot(arguments: &Arguments, word: &str, output: &mut Output) -> Result<Snapshot, VerbError> {
    if word == "-" {
        let mut text = Vec::new();
        let limited = io::stdin().lock().take(MAX_BYTES as u64 + 1).read_to_end(&mut text);
        return parsed("standard input", limited.map(|_| text));
    }
    if is_path(word) {
        return parsed(&format!("`{word}`"), read(Path::new(word)));
    }
    let loaded = arguments.options.load_one(word)?;
    output.notes(&loaded.notes);
    Ok(loaded.source.snapshot().clone())
}

fn parsed(name: &str, text: io::Result<Vec<u8>>) -> Result<Snapshot, VerbError> {
    let text = text.map_err(|error| {
        Finding::error(
            format!("{name} cannot be read: {error}"),
            "name a snapshot, or take it with `idporten-config fetch`",
        )
    })?;
    Snapshot::parse(text).map_err(|error| {
        Finding::error(format!("{name}: {error}"), "name a snapshot; `idporten-config check --offline` says more")
            .into()
    })
}

/// Returns whether the word is a path: a slug has none of these characters, and an existing file wins.
fn is_path(word: &str) -> bool {
    word.contains(['/', '\\', '.']) || Path::new(word).is_file()
}

type Files = BTreeMap<String, Result<Snapshot, String>>;

fn directories(before: &Path, after: &Path) -> Result<Vec<Difference>, VerbError> {
    let (mut old, new) = (files(before)?, files(after)?);
    let (mut differences, mut broken) = (Vec::new(), Vec::new());
    for (name, new) in new {
        let what = match (old.remove(&name), new) {
            (_, Err(reason)) => {
                let message = format!("`{}`: {reason}", after.join(name).display());
                broken.push(Finding::error(message, "fix it, or fetch it again with `idporten-config fetch`"));
                continue;
            }
            (Some(Ok(old)), Ok(new)) => {
                differences.push(Difference::between(&old, &new));
                continue;
            }
            (None, Ok(new)) => What::Added(Box::new(new)),
            (Some(Err(reason)), Ok(new)) => What::Replaced(Box::new(new), reason),
        };
        differences.push(Difference { environment: stem(&name), what });
    }
    differences.extend(old.into_keys().map(|name| Difference { environment: stem(&name), what: What::Removed }));
    if broken.is_empty() { Ok(differences) } else { Err(broken.into()) }
}

fn stem(name: &str) -> String {
    name.strip_suffix(".json").unwrap_or(name).to_owned()
}

/// The snapshots of a directory, by file name.
fn files(directory: &Path) -> Result<Files, VerbError> {
    let unreadable = |error: io::Error| {
        let message = format!("`{}` cannot be read: {error}", directory.display());
        Finding::error(message, "name a directory of snapshots")
    };
    let mut files = Files::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.strip_suffix(".json").is_some_and(is_slug) && path.is_file() {
            let text = read(&path).map_err(|error| error.to_string());
            let snapshot = text.and_then(|text| Snapshot::parse(text).map_err(|error| error.to_string()));
            let named = snapshot.and_then(|snapshot| match snapshot.provider().slug() {
                slug if slug == stem(&name) => Ok(snapshot),
                slug => Err(format!("it is a snapshot of {slug}")),
            });
            files.insert(name, named);
        }
    }
    Ok(files)
}
