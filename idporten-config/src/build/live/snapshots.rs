//! The live snapshots of a project's environments, and what a build uses instead.

use std::time::{Duration, SystemTime};

use super::{Mode, NOTHING_FETCHED, failed};
use crate::build::Cargo;
use crate::document::Snapshot;
use crate::fetch::{FetchError, Fetcher, Kind, Options};
use crate::project::{Environment, Finding, Project, Source, Update, is_retired, live_leak, provider_of, update};

const HELP: &str = "check that the provider can be reached, or unset `IDPORTEN_CONFIG_FETCH`";

/// Fetches the snapshots. A finding says why one is not used.
pub(super) fn fetch_in(mode: Mode, project: &mut Project, cargo: &Cargo) -> Vec<Finding> {
    let now = SystemTime::now();
    let results = match live_snapshots(project, now) {
        Ok(results) => results,
        Err(error) => {
            let message = format!("no snapshot can be fetched: {error}");
            return vec![failed(mode, Finding::error(message, HELP), NOTHING_FETCHED)];
        }
    };
    let max_age = project.manifest().max_age();
    // What the build uses where nothing is fetched.
    let sources = project.check(cargo.times).sources;
    let mut findings = Vec::new();
    for (slug, result) in results {
        let source = sources.iter().find(|source| source.provider().slug() == slug);
        let usable = result.and_then(|live| usable(live, source, max_age, now));
        match usable.and_then(|live| cargo.keep(live)) {
            Ok(live) => project.manifest_mut().set_fetched(&slug, &live),
            Err(error) => findings.push(failed(mode, error.of(&slug), &instead(source))),
        }
    }
    findings
}

type Live = Result<Snapshot, Box<Finding>>;

/// Returns the live snapshot of each environment that is not retired, or the reason why there is none.
fn live_snapshots(project: &Project, now: SystemTime) -> Result<Vec<(String, Live)>, FetchError> {
    let fetcher = Fetcher::new(Options::from_env(&|name| std::env::var(name).ok())?)?;
    let environments = project.manifest().environments();
    // What is wrong with a snapshot that is to name its provider is reported where it is read as a source.
    let provider = |it: &Environment| provider_of(it, &project.path(&it.path)).ok();
    let providers: Vec<_> = environments.iter().filter_map(provider).filter(|provider| !is_retired(provider)).collect();
    let has_stand_in = |it: &&Environment| it.based_on.is_some() && !project.path(&it.path).exists();
    let stood_in_for: Vec<_> = environments.iter().filter(has_stand_in).map(|it| it.slug.as_str()).collect();
    let mut results = Vec::new();
    fetcher.fetch_all(&providers, now, |provider, result| {
        let slug = provider.slug();
        match result {
            // A development server need not run wherever its program is built: without a snapshot, the values of its base are used.
            Err(error) if error.kind() == Kind::Network && stood_in_for.contains(&slug) => {}
            result => {
                let failed = |error| Box::new(Finding::error(format!("{slug}: not fetched: {error}"), HELP));
                results.push((slug.to_owned(), result.map_err(failed)));
            }
        }
    });
    // In the order of the environments, so that the findings stand in the same order at each build.
    results.sort_by_key(|(slug, _)| providers.iter().position(|provider| provider.slug() == slug));
    Ok(results)
}

/// Returns the live snapshot, unless it must not replace `source`, which the build uses otherwise.
fn usable(live: Snapshot, source: Option<&Source>, max_age: Duration, now: SystemTime) -> Live {
    if let Some(error) = live_leak(&live) {
        return Err(error.into());
    }
    // The values of another environment are no snapshot of this one.
    let old = source.filter(|source| source.based_on().is_none()).map(Source::snapshot);
    let Some(old) = old else { return Ok(live) };
    match update(old, &live, max_age, now) {
        Update::Older => {
            let (slug, of, than) = (live.provider().slug(), live.timestamp(), old.timestamp());
            let message = format!("{slug}: the mirror serves a document of {of}, older than the snapshot of {than}");
            Err(Finding::error(message, "look at the mirror's cache, or unset `IDPORTEN_CONFIG_MIRROR`").into())
        }
        // A mirror may date the same content earlier than it was seen here.
        Update::Unchanged if live.as_of() < old.as_of() => Ok(old.clone()),
        _ => Ok(live),
    }
}

/// Returns the end of a warning, which says what the build uses instead. Where there is nothing, the check of the project says so.
fn instead(source: Option<&Source>) -> String {
    match source.map(|source| (source.based_on(), source.is_bundled())) {
        None => String::new(),
        Some((Some(base), _)) => format!("; the values of {base} are used"),
        Some((None, true)) => "; the bundled snapshot is used".to_owned(),
        Some((None, false)) => "; the committed snapshot is used".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Origin;
    use crate::environment::KnownEnvironment;
    use crate::project::{Manifest, Times};

    #[test]
    fn the_same_content_keeps_its_newer_date() {
        let bundled = Snapshot::parse(KnownEnvironment::IdportenTest.bundled_snapshot()).unwrap();
        let at = |days: u64| {
            let as_of = SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400);
            let (provider, metadata) = (bundled.provider().clone(), bundled.metadata_json().clone());
            Snapshot::new(provider, as_of, Origin::Recorded, metadata, None).unwrap()
        };
        let (old, now) = (Source::new(at(20), "committed"), at(21).as_of());
        for (live, used) in [(10, 20), (21, 21)] {
            let usable = usable(at(live), Some(&old), Duration::MAX, now).unwrap();
            assert_eq!(usable.as_of(), at(used).as_of());
        }
    }

    #[test]
    fn a_warning_names_what_is_used_instead() {
        let manifest = "[environments.idporten-test]\n[environments.idporten-prod]\nbundled = true\n[environments.local]\n\
            product = 'idporten'\ndevelopment = true\nissuer = 'http://localhost:8080'\nbased-on = 'idporten-test'\n\
            well-known-url = 'http://localhost:8080/.well-known/openid-configuration'\n";
        let (manifest, _) = Manifest::parse(manifest, "idporten.toml");
        let read = |path: &str| match path {
            "snapshots/idporten-test.json" => Ok(KnownEnvironment::IdportenTest.bundled_snapshot().into()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        let sources = manifest.check(&[], &read, Times::default()).sources;
        let said: Vec<_> = sources.iter().map(|source| instead(Some(source))).collect();
        assert_eq!(
            said,
            [
                "; the committed snapshot is used",
                "; the bundled snapshot is used",
                "; the values of idporten-test are used"
            ]
        );
        assert_eq!(instead(None), "");
    }
}
